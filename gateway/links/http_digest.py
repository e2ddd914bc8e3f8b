"""HTTP Digest (RFC 7616), the server's side: MD5 and SHA-256, with and without qop=auth. No I/O.

Cameras and alarm hosts of many makers support nothing else. A nonce is signed, not stored. It may be used again for
some minutes with a count that grows, so that an overheard request can't be replayed.
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
NONCE_LIFE_S = 300.0
"""How long a nonce is valid; then the device gets a new one, and repeats its request by itself."""
MAX_NONCES = 10_000
_MAX_HEADER = 4096
_USED_UP = 1 << 32
"""The count of a nonce that came without a count (RFC 2069): it is valid once."""
_PARAMETER = re.compile(r'([a-zA-Z]{1,20})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_HASHES: Mapping[str, Callable[[bytes], hashlib._Hash]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False),
    "sha-256": hashlib.sha256,
}


class DigestVerdict(Enum):
    """The outcome of a check."""

    RIGHT = "right"
    WRONG = "wrong"
    STALE = "stale"
    """Right, except for a nonce that is too old or was used: challenge again with a new one."""


class DigestAuthenticator:
    """Makes challenges and checks the answers to them. `clock` is monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._forgotten_before = -1.0
        """Of nonces issued until then it is no longer known whether they were used."""

    def challenges(self, *, stale: bool = False) -> list[str]:
        """Values of WWW-Authenticate. MD5 is first, for libcurl, which most devices use, takes the first one."""
        nonce, suffix = self._nonce(), ", stale=true" if stale else ""
        return [
            f'Digest realm="{REALM}", qop="auth", algorithm={name}, nonce="{nonce}"{suffix}'
            for name in ("MD5", "SHA-256")
        ]

    def check(self, authorization: str, method: str, path: str, user: str, password: str) -> DigestVerdict:
        """Check an Authorization header. The address must end with `path`: a proxy may have put a prefix before it."""
        given = _parameters(authorization)
        hashed = _HASHES.get(given.get("algorithm", "md5").lower())
        qop, uri, nonce = given.get("qop", "").lower(), given.get("uri", ""), given.get("nonce", "")
        if hashed is None or qop not in {"", "auth"} or not _ends_with(uri, path) or given.get("realm") != REALM:
            return DigestVerdict.WRONG
        issued = self._issued(nonce)
        if issued is None:
            return DigestVerdict.WRONG

        def hexed(text: str) -> str:
            return hashed(text.encode("utf-8", "surrogateescape")).hexdigest()

        count = given.get("nc", "")
        middle = f"{nonce}:{count}:{given.get('cnonce', '')}:{qop}" if qop else nonce
        expected = hexed(f"{hexed(f'{user}:{REALM}:{password}')}:{middle}:{hexed(f'{method}:{uri}')}")
        # Both comparisons are made, whatever the first says: the time must not tell which one failed.
        same_user = hmac.compare_digest(_bytes(given.get("username", "")), _bytes(user))
        if not (hmac.compare_digest(_bytes(given.get("response", "").lower()), _bytes(expected)) and same_user):
            return DigestVerdict.WRONG
        return (
            DigestVerdict.RIGHT
            if self._uses(nonce, issued, _count(count) if qop else _USED_UP)
            else DigestVerdict.STALE
        )

    def _nonce(self) -> str:
        head = f"{int(self._clock() * 1000):x}-{secrets.token_hex(8)}"
        return f"{head}-{self._sign(head)}"

    def _sign(self, head: str) -> str:
        return hmac.new(self._key, head.encode("utf-8", "surrogateescape"), "sha256").hexdigest()[:32]

    def _issued(self, nonce: str) -> float | None:
        """When it was issued, in the clock's seconds; None when it is not one of ours."""
        head, _, signed = nonce.rpartition("-")
        if not hmac.compare_digest(_bytes(signed), self._sign(head).encode()):
            return None
        return int(head.partition("-")[0], 16) / 1000  # the signature is ours, so the digits are as well

    def _uses(self, nonce: str, issued: float, count: int | None) -> bool:
        """Whether it may be used with this count; if so, remembers the count."""
        self._purge()  # first, for it may raise `_forgotten_before`
        last = self._counts.get(nonce, 0)
        expired = issued <= self._forgotten_before or self._clock() - issued > NONCE_LIFE_S
        if count is None or count <= last or expired:
            return False
        self._counts[nonce] = count
        return True

    def _purge(self) -> None:
        """Drop the oldest used nonces when they are expired or too many."""
        while self._counts:
            oldest = next(iter(self._counts))
            issued = self._issued(oldest) or 0.0
            if len(self._counts) < MAX_NONCES and self._clock() - issued <= NONCE_LIFE_S:
                return
            del self._counts[oldest]
            self._forgotten_before = max(self._forgotten_before, issued)


def _parameters(authorization: str) -> dict[str, str]:
    _, _, given = authorization[:_MAX_HEADER].partition(" ")
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        for name, quoted, plain in _PARAMETER.findall(given)
    }


def _ends_with(uri: str, path: str) -> bool:
    try:
        return unquote(urlsplit(uri).path).endswith(path)
    except ValueError:
        return False


def _count(text: str) -> int | None:
    return int(text, 16) if re.fullmatch(r"[0-9a-fA-F]{1,8}", text) else None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
