"""What a listening port receives: datagrams, and connections of remote peers."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass

from gateway.errors import LinkLost
from gateway.links.capture import Capture
from gateway.settings.addresses import Listen

READ_BYTES = 4096
"""Bytes that one read returns at most; twice as many are buffered here, the rest in the kernel."""
WRITE_TIMEOUT_S = 10.0
"""How long the other end may leave unread what it is sent before its connection counts as lost."""


@dataclass(frozen=True, slots=True)
class Datagram:
    """One datagram; `peer` is where it came from, `host:port`."""

    data: bytes
    peer: str
    _socket: socket.socket
    _address: tuple[str | int, ...]
    _capture: Capture

    def reply(self, data: bytes) -> None:
        """Send an answer to its sender; like any datagram it may be lost, and nobody is told."""
        self._capture.record("out", data, self.peer)
        with suppress(OSError):
            self._socket.sendto(data, self._address)


class RemotePeer:
    """One TCP connection; one task reads, any task writes. `peer` is the other end, `host:port`."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle_s: float, capture: Capture
    ) -> None:
        self._reader, self._writer, self._idle_s, self._capture = reader, writer, idle_s, capture
        self.host, port = writer.get_extra_info("peername", ("?", 0))[:2]
        self.peer = str(Listen(self.host, port))
        self.heard_at = asyncio.get_running_loop().time()

    async def read(self) -> bytes:
        """The next bytes, at most 4 kB; `b""` at the end: the peer closed, or sent nothing for too long."""
        try:
            async with asyncio.timeout(self._idle_s):
                data = await self._reader.read(READ_BYTES)
        except (OSError, TimeoutError):
            return b""
        self.heard_at = asyncio.get_running_loop().time()
        self._capture.record("in", data, self.peer)
        return data

    async def write(self, data: bytes) -> None:
        """Returns once most of it has been sent. Raises LinkLost when the connection is gone or takes nothing."""
        if self._writer.is_closing():
            raise LinkLost(f"the connection of {self.peer} is closed")
        self._capture.record("out", data, self.peer)
        self._writer.write(data)
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await self._writer.drain()
        except TimeoutError:
            self.abort()
            # Aborted, for `close` would wait until the peer reads.
            raise LinkLost(f"{self.peer} left what it was sent unread for {WRITE_TIMEOUT_S:g} s") from None
        except OSError as error:
            raise LinkLost(f"the connection of {self.peer} is gone: {error}") from error

    def close(self) -> None:
        """Close the connection after what was written has been sent."""
        self._writer.close()

    def abort(self) -> None:
        """Close the connection at once."""
        self._writer.transport.abort()
