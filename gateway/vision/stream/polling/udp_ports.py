"""A pair of UDP ports for one camera: packets on the even one, RTCP above it (RFC 3550, 11)."""

from __future__ import annotations

import secrets
import selectors
import socket
from collections.abc import Sequence
from contextlib import suppress

from gateway.errors import LinkLost
from gateway.model import Words

FIRST_PORT, LAST_PORT = 20_000, 60_000
TRIES = 100
MAX_DATAGRAMS = 1024
"""Read in one go, so that a flood starves no other camera."""
RECEIVE_BUFFER = 4 << 20
"""Bytes; the kernel may give less (net.core.rmem_max). A keyframe of a 4K camera has half a million bytes."""
_PUNCH = b"\x80\x7f" + bytes(10)
"""An RTP packet without payload, of an unused type: makes a stateful firewall let the camera's packets in."""


class UdpPortPair:
    """Accepts packets from `peer` alone, because anybody can send to a UDP port."""

    def __init__(self, own: str, peer: str) -> None:
        """Raises LinkLost when no pair is free."""
        self._peer = peer
        self._sockets = _pair(own)
        self.port: int = self._sockets[0].getsockname()[1]
        self._server_ports: tuple[int, int] | None = None

    @property
    def interests(self) -> Sequence[tuple[socket.socket, int]]:
        """Both sockets, for reading."""
        return [(udp, selectors.EVENT_READ) for udp in self._sockets]

    def open_firewall(self, server: tuple[int, int] | None) -> None:
        """Open a firewall on the way for packets from these ports of the camera."""
        self._server_ports = server
        self._send(0, _PUNCH)

    def send_rtcp(self, data: bytes) -> None:
        """Send a receiver report; does nothing while the camera's ports are not known."""
        self._send(1, data)

    def read(self) -> tuple[list[bytes], list[bytes]]:
        """RTP and RTCP packets that have come."""
        packets, control = (self._read(udp) for udp in self._sockets)
        return packets, control

    def close(self) -> None:
        """Free the ports."""
        for udp in self._sockets:
            udp.close()

    def _read(self, udp: socket.socket) -> list[bytes]:
        datagrams: list[bytes] = []
        # ConnectionError: an ICMP message that the camera's port is closed; the stall is detected by its silence.
        with suppress(BlockingIOError, ConnectionError):
            for _ in range(MAX_DATAGRAMS):
                data, sender = udp.recvfrom(1 << 16)
                if sender[0] == self._peer:
                    datagrams.append(data)
        return datagrams

    def _send(self, which: int, data: bytes) -> None:
        if self._server_ports is not None:
            with suppress(OSError):  # what is lost here comes again with the next report
                self._sockets[which].sendto(data, (self._peer, self._server_ports[which]))


def _pair(own: str) -> tuple[socket.socket, socket.socket]:
    # RTP needs an even port (RFC 3550, 11); a random one is free more often than the next after the last.
    for _ in range(TRIES):
        port = FIRST_PORT + 2 * secrets.randbelow((LAST_PORT - FIRST_PORT) // 2)
        with suppress(OSError):
            first = _bound(own, port)
            try:
                return first, _bound(own, port + 1)
            except OSError:
                first.close()
    raise LinkLost(
        Words("本机 UDP 端口用完，请通知安装员", f"no pair of UDP ports is free between {FIRST_PORT} and {LAST_PORT}")
    )


def _bound(own: str, port: int) -> socket.socket:
    udp = socket.socket(socket.AF_INET6 if ":" in own else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.setblocking(False)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        udp.bind((own, port))
    except OSError:
        udp.close()
        raise
    return udp
