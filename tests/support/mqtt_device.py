"""A device in MQTT 3.1.1, or 5 without properties, that behaves as a good one should; from the specification alone.

It keeps what was not acknowledged, connects again after a loss, and sends it again first, in order,
with the same packet id and DUP [MQTT-4.4.0-1]. One that reboots has forgotten its session and sends the
same signals (by their ids) under new packet ids without DUP. It shares no code with the gateway it tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.ports import HOST

CONNACK, PUBLISH, PUBACK = 0x20, 0x30, 0x40
QOS1, DUP = 0x02, 0x08
LEVEL_3_1_1, LEVEL_5 = 4, 5
CONNECT_WITHIN_S = 20.0
TRY_AGAIN_S = 0.05


def packet(first: int, body: bytes) -> bytes:
    length = bytearray()
    size = len(body)
    while True:
        size, low = divmod(size, 128)
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes([first]) + bytes(length) + body


def field_of(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def connect(
    client: str, user: str, password: str, *, clean: bool, keep_alive: int = 30, level: int = LEVEL_3_1_1
) -> bytes:
    """With user and password; not `clean` asks for the session that was."""
    head = field_of(b"MQTT") + bytes([level, 0xC0 | (0x02 if clean else 0)]) + keep_alive.to_bytes(2, "big")
    fields = b"".join(field_of(text.encode()) for text in (client, user, password))
    return packet(0x10, head + _no_properties(level) + fields)


def publish(topic: str, payload: bytes, packet_id: int, *, again: bool = False, level: int = LEVEL_3_1_1) -> bytes:
    first = PUBLISH | QOS1 | (DUP if again else 0)
    return packet(first, field_of(topic.encode()) + packet_id.to_bytes(2, "big") + _no_properties(level) + payload)


def _no_properties(level: int) -> bytes:
    return b"\0" if level == LEVEL_5 else b""


async def read_packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first = (await reader.readexactly(1))[0]
    size = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return first, await reader.readexactly(size)


@dataclass(frozen=True, slots=True)
class Sent:
    """The `number`-th signal of a device; `id` is what it calls it."""

    number: int
    id: str
    kind: str
    payload: bytes


@dataclass
class MqttDevice:
    """Publishes `rate` signals a second, `most` in all, with at most `window` unacknowledged.

    `kind(n)` is the kind of the n-th, `source_id(n)` its id; `addresses` are the near ends of its connections.
    `sent_at` and `told_at` hold the monotonic seconds at which the n-th was first written and acknowledged.
    """

    name: str
    port: int
    user: str
    password: str
    kind: Callable[[int], str]
    rate: float = 100.0
    window: int = 20
    most: int | None = None
    reboots: bool = False
    level: int = LEVEL_3_1_1
    made: int = 0
    resent: int = 0
    addresses: list[str] = field(default_factory=list)
    pending: dict[int, Sent] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    sent_at: dict[int, float] = field(default_factory=dict)
    told_at: dict[int, float] = field(default_factory=dict)
    unasked: int = 0
    _feeding: bool = True
    _next_id: int = 0
    _room: asyncio.Event = field(default_factory=asyncio.Event)
    _line: asyncio.StreamWriter | None = None

    @property
    def topic(self) -> str:
        return f"anju/v1/{self.name}/signal"

    def source_id(self, number: int) -> str:
        return f"{self.name}-{number:07d}"

    def has_sent(self, source_id: str) -> bool:
        name, _, number = source_id.rpartition("-")
        return name == self.name and number.isdigit() and 0 < int(number) <= self.made

    async def run(self) -> None:
        """Publish until `finish`; connects again for as long as it takes."""
        while self._feeding or self.pending:
            with contextlib.suppress(OSError, EOFError, TimeoutError):
                await self._session()
            await asyncio.sleep(TRY_AGAIN_S)

    def finish(self) -> None:
        """Send nothing new; `run` returns once everything sent is acknowledged."""
        self._feeding = False
        if not self.pending and self._line is not None:
            self._line.transport.abort()

    async def _session(self) -> None:
        reader, writer = await asyncio.open_connection(HOST, self.port)
        try:
            writer.write(connect(self.name, self.user, self.password, clean=self.reboots, level=self.level))
            async with asyncio.timeout(CONNECT_WITHIN_S):
                first, body = await read_packet(reader)
            if first != CONNACK or body[1] != 0:
                raise ConnectionRefusedError(f"CONNACK {first:#x} {body.hex()}")
            self.addresses.append("{}:{}".format(*writer.get_extra_info("sockname")))
            self._line = writer
            feeder = asyncio.ensure_future(self._feed(writer))
            try:
                await self._hear(reader)
            finally:
                feeder.cancel()
        finally:
            self._line = None
            writer.transport.abort()

    async def _feed(self, writer: asyncio.StreamWriter) -> None:
        if self.reboots:
            self.pending = dict(zip(self._free_ids(), self.pending.values(), strict=False))
        for packet_id, sent in list(self.pending.items()):
            writer.write(publish(self.topic, sent.payload, packet_id, again=not self.reboots, level=self.level))
            self.resent += 1
        due = time.monotonic()
        while self._feeding and self.made != self.most:
            while len(self.pending) >= self.window:
                self._room.clear()
                await self._room.wait()
            packet_id, sent = self._new()
            self.pending[packet_id] = sent
            writer.write(publish(self.topic, sent.payload, packet_id, level=self.level))
            due = max(due + 1 / self.rate, time.monotonic() - 0.1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        self.finish()

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        while self._feeding or self.pending:
            first, body = await read_packet(reader)
            if first != PUBACK:
                continue
            sent = self.pending.pop(int.from_bytes(body[:2], "big"), None)
            if sent is None:
                self.unasked += 1  # acknowledged twice, or never sent
                continue
            self.acknowledged[sent.id] = sent.kind
            self.told_at[sent.number] = time.monotonic()
            self._room.set()

    def _new(self) -> tuple[int, Sent]:
        self.made += 1
        sent_id = self.source_id(self.made)
        kind = self.kind(self.made)
        body: dict[str, Any] = {"kind": kind, "id": sent_id, "data": {"n": self.made}}
        self.sent_at[self.made] = time.monotonic()
        return next(self._free_ids()), Sent(self.made, sent_id, kind, json.dumps(body).encode())

    def _free_ids(self) -> Iterator[int]:
        while True:
            self._next_id = self._next_id % 0xFFFF + 1
            if self._next_id not in self.pending:
                yield self._next_id
