"""Who is on the other end, and whether the page that asks is one of ours."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from gateway.model import Words
from gateway.web.api_errors import ApiError

_OWN_SITES = {"same-origin", "none"}


def check_origin(request: web.Request, public_url: str, *, opaque: bool = False) -> None:
    """Raise Trouble (403) when a browser says the request comes from another site's page.

    Programs send no Origin and pass: they carry no cookie that was not given to them on
    purpose. `opaque` lets `Origin: null` pass, where nothing but the address authorises.
    """
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        if request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
            raise _foreign()
        return
    if (origin == "null" and opaque) or _is_ours(origin, request, public_url):
        return
    raise _foreign()


def _is_ours(origin: str, request: web.Request, public_url: str) -> bool:
    try:
        asked, public = urlsplit(origin), urlsplit(public_url)
    except ValueError:
        return False
    if asked.scheme not in {"http", "https"} or not asked.netloc:
        return False
    same_host = asked.netloc.lower() == request.host.lower() and (asked.scheme == "https") >= is_secure(request)
    return same_host or (asked.scheme, asked.netloc.lower()) == (public.scheme, public.netloc.lower())


def _foreign() -> ApiError:
    words = Words("请求来自其他网站的页面，已拒绝", "This request comes from another site's page and was refused")
    return ApiError(403, words, "wrong_origin")


def _through_own_proxy(request: web.Request, header: str) -> str | None:
    """What a reverse proxy on this machine says; from anybody else the header counts for nothing."""
    if not _is_loopback(request.remote):
        return None
    return request.headers.get(header, "").split(",")[-1].strip() or None


def is_secure(request: web.Request) -> bool:
    """Whether the browser's side of the way is HTTPS."""
    return request.secure or _through_own_proxy(request, "X-Forwarded-Proto") == "https"


def client_address(request: web.Request) -> str:
    """The caller's address, behind a proxy on this machine too."""
    return _through_own_proxy(request, "X-Forwarded-For") or request.remote or "unknown"


def is_local_program(request: web.Request) -> bool:
    """A program here that asks us directly: no proxy between, no browser tricked by a name that leads here."""
    proxied = "Forwarded" in request.headers or "X-Forwarded-For" in request.headers
    name = urlsplit(f"//{request.host}").hostname or ""
    return _is_loopback(request.remote) and not proxied and (name == "localhost" or _is_loopback(name))


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
