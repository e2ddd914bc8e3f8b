"""The only module that uses onvif-zeep-async: SOAP by the service descriptions (WSDL) that ONVIF publishes.

Only the library's services are used. Its camera class edits the process's environment, its transport reads responses
of any size and trusts every certificate, its subscription manager restarts itself: we do those jobs ourselves.
Importing it costs 0.3 s and, with the descriptions, 40 MB once; a pull costs 1 ms.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import onvif
from lxml import etree
from onvif.definition import SERVICES
from requests import Response
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault
from zeep.transports import Transport as ZeepTransport

from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.model import Words
from gateway.protocols.onvif.http_check import describe_non_soap, is_html, is_soap
from gateway.protocols.onvif.transport import RESPONSE_TIMEOUT_S, Login, fetch
from gateway.protocols.onvif.xml import MAX_KEPT_BYTES, MAX_XML_BYTES, clean_xml

OK = 200
_WSDL_FOLDER = Path(onvif.__file__).parent / "wsdl"
_PARSE_ERRORS = (
    ZeepError,
    onvif.ONVIFError,
    etree.LxmlError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
)
"""What the library raises for a response that does not match its description."""


class SoapFault(LinkLost):
    """The camera rejected the request with a SOAP fault."""


class LoginFault(SoapFault, LoginRefused):
    """The camera rejected the user or the password."""


class BoundedTransport(ZeepTransport):
    """zeep's transport over our own HTTP session: one request at a time; responses are bounded and cleaned."""

    def __init__(self, session: aiohttp.ClientSession, login: Login) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library has few types
        self.http = session
        self.login = login
        self.timeout_s = RESPONSE_TIMEOUT_S
        self.last_response = b""

    def load(self, url: str) -> bytes:
        """Never loads: a response must not make us fetch what it names."""
        raise OSError(f"{url!r} is not loaded")

    async def aclose(self) -> None:
        """Does nothing: whoever opened the session closes it."""

    async def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> Response:
        """Send a request. Raises LinkLost, LoginRefused, BadInput."""
        response = await fetch(
            self.http,
            "POST",
            address,
            max_bytes=MAX_XML_BYTES,
            timeout_s=self.timeout_s,
            body=etree.tostring(envelope, encoding="utf-8", xml_declaration=True),
            headers=headers,
        )
        # With a Fault in its body the library makes a SoapFault of it, which has a reason.
        if response.status in {401, 403} and b"Fault" not in response.body:
            raise LoginRefused(_login_refused(self.login))
        if is_html(response) or (response.status != OK and not is_soap(response)):
            raise LinkLost(describe_non_soap(response))
        self.last_response = response.body
        made = Response()
        made.status_code = response.status
        made.headers["Content-Type"] = "application/soap+xml; charset=utf-8"  # as it is after cleaning
        made.raw = BytesIO(clean_xml(response.body))
        return made


class SoapService:
    """One service of one camera."""

    def __init__(self, service: Any, transport: BoundedTransport) -> None:
        self._service = service
        self._transport = transport

    @property
    def last_response(self) -> bytes:
        """The camera's last response as received, for the quarantine; at most MAX_KEPT_BYTES."""
        return self._transport.last_response[:MAX_KEPT_BYTES]

    async def call(self, operation: str, *, anonymous: bool = False, wait_s: float = 0.0, **arguments: Any) -> Any:
        """Call an operation. Returns the library's objects.

        `wait_s` is how long the request tells the camera to wait. Raises SoapFault (LoginFault for a rejected login),
        LinkLost without a response, BadInput for a response that can't be parsed.
        """
        login = self._transport.login
        self._transport.timeout_s = wait_s + RESPONSE_TIMEOUT_S
        name = operation if login.user and not anonymous else f"authless_{operation}"
        try:
            return await getattr(self._service, name)(arguments)
        except Fault as fault:
            raise _soap_fault(operation, fault, login) from None
        except _PARSE_ERRORS as error:
            en = f"the answer to {operation} can't be read: {type(error).__name__}: {str(error)[:200]}"
            raise BadInput(Words(f"对 {operation} 的应答无法识别", en), self.last_response) from None


@asynccontextmanager
async def open_service(
    name: str, address: str, session: aiohttp.ClientSession, login: Login, skew: timedelta
) -> AsyncIterator[SoapService]:
    """`name` is one of the library's: devicemgmt, media, events, pullpoint, subscription.

    `skew` is how far the camera's clock is ahead of ours: it accepts only passwords dated by its own clock.
    """
    definition = SERVICES[name]
    made = onvif.ONVIFService(
        address,
        login.user or None,
        login.password or None,
        str(_WSDL_FOLDER / definition["wsdl"]),
        no_cache=True,
        dt_diff=skew,
        binding_name=f"{{{definition['ns']}}}{definition['binding']}",
    )
    try:
        made.transport = BoundedTransport(session, login)
        async with _wsdl_lock(asyncio.get_running_loop()):
            await made.setup()
        yield SoapService(made, made.transport)
    finally:
        await made.close()


@lru_cache(maxsize=1)
def _wsdl_lock(_loop: asyncio.AbstractEventLoop) -> asyncio.Lock:
    """The library caches a description once read; without the lock, 130 cameras would all read it at the start."""
    return asyncio.Lock()


def _soap_fault(operation: str, fault: Fault, login: Login) -> SoapFault:
    codes = " ".join(str(code) for code in (fault.code, *(fault.subcodes or ())) if code)
    if "notauthorized" in codes.lower() or "failedauthentication" in codes.lower():
        return LoginFault(_login_refused(login))
    reason = " ".join(str(fault.message or "no reason given").split())
    return SoapFault(Words("摄像机拒绝了请求，请通知安装员", f"the camera refused {operation}: {reason[:200]}"))


def _login_refused(login: Login) -> Words:
    if not login.user:
        return Words("摄像机要求用户名和密码，请通知安装员", "it requires a user")
    en = f"the camera refused user {login.user!r}: check user and password"
    return Words("摄像机的用户名或密码不对，请通知安装员", en)
