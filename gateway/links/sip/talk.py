"""The guard's end of an open call: sound from the station, sound to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from gateway.errors import LinkLost
from gateway.links.sip.engine import Engine
from gateway.links.sip.extension import Extension
from gateway.links.sip.rtp import FRAME, Packer, unpack

CONNECT_S = 3.0
_OVER_S = 1.0
_QUEUE = 25
"""Packets of 20 ms that wait for a slow listener; the oldest go first."""


class Talk:
    """`hear` and `say` in 16-bit samples, little-endian, 16 kHz, one channel."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.dropped = 0
        self._heard: asyncio.Queue[bytes] = asyncio.Queue()
        self._voice: _Sound | None = None
        self._ended = False

    async def hear(self) -> bytes:
        """The next 20 ms or so; empty when the talk is over."""
        return b"" if self._ended and self._heard.empty() else await self._heard.get()

    def say(self, sound: bytes) -> None:
        """Said at once: whoever speaks does so in real time."""
        if self._voice is not None:
            for start in range(0, len(sound) - 1, FRAME):
                piece = sound[start : start + FRAME]
                self._voice.send(piece[: len(piece) // 2 * 2])

    def end(self) -> None:
        if not self._ended:
            self._ended = True
            self._heard.put_nowait(b"")

    def put(self, sound: bytes) -> None:
        if self._heard.qsize() >= _QUEUE:
            self._heard.get_nowait()
            self.dropped += 1
        self._heard.put_nowait(sound)

    def give_voice(self, voice: _Sound) -> None:
        self._voice = voice


class _Sound(asyncio.DatagramProtocol):
    """Packets of sound, from and to the one end that the engine told."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._extension: Extension | None = None
        self._packer: Packer | None = None
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def called(self, extension: Extension) -> None:
        assert extension.offer
        self._extension, self._packer = extension, Packer(extension.offer.payload)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        offer = self._extension.offer if self._extension else None
        if offer is not None and address[:2] == (offer.host, offer.port):
            sound = unpack(data, offer.payload)
            if sound:
                self._talk.put(sound)

    def send(self, sound: bytes) -> None:
        if self._extension is not None and self._extension.offer and self._packer and not self.transport.is_closing():
            self.transport.sendto(self._packer.pack(sound), (self._extension.offer.host, self._extension.offer.port))


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


@asynccontextmanager
async def talking(engine: Engine, host: str, user: str) -> AsyncIterator[Talk]:
    """Have the engine call us and join that call to the station's. Raises LinkLost when it does not."""
    talk, loop = Talk(user), asyncio.get_running_loop()
    _, signalling = await loop.create_datagram_endpoint(_Signalling, local_addr=(host, 0))
    _, sound = await loop.create_datagram_endpoint(lambda: _Sound(talk), local_addr=(host, 0))
    try:
        extension = Extension(host, _port(signalling.transport), _port(sound.transport))
        signalling.extension = extension
        await engine.dial(engine.accounts.talk, extension.uri)
        try:
            async with asyncio.timeout(CONNECT_S):
                await signalling.called
            sound.called(extension)
            talk.give_voice(sound)
            yield talk
        except TimeoutError:
            raise LinkLost("the engine did not connect the sound") from None
        finally:
            talk.end()
            await _leave(engine, signalling)
    finally:
        signalling.transport.close()
        sound.transport.close()


async def _leave(engine: Engine, signalling: _Signalling) -> None:
    """Until the engine's end is gone too: the next talk must not find it."""
    with suppress(LinkLost, TimeoutError):
        if not signalling.over.is_set():
            await engine.drop(engine.accounts.talk)
            async with asyncio.timeout(_OVER_S):
                await signalling.over.wait()


def _port(transport: asyncio.DatagramTransport) -> int:
    port: int = transport.get_extra_info("sockname")[1]
    return port
