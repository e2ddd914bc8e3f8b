"""RTSP authentication: Basic (RFC 7617) and Digest (RFC 7616, and 2069 without qop)."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

_PART = re.compile(r'\s*+(?:[,;]\s*+)*+([A-Za-z0-9_-]+)(?:\s*+(=)\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^\s,;"]*+)))?')
"""A name, and its value if it has one. Cameras leave values empty (`qop=`), omit the last quote, separate with `;`."""
_SCHEMES = {"basic", "digest"}
_HASHES: Mapping[str, Callable[[bytes], hashlib._Hash]] = {
    "SHA-256": hashlib.sha256,
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False),  # the camera decides on the algorithm
}


@dataclass(frozen=True, slots=True)
class RtspChallenge:
    """One authentication scheme that a camera offers. `scheme` and the names of `values` in lower case."""

    scheme: str
    values: Mapping[str, str]

    @property
    def algorithm(self) -> str:
        """In upper case; MD5 where it is missing."""
        return self.values.get("algorithm", "").upper() or "MD5"

    @property
    def qop(self) -> str:
        """Empty where it is missing; then the response is that of RFC 2069."""
        return self.values.get("qop", "").lower().strip()

    @property
    def is_stale(self) -> bool:
        """Whether only the nonce was too old, and the password right."""
        return self.values.get("stale", "").lower() == "true"

    @property
    def rank(self) -> int:
        """The greater the better; 0 for an unsupported scheme."""
        if self.scheme == "basic":
            return 1
        if self.scheme != "digest" or "nonce" not in self.values:
            return 0
        # A camera that offers auth-int alone wants the body hashed too, which is not supported.
        if self.qop and "auth" not in re.split(r"[\s,]+", self.qop):
            return 0
        return {"MD5": 2, "MD5-SESS": 2, "SHA-256": 3, "SHA-256-SESS": 3}.get(self.algorithm, 0)


def parse_challenges(headers: Iterable[str]) -> list[RtspChallenge]:
    """All challenges of WWW-Authenticate headers; one header may hold several. Never raises.

    A word without a value starts a new challenge only at the start of a header, or if it is a known scheme: cameras
    write `realm=IP Camera` without quotes, and `stale` without a value.
    """
    found: list[tuple[str, dict[str, str]]] = []
    for header in headers:
        at = 0
        while part := _PART.match(header, at):
            at = part.end()
            name, equals, quoted, token = part.groups()
            if equals is None:
                # A scheme such as Digest, or a flag of the current challenge.
                if part.start() == 0 or name.lower() in _SCHEMES:
                    found.append((name.lower(), {}))
            elif found:
                value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token or ""
                found[-1][1].setdefault(name.lower(), value)
    return [RtspChallenge(scheme, values) for scheme, values in found]


@dataclass(slots=True)
class RtspCredentials:
    """Makes Authorization headers for the best accepted challenge. `client_nonce` makes a new nonce for each."""

    user: str
    password: str = field(repr=False)
    client_nonce: Callable[[], str] = field(default=lambda: secrets.token_hex(8), repr=False)
    _challenge: RtspChallenge | None = field(default=None, repr=False)
    _count: int = 0

    def accept(self, offered: Iterable[RtspChallenge]) -> bool:
        """Use the best of the offered challenges; False when none is supported."""
        best = max(offered, key=lambda challenge: challenge.rank, default=None)
        if best is None or best.rank == 0:
            return False
        self._challenge, self._count = best, 0  # nc counts the requests with one nonce
        return True

    def header(self, method: str, url: str) -> str | None:
        """The Authorization header of a request; None before a challenge was accepted."""
        if self._challenge is None:
            return None
        if self._challenge.scheme == "basic":
            return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        self._count += 1
        return _digest(self._challenge, self, method, url, self.client_nonce(), f"{self._count:08x}")


def _digest(
    challenge: RtspChallenge, credentials: RtspCredentials, method: str, url: str, client_nonce: str, count: str
) -> str:
    values = challenge.values
    realm, nonce = values.get("realm", ""), values["nonce"]
    algorithm = challenge.algorithm.removesuffix("-SESS")
    is_session = algorithm != challenge.algorithm

    def hashed(*parts: str) -> str:
        return _HASHES[algorithm](":".join(parts).encode()).hexdigest()

    secret = hashed(credentials.user, realm, credentials.password)
    if is_session:  # RFC 7616, 3.4.2
        secret = hashed(secret, nonce, client_nonce)
    request = hashed(method, url)
    fields = [("username", credentials.user), ("realm", realm), ("nonce", nonce), ("uri", url)]
    # RFC 7616, 3.4: qop, nc and algorithm are sent without quotes.
    unquoted: list[tuple[str, str]] = []
    if challenge.qop:  # RFC 7616, 3.4.1; without qop RFC 2069
        fields.append(("response", hashed(secret, nonce, count, client_nonce, "auth", request)))
        unquoted = [("qop", "auth"), ("nc", count)]
    else:
        fields.append(("response", hashed(secret, nonce, request)))
    if challenge.qop or is_session:
        fields.append(("cnonce", client_nonce))
    if "opaque" in values:
        fields.append(("opaque", values["opaque"]))
    if values.get("algorithm"):
        unquoted.append(("algorithm", values["algorithm"]))
    return "Digest " + ", ".join(
        [*(f'{name}="{_escaped(value)}"' for name, value in fields), *(f"{n}={v}" for n, v in unquoted)]
    )


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
