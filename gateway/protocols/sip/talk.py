"""The guard's end of a call: sound from the station, sound to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from gateway.errors import LinkLost
from gateway.model import Words
from gateway.protocols.sip.engine import Engine
from gateway.protocols.sip.extension import Extension
from gateway.protocols.sip.rtp import FRAME, Packer, unpack

CONNECT_S = 3.0
_OVER_S = 1.0
_QUEUE = 25
"""Packets of 20 ms that wait for a slow listener; the oldest go first."""


class Talk:
    """Somebody on the line: `hear` and `say` in 16-bit samples, little-endian, 16 kHz, one channel."""

    def __init__(self, user: str, say: Callable[[bytes], None]) -> None:
        self.user = user
        self._say = say
        self._heard: asyncio.Queue[bytes] = asyncio.Queue()
        self._ended = False

    async def hear(self) -> bytes:
        """The next 20 ms or so; empty when the talk is over."""
        return b"" if self._ended and self._heard.empty() else await self._heard.get()

    def say(self, sound: bytes) -> None:
        """Said at once: whoever speaks does so in real time. An odd byte at the end is left out."""
        if not self._ended:
            for start in range(0, len(sound) - 1, FRAME):
                piece = sound[start : start + FRAME]
                self._say(piece[: len(piece) // 2 * 2])

    def end(self) -> None:
        if not self._ended:
            self._ended = True
            self._heard.put_nowait(b"")

    def put(self, sound: bytes) -> None:
        if self._ended:
            return
        if self._heard.qsize() >= _QUEUE:
            self._heard.get_nowait()
        self._heard.put_nowait(sound)


class Leg:
    """The engine's call to us, for as long as the station's call lasts: listeners come and go.

    It can't be made twice for one call: baresip's bridge (aubridge 1.0) lets go of both ends when one leaves.
    """

    def __init__(self, engine: Engine) -> None:
        self.listener: Callable[[bytes], None] | None = None
        self._engine = engine
        self._signalling: _Signalling
        self._sound: _Sound

    async def open(self, host: str) -> None:
        """Have the engine call us and join that call to the station's. Raises LinkLost when it does not."""
        loop = asyncio.get_running_loop()
        _, self._signalling = await loop.create_datagram_endpoint(_Signalling, local_addr=(host, 0))
        _, self._sound = await loop.create_datagram_endpoint(lambda: _Sound(self._hear), local_addr=(host, 0))
        extension = Extension(host, _port(self._signalling.transport), _port(self._sound.transport))
        self._signalling.extension = extension
        try:
            await self._engine.dial(self._engine.accounts.talk, extension.uri)
            async with asyncio.timeout(CONNECT_S):
                await self._signalling.called
        except BaseException as error:
            await self.close()
            if isinstance(error, TimeoutError):
                raise LinkLost(Words("通话声音没有接通", "the engine did not connect the sound")) from None
            raise
        self._sound.called(extension)

    def say(self, sound: bytes) -> None:
        self._sound.send(sound)

    async def close(self) -> None:
        """Returns once the engine's end is gone too: the next leg must not find it."""
        self.listener = None
        try:
            if not self._signalling.over.is_set():
                with suppress(LinkLost, TimeoutError):
                    await self._engine.drop(self._engine.accounts.talk)
                    async with asyncio.timeout(_OVER_S):
                        await self._signalling.over.wait()
        finally:
            self._signalling.transport.close()
            self._sound.transport.close()

    def _hear(self, sound: bytes) -> None:
        if self.listener is not None:
            self.listener(sound)


class _Sound(asyncio.DatagramProtocol):
    """Packets of sound, from and to the one end that the engine told."""

    def __init__(self, heard: Callable[[bytes], None]) -> None:
        self._heard = heard
        self._there: tuple[str, int] | None = None
        self._packer = Packer(0)
        self._payload = 0
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def called(self, extension: Extension) -> None:
        assert extension.offer
        self._there = extension.offer.host, extension.offer.port
        self._payload = extension.offer.payload
        self._packer = Packer(self._payload)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if address == self._there and (sound := unpack(data, self._payload)):
            self._heard(sound)

    def send(self, sound: bytes) -> None:
        if self._there is not None and not self.transport.is_closing():
            self.transport.sendto(self._packer.pack(sound), self._there)


class _Signalling(asyncio.DatagramProtocol):
    """The extension on its port."""

    def __init__(self) -> None:
        self.extension: Extension | None = None
        self.called = asyncio.get_running_loop().create_future()
        self.over = asyncio.Event()
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if self.extension is None:
            return
        reply = self.extension.take(data)
        if reply is not None:
            self.transport.sendto(reply, address)
        if self.extension.offer and not self.called.done():
            self.called.set_result(None)
        if self.extension.over:
            self.over.set()


def _port(transport: asyncio.DatagramTransport) -> int:
    port: int = transport.get_extra_info("sockname")[1]
    return port
