"""SDP: parses baresip's offer and makes our answer (RFC 4566, 3264). No I/O here.

Used only for the one call that baresip makes to us on this machine: uncompressed L16 (RFC 3551 §4.5.11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SAMPLE_RATE = 16_000
"""Samples a second, one channel. Door stations send 8,000 (G.711) or 16,000 (G.722)."""
FRAME_MS = 20
_RTPMAP = re.compile(rf"^a=rtpmap:([0-9]{{1,3}}) L16/{SAMPLE_RATE}(?:/1)?\s*$", re.MULTILINE | re.IGNORECASE)
_AUDIO = re.compile(r"^m=audio ([0-9]{1,5}) ", re.MULTILINE)
_HOST = re.compile(r"^c=IN IP[46] (\S+)", re.MULTILINE)
_MAX = {"port": 65_535, "payload_type": 127}


@dataclass(frozen=True, slots=True)
class AudioOffer:
    """Where the other end receives audio, and the payload type of its L16 packets."""

    host: str
    port: int
    payload_type: int


def parse_offer(text: str) -> AudioOffer | None:
    """None if it offers no L16 at our sample rate."""
    host, audio, rtpmap = _HOST.search(text), _AUDIO.search(text), _RTPMAP.search(text)
    if host is None or audio is None or rtpmap is None:
        return None
    offer = AudioOffer(host[1], int(audio[1]), int(rtpmap[1]))
    # Port 0 means that the stream is not offered (RFC 3264 §5.1).
    fits = 0 < offer.port <= _MAX["port"] and offer.payload_type <= _MAX["payload_type"]
    return offer if fits else None


def make_answer(host: str, port: int, payload_type: int) -> str:
    """The answer: we receive L16 at `host` and `port`."""
    family = "IP6" if ":" in host else "IP4"
    lines = (
        "v=0",
        f"o=- 1 1 IN {family} {host}",
        "s=-",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {payload_type}",
        f"a=rtpmap:{payload_type} L16/{SAMPLE_RATE}",
        f"a=ptime:{FRAME_MS}",
        "a=sendrecv",
    )
    return "\r\n".join(lines) + "\r\n"
