"""The guard's end of a call's audio: from the station to the browser and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from gateway.errors import LinkLost
from gateway.model import Words
from gateway.protocols.sip.engine import Engine
from gateway.protocols.sip.extension import Extension
from gateway.protocols.sip.rtp import FRAME_BYTES, RtpPacker, unpack_rtp

CONNECT_TIMEOUT_S = 3.0
_HANG_UP_TIMEOUT_S = 1.0
_MAX_QUEUED = 25
"""Packets of 20 ms queued for a slow browser; the oldest are dropped first."""


class AudioSession:
    """The audio of one browser: 16-bit samples, little-endian, 16 kHz, one channel."""

    def __init__(self, user: str, send: Callable[[bytes], None]) -> None:
        self.user = user
        self._send = send
        self._received: asyncio.Queue[bytes] = asyncio.Queue()
        self._ended = False

    async def receive(self) -> bytes:
        """The next 20 ms or so from the station; empty when the session has ended."""
        return b"" if self._ended and self._received.empty() else await self._received.get()

    def send(self, samples: bytes) -> None:
        """Send to the station at once: a microphone delivers in real time. An odd last byte is dropped."""
        if not self._ended:
            for start in range(0, len(samples) - 1, FRAME_BYTES):
                frame = samples[start : start + FRAME_BYTES]
                self._send(frame[: len(frame) // 2 * 2])

    def end(self) -> None:
        """`receive` returns what is queued, then empty bytes."""
        if not self._ended:
            self._ended = True
            self._received.put_nowait(b"")

    def deliver(self, samples: bytes) -> None:
        """Queue samples from the station for `receive`."""
        if self._ended:
            return
        # Drop the oldest: late audio is useless, and the delay would never shrink again.
        if self._received.qsize() >= _MAX_QUEUED:
            self._received.get_nowait()
        self._received.put_nowait(samples)


class AudioLeg:
    """The engine's call to us, for as long as the station's call lasts; browsers come and go.

    A leg can't be made twice for one call: baresip's bridge (aubridge 1.0) drops both ends when one leaves.
    """

    def __init__(self, engine: Engine) -> None:
        self.listener: Callable[[bytes], None] | None = None
        self._engine = engine
        self._sip: _SipSocket
        self._rtp: _RtpSocket

    async def open(self, host: str) -> None:
        """Have the engine call us, which joins that call to the station's. Raises LinkLost if it does not."""
        loop = asyncio.get_running_loop()
        _, self._sip = await loop.create_datagram_endpoint(_SipSocket, local_addr=(host, 0))
        _, self._rtp = await loop.create_datagram_endpoint(lambda: _RtpSocket(self._received), local_addr=(host, 0))
        extension = Extension(host, _port(self._sip.transport), _port(self._rtp.transport))
        self._sip.extension = extension
        try:
            await self._engine.dial(self._engine.accounts.audio, extension.uri)
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._sip.called
        # Also on cancellation: the sockets and the engine's call must not stay.
        except BaseException as error:
            await self.close()
            if isinstance(error, TimeoutError):
                raise LinkLost(Words("通话声音没有接通", "the engine did not connect the sound")) from None
            raise
        self._rtp.connect(extension)

    def send(self, samples: bytes) -> None:
        """Send one packet to the station."""
        self._rtp.send(samples)

    async def close(self) -> None:
        """Returns once the engine's end is closed too: otherwise the next leg would be joined to it."""
        self.listener = None
        try:
            if not self._sip.over.is_set():
                with suppress(LinkLost, TimeoutError):
                    await self._engine.hang_up_account(self._engine.accounts.audio)
                    async with asyncio.timeout(_HANG_UP_TIMEOUT_S):
                        await self._sip.over.wait()
        finally:
            self._sip.transport.close()
            self._rtp.transport.close()

    def _received(self, samples: bytes) -> None:
        if self.listener is not None:
            self.listener(samples)


class _RtpSocket(asyncio.DatagramProtocol):
    """RTP from and to the address in the engine's offer; other senders are ignored."""

    def __init__(self, received: Callable[[bytes], None]) -> None:
        self._received = received
        self._remote: tuple[str, int] | None = None
        self._packer = RtpPacker(0)
        self._payload_type = 0
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def connect(self, extension: Extension) -> None:
        assert extension.offer
        self._remote = extension.offer.host, extension.offer.port
        self._payload_type = extension.offer.payload_type
        self._packer = RtpPacker(self._payload_type)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        # Anyone on this machine can send to the port.
        if address == self._remote and (samples := unpack_rtp(data, self._payload_type)):
            self._received(samples)

    def send(self, samples: bytes) -> None:
        if self._remote is not None and not self.transport.is_closing():
            self.transport.sendto(self._packer.pack(samples), self._remote)


class _SipSocket(asyncio.DatagramProtocol):
    """Our extension's SIP port."""

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
        response = self.extension.handle(data)
        if response is not None:
            self.transport.sendto(response, address)
        if self.extension.offer and not self.called.done():
            self.called.set_result(None)
        if self.extension.over:
            self.over.set()


def _port(transport: asyncio.DatagramTransport) -> int:
    port: int = transport.get_extra_info("sockname")[1]
    return port
