"""Who we are, as cameras ask for it: Basic (RFC 7617) and Digest (RFC 7616, and 2069 without qop)."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

_PART = re.compile(r'\s*+(?:[,;]\s*+)*+([A-Za-z0-9_-]+)(?:\s*+(=)\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^\s,;"]*+)))?')
"""A name, and its value if it has one. Cameras leave values empty (`qop=`), forget the last quote, part with `;`."""
_SCHEMES = {"basic", "digest"}
_HASHES: Mapping[str, Callable[[bytes], hashlib._Hash]] = {
    "SHA-256": hashlib.sha256,
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False),  # the camera's choice, not ours
}


@dataclass(frozen=True, slots=True)
class RtspChallenge:
    """One way a camera would take. `scheme` and the names of `values` in small letters."""

    scheme: str
    values: Mapping[str, str]

    @property
    def algorithm(self) -> str:
        return self.values.get("algorithm", "").upper() or "MD5"

    @property
    def qop(self) -> str:
        """Empty where it is not said, and the answer is that of RFC 2069."""
        return self.values.get("qop", "").lower().strip()

    @property
    def is_stale(self) -> bool:
        """The password was right, the nonce only too old."""
        return self.values.get("stale", "").lower() == "true"

    @property
    def rank(self) -> int:
        """The greater the better; 0 for what we can't do."""
        if self.scheme == "basic":
            return 1
        if self.scheme != "digest" or "nonce" not in self.values:
            return 0
        if self.qop and "auth" not in re.split(r"[\s,]+", self.qop):
            return 0
        return {"MD5": 2, "MD5-SESS": 2, "SHA-256": 3, "SHA-256-SESS": 3}.get(self.algorithm, 0)


def parse_challenges(headers: Iterable[str]) -> list[RtspChallenge]:
    """All of some WWW-Authenticate headers, of which each may hold several. Never raises.

    A word without a value begins the next one only where a header begins, or if we know it: cameras write
    `realm=IP Camera` without quotes, and `stale` without a value.
    """
    found: list[tuple[str, dict[str, str]]] = []
    for header in headers:
        at = 0
        while part := _PART.match(header, at):
            at = part.end()
            name, equals, quoted, token = part.groups()
            if equals is None:
                if part.start() == 0 or name.lower() in _SCHEMES:
                    found.append((name.lower(), {}))
            elif found:
                value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token or ""
                found[-1][1].setdefault(name.lower(), value)
    return [RtspChallenge(scheme, values) for scheme, values in found]


@dataclass(slots=True)
class RtspCredentials:
    """Answers the best challenge met. `chance` gives a client nonce."""

    user: str
    password: str = field(repr=False)
    chance: Callable[[], str] = field(default=lambda: secrets.token_hex(8), repr=False)
    _challenge: RtspChallenge | None = field(default=None, repr=False)
    _count: int = 0

    def meet(self, offered: Iterable[RtspChallenge]) -> bool:
        """Take the best of what is offered; whether there is one."""
        best = max(offered, key=lambda challenge: challenge.rank, default=None)
        if best is None or best.rank == 0:
            return False
        self._challenge, self._count = best, 0
        return True

    def header(self, method: str, url: str) -> str | None:
        """The Authorization header of a request; None before a challenge was met."""
        if self._challenge is None:
            return None
        if self._challenge.scheme == "basic":
            return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        self._count += 1
        return _digest(self._challenge, self, method, url, self.chance(), f"{self._count:08x}")


def _digest(challenge: RtspChallenge, who: RtspCredentials, method: str, url: str, chance: str, count: str) -> str:
    values = challenge.values
    realm, nonce = values.get("realm", ""), values["nonce"]
    algorithm = challenge.algorithm.removesuffix("-SESS")
    in_session = algorithm != challenge.algorithm

    def hashed(*parts: str) -> str:
        return _HASHES[algorithm](":".join(parts).encode()).hexdigest()

    secret = hashed(who.user, realm, who.password)
    if in_session:
        secret = hashed(secret, nonce, chance)
    asked = hashed(method, url)
    said = [("username", who.user), ("realm", realm), ("nonce", nonce), ("uri", url)]
    more: list[tuple[str, str]] = []
    if challenge.qop:
        said.append(("response", hashed(secret, nonce, count, chance, "auth", asked)))
        more = [("qop", "auth"), ("nc", count)]
    else:
        said.append(("response", hashed(secret, nonce, asked)))
    if challenge.qop or in_session:
        said.append(("cnonce", chance))
    if "opaque" in values:
        said.append(("opaque", values["opaque"]))
    if values.get("algorithm"):
        more.append(("algorithm", values["algorithm"]))
    return "Digest " + ", ".join(
        [*(f'{name}="{_escaped(value)}"' for name, value in said), *(f"{n}={v}" for n, v in more)]
    )


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
