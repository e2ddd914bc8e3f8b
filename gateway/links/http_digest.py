"""HTTP Digest (RFC 7616), the server's side: MD5 and SHA-256, with and without qop=auth. No I/O.

Cameras and alarm hosts of many makers sign in by this alone. A nonce is signed, not stored; each may be used again
with a count that grows, for some minutes, so that what was overheard can't be said again.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import Enum
from urllib.parse import unquote, urlsplit

REALM = "anju"
LIFE_S = 300.0
"""A nonce is taken for so long; then the device is given a new one, and asks again by itself."""
MOST_NONCES = 10_000
_LONGEST = 4096
_ONCE = 1 << 32
"""Counts as used up: a nonce that came without a count."""
_PARAMETER = re.compile(r'([a-zA-Z]{1,20})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_HASHES: Mapping[str, Callable[[bytes], hashlib._Hash]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False),
    "sha-256": hashlib.sha256,
}


class DigestVerdict(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    STALE = "stale"
    """Right, but for a nonce that is too old or was used: to be asked again with a new one."""


class DigestAuthenticator:
    """Challenges, and what comes in answer to them. `clock` never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._floor = -1.0
        """Nonces older than this are no longer known to be unused."""

    def challenges(self, *, stale: bool = False) -> list[str]:
        """Values of WWW-Authenticate. MD5 stands first: libcurl, which most devices are made with, takes the first."""
        nonce, again = self._nonce(), ", stale=true" if stale else ""
        return [
            f'Digest realm="{REALM}", qop="auth", algorithm={name}, nonce="{nonce}"{again}'
            for name in ("MD5", "SHA-256")
        ]

    def check(self, authorization: str, method: str, path: str, user: str, password: str) -> DigestVerdict:
        """Of an Authorization header. `path` is what the address must end with: a prefix may be a proxy's."""
        said = _parameters(authorization)
        hashed = _HASHES.get(said.get("algorithm", "md5").lower())
        qop, uri, nonce = said.get("qop", "").lower(), said.get("uri", ""), said.get("nonce", "")
        if hashed is None or qop not in {"", "auth"} or not _leads_to(uri, path) or said.get("realm") != REALM:
            return DigestVerdict.WRONG
        issued = self._issued(nonce)
        if issued is None:
            return DigestVerdict.WRONG

        def hexed(text: str) -> str:
            return hashed(text.encode("utf-8", "surrogateescape")).hexdigest()

        count = said.get("nc", "")
        middle = f"{nonce}:{count}:{said.get('cnonce', '')}:{qop}" if qop else nonce
        due = hexed(f"{hexed(f'{user}:{REALM}:{password}')}:{middle}:{hexed(f'{method}:{uri}')}")
        same_user = hmac.compare_digest(_bytes(said.get("username", "")), _bytes(user))
        if not (hmac.compare_digest(_bytes(said.get("response", "").lower()), _bytes(due)) and same_user):
            return DigestVerdict.WRONG
        return (
            DigestVerdict.RIGHT if self._uses(nonce, issued, _count(count) if qop else _ONCE) else DigestVerdict.STALE
        )

    def _nonce(self) -> str:
        head = f"{int(self._clock() * 1000):x}-{secrets.token_hex(8)}"
        return f"{head}-{self._sign(head)}"

    def _sign(self, head: str) -> str:
        return hmac.new(self._key, head.encode("utf-8", "surrogateescape"), "sha256").hexdigest()[:32]

    def _issued(self, nonce: str) -> float | None:
        """When it was given, in the clock's seconds; None when it is none of ours."""
        head, _, signed = nonce.rpartition("-")
        if not hmac.compare_digest(_bytes(signed), self._sign(head).encode()):
            return None
        return int(head.partition("-")[0], 16) / 1000

    def _uses(self, nonce: str, issued: float, count: int | None) -> bool:
        """Whether it may be used with this count, which is noted."""
        self._forget()
        known = self._counts.get(nonce, 0)
        if count is None or count <= known or issued <= self._floor or self._clock() - issued > LIFE_S:
            return False
        self._counts[nonce] = count
        return True

    def _forget(self) -> None:
        """The oldest used ones, when they are too old or too many."""
        while self._counts:
            oldest = next(iter(self._counts))
            issued = self._issued(oldest) or 0.0
            if len(self._counts) < MOST_NONCES and self._clock() - issued <= LIFE_S:
                return
            del self._counts[oldest]
            self._floor = max(self._floor, issued)


def _parameters(authorization: str) -> dict[str, str]:
    _, _, given = authorization[:_LONGEST].partition(" ")
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        for name, quoted, plain in _PARAMETER.findall(given)
    }


def _leads_to(uri: str, path: str) -> bool:
    try:
        return unquote(urlsplit(uri).path).endswith(path)
    except ValueError:
        return False


def _count(text: str) -> int | None:
    return int(text, 16) if re.fullmatch(r"[0-9a-fA-F]{1,8}", text) else None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
