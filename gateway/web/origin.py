"""Rejects requests that another site's page makes a browser send (cross-site request forgery)."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import hdrs, web

from gateway.model import Words
from gateway.web.api_errors import ApiError
from gateway.web.proxy import is_secure

_OWN_SITES = {"same-origin", "none"}


def check_origin(request: web.Request, public_url: str, *, allow_opaque: bool = False) -> None:
    """Raises ApiError (403) when the browser reports that the request comes from another site's page.

    Programs send no Origin and pass: they hold no cookie that was not given to them on purpose. `allow_opaque` lets
    `Origin: null` pass, for routes where the address itself is the authorisation.
    """
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        if request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
            raise _wrong_origin()
        return
    if (origin == "null" and allow_opaque) or _is_own(origin, request, public_url):
        return
    raise _wrong_origin()


def _is_own(origin: str, request: web.Request, public_url: str) -> bool:
    try:
        theirs, public = urlsplit(origin), urlsplit(public_url)
    except ValueError:
        return False
    if theirs.scheme not in {"http", "https"} or not theirs.netloc:
        return False
    # An http page must not act on the https site of the same host: anybody in the network can forge the former.
    same_host = theirs.netloc.lower() == request.host.lower() and (theirs.scheme == "https") >= is_secure(request)
    return same_host or (theirs.scheme, theirs.netloc.lower()) == (public.scheme, public.netloc.lower())


def _wrong_origin() -> ApiError:
    words = Words("请求来自其他网站的页面，已拒绝", "This request comes from another site's page and was refused")
    return ApiError(403, words, "wrong_origin")
