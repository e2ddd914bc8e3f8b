"""The Transport header (RFC 2326, 12.39): on which way the packets come."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LAST_CHANNEL = 255
"""RTCP's at most, one above the packets': a channel is one byte (RFC 2326, 10.12)."""


@dataclass(frozen=True, slots=True)
class InterleavedTransport:
    """In the connection that RTSP itself uses: the channel of the packets; the next one is RTCP's."""

    channel: int = 0

    @property
    def control(self) -> int:
        return self.channel + 1

    @property
    def wish(self) -> str:
        return f"RTP/AVP/TCP;unicast;interleaved={self.channel}-{self.control}"

    def agreed(self, said: str) -> InterleavedTransport | None:
        """What the camera made of the wish; None when it is something else."""
        if said and "tcp" not in said.lower() and "interleaved" not in said.lower():
            return None
        channels = re.search(r"interleaved\s*=\s*\"?(\d{1,3})", said, re.IGNORECASE | re.ASCII)
        if not channels:
            return self
        return InterleavedTransport(int(channels[1])) if int(channels[1]) < _LAST_CHANNEL else None


@dataclass(frozen=True, slots=True)
class UdpTransport:
    """Over UDP, to a pair of ports of ours, from `server` ports (RTP, RTCP) where the camera tells them."""

    port: int
    server: tuple[int, int] | None = None

    @property
    def wish(self) -> str:
        return f"RTP/AVP;unicast;client_port={self.port}-{self.port + 1}"

    def agreed(self, said: str) -> UdpTransport | None:
        if "tcp" in said.lower() or "multicast" in said.lower():
            return None
        ports = re.search(r"server_port\s*=\s*(\d{1,5})(?:-(\d{1,5}))?", said, re.IGNORECASE | re.ASCII)
        if not ports:
            return self
        first, second = int(ports[1]), int(ports[2] or int(ports[1]) + 1)
        return UdpTransport(self.port, (first, second) if 0 < first < 65536 and 0 < second < 65536 else None)


RtpTransport = InterleavedTransport | UdpTransport


def ssrc_of(said: str) -> int | None:
    """The SSRC that a Transport header names, in hexadecimal (RFC 2326, 12.39), however it is spelled."""
    found = re.search(r"ssrc\s*=\s*\"?\s*(?:0x)?([0-9a-f]{1,8})\b", said, re.IGNORECASE | re.ASCII)
    return int(found[1], 16) or None if found else None
