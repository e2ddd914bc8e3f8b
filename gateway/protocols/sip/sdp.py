"""What is said with the sound: from baresip's offer to our answer (RFC 4566, 3264). No I/O here.

Only the one call of baresip to us is described so, on this machine: uncompressed L16 (RFC 3551 §4.5.11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

RATE = 16_000
"""Samples a second, one channel. Door stations send 8,000 (G.711) or 16,000 (G.722)."""
FRAME_MS = 20
_MAP = re.compile(rf"^a=rtpmap:([0-9]{{1,3}}) L16/{RATE}(?:/1)?\s*$", re.MULTILINE | re.IGNORECASE)
_AUDIO = re.compile(r"^m=audio ([0-9]{1,5}) ", re.MULTILINE)
_HOST = re.compile(r"^c=IN IP[46] (\S+)", re.MULTILINE)
_HIGHEST = {"port": 65_535, "payload": 127}


@dataclass(frozen=True, slots=True)
class Offer:
    """Where the other end hears, and the number its packets of L16 carry."""

    host: str
    port: int
    payload: int


def read_offer(text: str) -> Offer | None:
    """None when it is no audio of ours."""
    host, audio, mapped = _HOST.search(text), _AUDIO.search(text), _MAP.search(text)
    if host is None or audio is None or mapped is None:
        return None
    offer = Offer(host[1], int(audio[1]), int(mapped[1]))
    fits = 0 < offer.port <= _HIGHEST["port"] and offer.payload <= _HIGHEST["payload"]
    return offer if fits else None


def answer(host: str, port: int, payload: int) -> str:
    family = "IP6" if ":" in host else "IP4"
    lines = (
        "v=0",
        f"o=- 1 1 IN {family} {host}",
        "s=-",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {payload}",
        f"a=rtpmap:{payload} L16/{RATE}",
        f"a=ptime:{FRAME_MS}",
        "a=sendrecv",
    )
    return "\r\n".join(lines) + "\r\n"
