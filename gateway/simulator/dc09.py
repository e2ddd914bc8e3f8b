"""A simulated alarm panel's IP communicator: reports by SIA DC-09, and retransmits until it is acknowledged."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from gateway.protocols.dc09.cipher import decrypt, encrypt
from gateway.protocols.dc09.frame import Dc09Decoder, wrap
from gateway.protocols.dc09.message import Dc09Header, read_header, read_time, write_time

ACK_TIMEOUT_S = 5.0
"""How long it waits for an acknowledgement before it retransmits."""
LINK_TEST_INTERVAL_S = 30.0
CONTACT_ID, SIA, NULL = "ADM-CID", "SIA-DCS", "NULL"
ACK, NAK, DUH = "ACK", "NAK", "DUH"
MAX_SEQUENCE = 9999


@dataclass(frozen=True, slots=True)
class CommunicatorSettings:
    """The receiver and the account. With `key` it encrypts, as a receiver with a key requires. Times are in seconds."""

    host: str
    port: int
    account: str
    key: bytes | None = field(default=None, repr=False)
    transport: Literal["tcp", "udp"] = "tcp"
    ack_timeout: float = ACK_TIMEOUT_S
    link_test_interval: float = LINK_TEST_INTERVAL_S


class Communicator:
    """`report` queues a report; `run` sends them in order, and a link test if there is none."""

    def __init__(self, settings: CommunicatorSettings, first: int = 1, clock_ahead: timedelta = timedelta()) -> None:
        self._settings = settings
        self._next = first
        self._clock_ahead = clock_ahead
        self._reports: deque[tuple[str, str]] = deque(maxlen=1000)
        self._has_reports, self._all_sent = asyncio.Event(), asyncio.Event()
        self._all_sent.set()
        self.acknowledged = self.refused = self.retransmitted = 0

    def report(self, data: str, token: str = CONTACT_ID) -> None:
        """Queue `1130 01 015` as Contact ID, or `Nri1/BA015` as SIA."""
        self._reports.append((token, data))
        self._all_sent.clear()
        self._has_reports.set()

    async def run(self) -> None:
        """Connect and send, reconnect after an error, until cancelled."""
        while True:
            with suppress(OSError, TimeoutError, EOFError):
                async with _connect(self._settings) as connection:
                    await self._serve(connection)
            # The connection failed or timed out: the report at the head of the queue is sent again.
            self.retransmitted += 1
            await asyncio.sleep(self._settings.ack_timeout / 5)

    async def wait_until_sent(self) -> None:
        """Returns once every report is acknowledged."""
        await self._all_sent.wait()

    async def _serve(self, connection: FrameConnection) -> None:
        while True:
            try:
                async with asyncio.timeout(self._settings.link_test_interval):
                    await self._has_reports.wait()
            except TimeoutError:
                await self._send(connection, NULL, "")
                continue
            while self._reports:
                await self._send(connection, *self._reports[0])
                self._reports.popleft()
                # 0001 to 9999, and again from 0001.
                self._next = self._next % MAX_SEQUENCE + 1
            self._has_reports.clear()
            self._all_sent.set()

    async def _send(self, connection: FrameConnection, token: str, data: str) -> None:
        """Returns once it is acknowledged, or the receiver answers DUH: it can't process the report."""
        while True:
            connection.write(wrap(self._body(token, data)))
            response = await self._read_response(connection)
            # A NAK carries the receiver's time: our timestamp was out of its window.
            if response.token == NAK:
                self._set_clock(response)
                continue
            self.acknowledged += response.token == ACK
            self.refused += response.token == DUH
            return

    async def _read_response(self, connection: FrameConnection) -> Dc09Header:
        number = f"{self._next:04}"
        async with asyncio.timeout(self._settings.ack_timeout):
            while True:
                header = read_header(await connection.read())
                if header and (header.token == NAK or (header.sequence == number and self._is_authentic(header))):
                    return header

    def _is_authentic(self, response: Dc09Header) -> bool:
        """With a key, only a receiver that has it too can acknowledge."""
        if self._settings.key is None or response.token != ACK:
            return True
        clear = decrypt(response.content, self._settings.key) if response.encrypted else None
        return clear is not None and b"]_" in clear

    def _body(self, token: str, data: str) -> bytes:
        settings, timestamp = self._settings, write_time(datetime.now(UTC) + self._clock_ahead)
        address = f"{self._next:04}R0L0#{settings.account}["
        inner = f"#{settings.account}|{data}" if data else ""
        if settings.key is None:
            return f'"{token}"{address}{inner}]'.encode() + timestamp
        return f'"*{token}"{address}'.encode() + encrypt(f"|{inner}]".encode() + timestamp, settings.key)

    def _set_clock(self, nak: Dc09Header) -> None:
        server_time = read_time(nak.content.decode("ascii", "replace").partition("_")[2])
        if server_time:
            self._clock_ahead = server_time - datetime.now(UTC)


class FrameConnection:
    """A TCP connection or UDP socket: reads frames, writes bytes."""

    def __init__(self, write: Callable[[bytes], None], frames: asyncio.Queue[bytes | None]) -> None:
        self.write, self._frames = write, frames

    async def read(self) -> bytes:
        """The body of the next frame; raises EOFError when the receiver closed the connection."""
        body = await self._frames.get()
        if body is None:
            raise EOFError
        return body


class _FrameProtocol(asyncio.Protocol, asyncio.DatagramProtocol):
    """Splits what is received into frames."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._decoder = Dc09Decoder()

    def data_received(self, data: bytes) -> None:
        for body in self._decoder.feed(data):
            if isinstance(body, bytes):
                self.frames.put_nowait(body)

    def datagram_received(self, data: bytes, _address: tuple[str, int]) -> None:
        self.data_received(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self.frames.put_nowait(None)


@asynccontextmanager
async def _connect(settings: CommunicatorSettings) -> AsyncIterator[FrameConnection]:
    loop, at = asyncio.get_running_loop(), (settings.host, settings.port)
    if settings.transport == "tcp":
        stream, protocol = await loop.create_connection(_FrameProtocol, *at)
        with closing(stream):
            yield FrameConnection(stream.write, protocol.frames)
    else:
        datagrams, protocol = await loop.create_datagram_endpoint(_FrameProtocol, remote_addr=at)
        with closing(datagrams):
            yield FrameConnection(datagrams.sendto, protocol.frames)
