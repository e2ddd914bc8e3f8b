"""A door with a card reader in MQTT: it reports cards, sends them again until they are taken, and counts commands."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.support.mqtt_device import (
    CONNACK,
    PUBACK,
    PUBLISH,
    QOS1,
    connect,
    field_of,
    packet,
    publish,
    read_packet,
)
from tests.support.ports import HOST

SUBSCRIBE, SUBACK = 0x82, 0x90
TRY_AGAIN_S = 0.05


@dataclass
class MqttDoor:
    """`presented` and `told` are the monotonic seconds at which a card was shown and acknowledged, by its id;
    `commands` those of each command, by the command's id, with every repetition.
    """

    name: str
    port: int
    password: str
    presented: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    commands: dict[str, list[float]] = field(default_factory=dict)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _pending: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    _writer: asyncio.StreamWriter | None = None
    _packet_id: int = 0
    _heard: asyncio.Condition = field(default_factory=asyncio.Condition)

    def present(self, card: int) -> str:
        """Show a card; returns the id of the report."""
        source_id = f"{self.name}-{len(self.presented):06d}"
        report = {"kind": "credential.presented", "id": source_id, "at": datetime.now(UTC).isoformat()}
        payload = json.dumps({**report, "data": {"card": {"number": card}}}).encode()
        self._packet_id = self._packet_id % 65_000 + 1
        self._pending[self._packet_id] = source_id, payload
        self.presented[source_id] = time.monotonic()
        if self.ready.is_set() and self._writer is not None:
            self._writer.write(publish(f"anju/v1/{self.name}/signal", payload, self._packet_id))
        return source_id

    @property
    def waiting(self) -> int:
        """Cards that are not acknowledged yet."""
        return len(self._pending)

    async def until_commands(self, count: int, seconds: float = 10) -> None:
        """Wait until so many different commands have come."""
        async with asyncio.timeout(seconds), self._heard:
            await self._heard.wait_for(lambda: len(self.commands) >= count)

    async def run(self) -> None:
        """Serve until cancelled; connect again for as long as it takes."""
        while True:
            with contextlib.suppress(OSError, EOFError, TimeoutError):
                await self._session()
            self.ready.clear()
            await asyncio.sleep(TRY_AGAIN_S)

    async def _session(self) -> None:
        reader, writer = await asyncio.open_connection(HOST, self.port)
        try:
            writer.write(connect(self.name, self.name, self.password, clean=False))
            first, body = await read_packet(reader)
            if first != CONNACK or body[1] != 0:
                raise ConnectionRefusedError(body.hex())
            topic = field_of(f"anju/v1/{self.name}/command".encode()) + bytes([1])
            writer.write(packet(SUBSCRIBE, (1).to_bytes(2, "big") + topic))
            self._writer = writer
            while True:
                await self._handle(*await read_packet(reader))
        finally:
            writer.close()

    async def _handle(self, first: int, body: bytes) -> None:
        assert self._writer is not None
        if first == SUBACK:
            self.ready.set()
            for packet_id, (_, payload) in self._pending.items():
                self._writer.write(publish(f"anju/v1/{self.name}/signal", payload, packet_id, again=True))
        elif first == PUBACK:
            source_id, _ = self._pending.pop(int.from_bytes(body[:2], "big"), ("", b""))
            self.told.setdefault(source_id, time.monotonic())
        elif first & 0xF0 == PUBLISH:
            await self._command(first, body)

    async def _command(self, first: int, body: bytes) -> None:
        assert self._writer is not None
        at = time.monotonic()
        end = 2 + int.from_bytes(body[:2], "big")
        if first & QOS1:
            self._writer.write(packet(PUBACK, body[end : end + 2]))
            end += 2
        command = json.loads(body[end:])
        async with self._heard:
            self.commands.setdefault(command["id"], []).append(at)
            self._heard.notify_all()
        result = json.dumps({"id": command["id"], "ok": True}).encode()
        self._writer.write(packet(PUBLISH, field_of(f"anju/v1/{self.name}/result".encode()) + result))
