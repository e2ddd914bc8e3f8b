"""A device gone wild: it fills no disk, keeps nobody out, and the guard room is told which it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.flow.quarantine_quota import PIECES
from tests.support.api import api, enrol, eventually
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import MqttDevice, connect, publish, read_packet

ROOM, WILD = "room-101", "wild"
JUNK = b"\xff" * 10_000
TIMES = 5000
RULES = ({"id": "home", "kind": "home_alarm"}, {"id": "lost", "kind": "silence"})


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    compound = TestCompound(tmp_path / "config", [TestDevice(ROOM), TestDevice(WILD)], rules=RULES)
    made = Gateway(compound, tmp_path / "data")
    enrol(made)
    made.start()
    try:
        yield made
        assert made.stop() == 0
    finally:
        made.kill()


async def test_junk_as_fast_as_it_goes(gateway: Gateway) -> None:
    port = gateway.compound.mqtt_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(connect("c", WILD, PASSWORD, clean=True))
    await read_packet(reader)

    async def send() -> None:
        for number in range(1, TIMES + 1):
            writer.write(publish(f"anju/v1/{WILD}/signal", JUNK, number))
            await writer.drain()

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(send())
        for _ in range(TIMES):
            await read_packet(reader)  # acknowledged, or it would be sent again for ever
    async with asyncio.timeout(10):
        await MqttDevice(ROOM, port, ROOM, PASSWORD, lambda _: "gas.alarm", made=0, most=1).run()
    writer.transport.abort()
    size = sum(file.stat().st_size for file in gateway.data.rglob("*") if file.is_file())
    assert size < PIECES * len(JUNK) * 4, "what was kept, in the WAL and in the file, and a little more"
    async with api(gateway) as desk:
        await desk.sign_in()

        async def told() -> bool:
            return any(f"{WILD}: sends so much" in alert["reasons"]["en"] for alert in await desk.alerts())

        assert await eventually(told)
        reports = [alert["rule"] for alert in await desk.alerts()]
        assert "home" in reports
