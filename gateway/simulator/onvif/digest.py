"""HTTP Digest authentication (RFC 7616, MD5 with qop=auth), as cameras use for their snapshots."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')
Handler = Callable[[web.Request], Awaitable[web.Response]]


class DigestAuth:
    """One user of one realm."""

    def __init__(self, user: str, password: str, realm: str = "twin") -> None:
        self._user = user
        self._realm = realm
        self._user_hash = _md5(f"{user}:{realm}:{password}")
        self._nonce = secrets.token_hex(8)

    def protect(self, handler: Handler) -> Handler:
        """The handler, behind authentication."""

        async def protected(request: web.Request) -> web.Response:
            if self._is_authorized(request):
                return await handler(request)
            challenge = f'Digest realm="{self._realm}", nonce="{self._nonce}", qop="auth", algorithm=MD5'
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})

        return protected

    def _is_authorized(self, request: web.Request) -> bool:
        # Values may be quoted or not.
        given = {m[1]: m[2] or m[3] for m in _PART.finditer(request.headers.get("Authorization", ""))}
        if given.get("username") != self._user or given.get("nonce") != self._nonce:
            return False
        request_hash = _md5(f"{request.method}:{given.get('uri', '')}")
        nonces = f"{self._nonce}:{given.get('nc', '')}:{given.get('cnonce', '')}:{given.get('qop', '')}"
        return secrets.compare_digest(given.get("response", ""), _md5(f"{self._user_hash}:{nonces}:{request_hash}"))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
