"""HTTP to a camera: bounded in size and time, with HTTP digest authentication if the camera requires it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from gateway.errors import BadInput, LinkLost, trouble_of
from gateway.model import Words
from gateway.protocols.onvif.xml import MAX_KEPT_BYTES

RESPONSE_TIMEOUT_S = 10.0
"""Response timeout, beyond the time that the camera was told to wait for events."""


@dataclass(frozen=True, slots=True)
class Login:
    """`address` is that of the device service."""

    address: str
    user: str = ""
    password: str = field(default="", repr=False)
    verify_tls: bool = True


@asynccontextmanager
async def open_session(login: Login) -> AsyncIterator[aiohttp.ClientSession]:
    """The HTTP session for one camera: few connections, never through a proxy, each for one request.

    Cameras close kept-alive connections at any time, and a request lost by that would count as a lost camera.
    """
    digest = (aiohttp.DigestAuthMiddleware(login.user, login.password),) if login.user else ()
    connector = aiohttp.TCPConnector(limit=4, force_close=True, ssl=login.verify_tls)
    async with aiohttp.ClientSession(connector=connector, middlewares=digest, trust_env=False) as session:
        yield session


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """Status and whole body."""

    status: int
    body: bytes


async def fetch(
    session: aiohttp.ClientSession,
    method: str,
    address: str,
    *,
    max_bytes: int,
    timeout_s: float,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Raises LinkLost without a response in time, BadInput for one of more than `max_bytes` bytes."""
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    try:
        # No redirects: the password's digest must not be sent to another host.
        async with session.request(
            method, address, data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as response:
            return HttpResponse(response.status, await _bounded(response, max_bytes))
    except TimeoutError:
        en = f"the camera did not answer within {timeout_s:g} s"
        raise LinkLost(Words("摄像机无应答，请检查供电和网线", en)) from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        why = _why(error)
        raise LinkLost(Words(why.zh, f"the camera can't be reached: {why}")) from None


async def _bounded(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > max_bytes:
            raise BadInput(
                Words(f"应答超过 {max_bytes} 字节", f"an answer of more than {max_bytes} bytes"),
                bytes(data[:MAX_KEPT_BYTES]),
            )
    return bytes(data)


def _why(error: Exception) -> Words:
    """Without the address, which may contain credentials."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        en = "its certificate is not trusted (verify_tls: false takes any)"
        return Words("摄像机的证书不受信任，请通知安装员", en)
    if isinstance(error, aiohttp.ClientConnectorError):
        en = error.os_error.strerror or type(error.os_error).__name__
        return Words(f"{trouble_of(error.os_error)}，请检查摄像机供电和网线", en)
    if isinstance(error, aiohttp.ClientResponseError):
        return Words("对方不是 HTTP，请核对端口", "what answers does not speak HTTP: is it the right port?")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return Words("对方未应答就断开，请核对端口", "it hangs up without an answer: is the port right?")
    return Words("摄像机连不上，请检查供电和网线", type(error).__name__)
