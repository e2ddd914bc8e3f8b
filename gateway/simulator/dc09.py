"""The twin of an alarm panel's IP communicator: it reports by SIA DC-09, and again until it is acknowledged."""

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

PATIENCE = 5.0
"""Seconds it waits for an answer before it sends again."""
NULL_EVERY = 30.0
CONTACT_ID, SIA, NULL = "ADM-CID", "SIA-DCS", "NULL"
ACK, NAK, DUH = "ACK", "NAK", "DUH"
LAST_NUMBER = 9999


@dataclass(frozen=True, slots=True)
class Line:
    """Where it reports to, and as whom. `key`: it encrypts, as it must where the receiver has one."""

    host: str
    port: int
    account: str
    key: bytes | None = field(default=None, repr=False)
    transport: Literal["tcp", "udp"] = "tcp"
    patience: float = PATIENCE
    null_every: float = NULL_EVERY


class Communicator:
    """`report` puts an event in its memory; `run` sends them in order, and a link test when there is none."""

    def __init__(self, line: Line, first: int = 1, ahead: timedelta = timedelta()) -> None:
        self._line = line
        self._next = first
        self._ahead = ahead
        self._memory: deque[tuple[str, str]] = deque(maxlen=1000)
        self._more, self._settled = asyncio.Event(), asyncio.Event()
        self._settled.set()
        self.acknowledged = self.refused = self.sent_again = 0

    def report(self, data: str, token: str = CONTACT_ID) -> None:
        """`1130 01 015`, or `Nri1/BA015` as SIA."""
        self._memory.append((token, data))
        self._settled.clear()
        self._more.set()

    async def run(self) -> None:
        """Connect, and again, until cancelled."""
        while True:
            with suppress(OSError, TimeoutError, EOFError):
                async with _wire(self._line) as wire:
                    await self._serve(wire)
            self.sent_again += 1
            await asyncio.sleep(self._line.patience / 5)

    async def settled(self) -> None:
        """Until its memory is empty."""
        await self._settled.wait()

    async def _serve(self, wire: Wire) -> None:
        while True:
            try:
                async with asyncio.timeout(self._line.null_every):
                    await self._more.wait()
            except TimeoutError:
                await self._send(wire, NULL, "")
                continue
            while self._memory:
                await self._send(wire, *self._memory[0])
                self._memory.popleft()
                self._next = self._next % LAST_NUMBER + 1
            self._more.clear()
            self._settled.set()

    async def _send(self, wire: Wire, token: str, data: str) -> None:
        """Until it is acknowledged, or the receiver says that it can make nothing of it."""
        while True:
            wire.write(wrap(self._body(token, data)))
            answer = await self._answer(wire)
            if answer.token == NAK:
                self._set_clock(answer)
                continue
            self.acknowledged += answer.token == ACK
            self.refused += answer.token == DUH
            return

    async def _answer(self, wire: Wire) -> Dc09Header:
        number = f"{self._next:04}"
        async with asyncio.timeout(self._line.patience):
            while True:
                header = read_header(await wire.read())
                if header and (header.token == NAK or (header.sequence == number and self._trusts(header))):
                    return header

    def _trusts(self, answer: Dc09Header) -> bool:
        """With a key, only who has it too can acknowledge."""
        if self._line.key is None or answer.token != ACK:
            return True
        clear = decrypt(answer.content, self._line.key) if answer.encrypted else None
        return clear is not None and b"]_" in clear

    def _body(self, token: str, data: str) -> bytes:
        line, moment = self._line, write_time(datetime.now(UTC) + self._ahead)
        address = f"{self._next:04}R0L0#{line.account}["
        inner = f"#{line.account}|{data}" if data else ""
        if line.key is None:
            return f'"{token}"{address}{inner}]'.encode() + moment
        return f'"*{token}"{address}'.encode() + encrypt(f"|{inner}]".encode() + moment, line.key)

    def _set_clock(self, nak: Dc09Header) -> None:
        told = read_time(nak.content.decode("ascii", "replace").partition("_")[2])
        if told:
            self._ahead = told - datetime.now(UTC)


class Wire:
    """A connection or a socket for datagrams, whichever: frames in, bytes out."""

    def __init__(self, write: Callable[[bytes], None], frames: asyncio.Queue[bytes | None]) -> None:
        self.write, self._frames = write, frames

    async def read(self) -> bytes:
        """The body of the next frame; raises EOFError when the other end hung up."""
        body = await self._frames.get()
        if body is None:
            raise EOFError
        return body


class _Ear(asyncio.Protocol, asyncio.DatagramProtocol):
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
async def _wire(line: Line) -> AsyncIterator[Wire]:
    loop, at = asyncio.get_running_loop(), (line.host, line.port)
    if line.transport == "tcp":
        stream, ear = await loop.create_connection(_Ear, *at)
        with closing(stream):
            yield Wire(stream.write, ear.frames)
    else:
        datagrams, ear = await loop.create_datagram_endpoint(_Ear, remote_addr=at)
        with closing(datagrams):
            yield Wire(datagrams.sendto, ear.frames)
