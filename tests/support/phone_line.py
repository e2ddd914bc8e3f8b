"""The way between a phone and the gateway, which a test cuts: a forwarder of TCP connections on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class PhoneLine:
    """Forwards what comes to `url` to the gateway.

    A browser that is told to be offline still lets a request of its service worker out now and then. Nothing
    passes a line that is cut.
    """

    def __init__(self, gateway: str) -> None:
        """Lead to the gateway at this address, such as http://127.0.0.1:8080."""
        self._gateway = urlsplit(gateway)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._port = 0

    @property
    def url(self) -> str:
        """The address that the phone opens."""
        return f"http://127.0.0.1:{self._port}"

    async def join(self) -> None:
        """Let everything through, on the same port as before."""
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Refuse new connections and end those that are open."""
        assert self._server is not None, "the line is cut already"
        self._server.close()
        self._server = None
        for writer in self._open:
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._gateway.hostname, self._gateway.port)
        self._open |= {writer, far_writer}
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            self._open -= {writer, far_writer}
            writer.transport.abort()
            far_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def phone_line(gateway: str) -> AsyncIterator[PhoneLine]:
    """Yield a line that is open; it is cut at the end."""
    line = PhoneLine(gateway)
    await line.join()
    try:
        yield line
    finally:
        if line._server is not None:
            await line.cut()
