"""What a reverse proxy on this machine tells about a request. The same headers from any other host are ignored."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web


def is_secure(request: web.Request) -> bool:
    """Whether the browser used HTTPS, to us or to the proxy."""
    return request.secure or _proxy_header(request, "X-Forwarded-Proto") == "https"


def client_address(request: web.Request) -> str:
    """The client's IP address, also behind a proxy on this machine."""
    return _proxy_header(request, "X-Forwarded-For") or request.remote or "unknown"


def is_local_program(request: web.Request) -> bool:
    """Whether a program on this machine sent the request directly, without a proxy.

    The Host header is checked too: a web page can point a name of its own at 127.0.0.1 (DNS rebinding).
    """
    proxied = "Forwarded" in request.headers or "X-Forwarded-For" in request.headers
    name = urlsplit(f"//{request.host}").hostname or ""
    return _is_loopback(request.remote) and not proxied and (name == "localhost" or _is_loopback(name))


def _proxy_header(request: web.Request, header: str) -> str | None:
    if not _is_loopback(request.remote):
        return None
    # The proxy appends its own value, so only the last one can be trusted.
    return request.headers.get(header, "").split(",")[-1].strip() or None


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
