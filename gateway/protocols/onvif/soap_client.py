"""The one file that knows onvif-zeep-async: SOAP by the camera's own service descriptions (WSDL).

Only its services are used. Its camera class edits the process's environment, its transport reads answers of
any size and trusts every certificate, its subscription manager restarts itself: those jobs are ours here.
Importing it costs 0.3 s and, with the descriptions, 40 MB once; a pull 1 ms.
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
from zeep.transports import BoundedTransport as ZeepTransport

from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.model import Words
from gateway.protocols.onvif.http_check import is_html, is_soap, describe_non_soap
from gateway.protocols.onvif.transport import RESPONSE_TIMEOUT_S, Login, fetch
from gateway.protocols.onvif.xml import MAX_XML_BYTES, MAX_KEPT_BYTES, clean_xml

OK = 200
_DESCRIPTIONS = Path(onvif.__file__).parent / "wsdl"
_UNREADABLE = (
    ZeepError,
    onvif.ONVIFError,
    etree.LxmlError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
)
"""What the library raises over an answer that is not as described."""


class SoapFault(LinkLost):
    """The camera understood and said no: a SOAP fault."""


class LoginFault(SoapFault, LoginRefused):
    """It said no to the user or the password."""


class BoundedTransport(ZeepTransport):
    """What zeep sends and gets: one answer at a time, bounded, cleaned."""

    def __init__(self, session: aiohttp.ClientSession, login: Login) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library has few types
        self.http = session
        self.login = login
        self.patience_s = RESPONSE_TIMEOUT_S
        self.last = b""

    def load(self, url: str) -> bytes:
        """Nothing is fetched because an answer named it."""
        raise OSError(f"{url!r} is not loaded")

    async def aclose(self) -> None:
        """The session is its maker's to close."""

    async def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> Response:
        answer = await fetch(
            self.http,
            "POST",
            address,
            largest=MAX_XML_BYTES,
            limit_s=self.patience_s,
            body=etree.tostring(envelope, encoding="utf-8", xml_declaration=True),
            headers=headers,
        )
        if answer.status in {401, 403} and b"Fault" not in answer.body:
            raise LoginRefused(_refused(self.login))
        if is_html(answer) or (answer.status != OK and not is_soap(answer)):
            raise LinkLost(describe_non_soap(answer))
        self.last = answer.body
        made = Response()
        made.status_code = answer.status
        made.headers["Content-Type"] = "application/soap+xml; charset=utf-8"  # what it is once cleaned
        made.raw = BytesIO(clean_xml(answer.body))
        return made


class SoapService:
    """One service of one camera."""

    def __init__(self, open_service: Any, transport: BoundedTransport) -> None:
        self._service = open_service
        self._transport = transport

    @property
    def last(self) -> bytes:
        """The camera's last answer as it came, for the installer to see."""
        return self._transport.last[:MAX_KEPT_BYTES]

    async def ask(self, operation: str, *, anonymous: bool = False, wait_s: float = 0.0, **arguments: Any) -> Any:
        """What the camera answered, as the library's objects.

        `wait_s` is how long the camera itself was told to wait. Raises Refusal for a fault (NotAdmitted
        for one of the login), LinkLost without an
        answer, BadInput for one that can't be read.
        """
        login = self._transport.login
        self._transport.patience_s = wait_s + RESPONSE_TIMEOUT_S
        name = operation if login.user and not anonymous else f"authless_{operation}"
        try:
            return await getattr(self._service, name)(arguments)
        except Fault as fault:
            raise _said(operation, fault, login) from None
        except _UNREADABLE as error:
            en = f"the answer to {operation} can't be read: {type(error).__name__}: {str(error)[:200]}"
            raise BadInput(Words(f"对 {operation} 的应答无法识别", en), self.last) from None


@asynccontextmanager
async def open_service(
    name: str, address: str, session: aiohttp.ClientSession, login: Login, skew: timedelta
) -> AsyncIterator[SoapService]:
    """`name` is one of the library's: devicemgmt, media, events, pullpoint, subscription.

    `skew` is what the camera's clock is ahead of ours: it takes only passwords dated by its own.
    """
    described = SERVICES[name]
    made = onvif.ONVIFService(
        address,
        login.user or None,
        login.password or None,
        str(_DESCRIPTIONS / described["wsdl"]),
        no_cache=True,
        dt_diff=skew,
        binding_name=f"{{{described['ns']}}}{described['binding']}",
    )
    try:
        made.transport = BoundedTransport(session, login)
        async with _one_by_one(asyncio.get_running_loop()):
            await made.setup()
        yield SoapService(made, made.transport)
    finally:
        await made.close()


@lru_cache(maxsize=1)
def _one_by_one(_loop: asyncio.AbstractEventLoop) -> asyncio.Lock:
    """A description is read once and kept by the library; at a start 130 cameras would all read it."""
    return asyncio.Lock()


def _said(operation: str, fault: Fault, login: Login) -> SoapFault:
    codes = " ".join(str(code) for code in (fault.code, *(fault.subcodes or ())) if code)
    if "notauthorized" in codes.lower() or "failedauthentication" in codes.lower():
        return LoginFault(_refused(login))
    words = " ".join(str(fault.message or "no reason given").split())
    return SoapFault(Words("摄像机拒绝了请求，请通知安装员", f"the camera refused {operation}: {words[:200]}"))


def _refused(login: Login) -> Words:
    if not login.user:
        return Words("摄像机要求用户名和密码，请通知安装员", "it wants a user")
    en = f"the camera refused user {login.user!r}: check user and password"
    return Words("摄像机的用户名或密码不对，请通知安装员", en)
