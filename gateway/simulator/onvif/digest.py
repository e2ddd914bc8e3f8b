"""HTTP Digest (RFC 7616, MD5 with qop=auth), as cameras guard their pictures with."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')
Handler = Callable[[web.Request], Awaitable[web.Response]]


class Challenge:
    def __init__(self, user: str, password: str, realm: str = "twin") -> None:
        self._user = user
        self._realm = realm
        self._secret = _md5(f"{user}:{realm}:{password}")
        self._nonce = secrets.token_hex(8)

    def guard(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.Response:
            if self._is_right(request):
                return await handler(request)
            asks = f'Digest realm="{self._realm}", nonce="{self._nonce}", qop="auth", algorithm=MD5'
            return web.Response(status=401, headers={"WWW-Authenticate": asks})

        return guarded

    def _is_right(self, request: web.Request) -> bool:
        given = {m[1]: m[2] or m[3] for m in _PART.finditer(request.headers.get("Authorization", ""))}
        if given.get("username") != self._user or given.get("nonce") != self._nonce:
            return False
        asked = _md5(f"{request.method}:{given.get('uri', '')}")
        counted = f"{self._nonce}:{given.get('nc', '')}:{given.get('cnonce', '')}:{given.get('qop', '')}"
        return secrets.compare_digest(given.get("response", ""), _md5(f"{self._secret}:{counted}:{asked}"))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
