"""The Transport header (RFC 2326, 12.39): whether packets come in the RTSP connection or over UDP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

LowerTransport = Literal["tcp", "udp"]
_LAST_CHANNEL = 255
"""Highest RTCP channel, one above that of the packets: a channel is one byte (RFC 2326, 10.12)."""


@dataclass(frozen=True, slots=True)
class InterleavedTransport:
    """In the RTSP connection itself: the channel of the packets; the next one is for RTCP."""

    channel: int = 0

    @property
    def rtcp_channel(self) -> int:
        """The channel of RTCP packets."""
        return self.channel + 1

    @property
    def header(self) -> str:
        """What we request in SETUP."""
        return f"RTP/AVP/TCP;unicast;interleaved={self.channel}-{self.rtcp_channel}"

    def negotiate(self, header: str) -> InterleavedTransport | None:
        """From the camera's Transport header; None when it offers something else."""
        if header and "tcp" not in header.lower() and "interleaved" not in header.lower():
            return None
        channels = re.search(r"interleaved\s*=\s*\"?(\d{1,3})", header, re.IGNORECASE | re.ASCII)
        if not channels:
            return self
        return InterleavedTransport(int(channels[1])) if int(channels[1]) < _LAST_CHANNEL else None


@dataclass(frozen=True, slots=True)
class UdpTransport:
    """Over UDP, to our ports `port` and the next, from the `server` ports (RTP, RTCP) where the camera gives them."""

    port: int
    server: tuple[int, int] | None = None

    @property
    def header(self) -> str:
        """What we request in SETUP."""
        return f"RTP/AVP;unicast;client_port={self.port}-{self.port + 1}"

    def negotiate(self, header: str) -> UdpTransport | None:
        """From the camera's Transport header; None when it offers something else."""
        if "tcp" in header.lower() or "multicast" in header.lower():
            return None
        ports = re.search(r"server_port\s*=\s*(\d{1,5})(?:-(\d{1,5}))?", header, re.IGNORECASE | re.ASCII)
        if not ports:
            return self
        first, second = int(ports[1]), int(ports[2] or int(ports[1]) + 1)
        return UdpTransport(self.port, (first, second) if 0 < first < 65536 and 0 < second < 65536 else None)


RtpTransport = InterleavedTransport | UdpTransport


def ssrc_of(header: str) -> int | None:
    """The SSRC in a Transport header, in hexadecimal (RFC 2326, 12.39), in any spelling; None without one."""
    found = re.search(r"ssrc\s*=\s*\"?\s*(?:0x)?([0-9a-f]{1,8})\b", header, re.IGNORECASE | re.ASCII)
    return int(found[1], 16) or None if found else None
