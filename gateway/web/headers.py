"""Security headers of every response (content security policy, framing, caching)."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import hdrs, web

from gateway.web.proxy import is_secure

# media-src blob: is for live video, which the page plays from memory (Media Source Extensions).
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "media-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(self), geolocation=(), payment=(), usb=(), autoplay=(self)",
    "Referrer-Policy": "no-referrer",
    "Server": "anju",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
KEPT = frozenset({"Content-Security-Policy", "Referrer-Policy", "Permissions-Policy"})
"""Headers that a page may set by itself: a form's Origin needs the one, a guard's phone its camera."""
NO_STORE = "no-store"
IMMUTABLE_PRIVATE = "private, max-age=31536000, immutable"
"""As IMMUTABLE, of what only signed-in users may see."""
IMMUTABLE = "public, max-age=31536000, immutable"
"""Cache-Control for addresses that contain the hash of their content."""


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """For `Application.on_response_prepare`. Keeps what KEPT names and a Cache-Control, where the handler set them."""
    headers = response.headers
    for name, value in HEADERS.items():
        if name not in KEPT or name not in headers:
            headers[name] = value
    headers.setdefault(hdrs.CACHE_CONTROL, NO_STORE)
    if is_secure(request):
        headers["Strict-Transport-Security"] = "max-age=31536000"
