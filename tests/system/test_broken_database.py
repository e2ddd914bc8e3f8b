"""Pages of a database overwritten under a running gateway, or before it starts: no alarm is acknowledged and hidden."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Api, api, enrol, eventually
from tests.support.database_damage import overwrite, pages_of
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import MqttDevice

ROOMS = ("room-1", "room-2", "room-3")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    made = Gateway(TestCompound(tmp_path / "config", [TestDevice(room) for room in ROOMS]), tmp_path / "data")
    enrol(made)
    made.start()
    try:
        yield made
        assert made.stop() == 0
    finally:
        made.kill()


async def said(gateway: Gateway, room: str, kind: str, first: int) -> None:
    """One signal, sent until it is acknowledged."""
    port = gateway.compound.mqtt_port
    device = MqttDevice(room, port, room, PASSWORD, lambda _: kind, made=first - 1, most=first)
    async with asyncio.timeout(20):
        await device.run()


async def snapshot(desk: Api) -> list[dict[str, Any]]:
    """What a new screen is shown."""
    async with desk.session.ws_connect("/api/v1/live") as live:
        return list(json.loads(await live.receive_str(timeout=10))["alerts"])


async def are_shown(gateway: Gateway, *rooms: str) -> bool:
    """On the list and on the first picture of a screen that comes now, for somebody who signs in now."""
    async with api(gateway) as desk:
        await desk.sign_in()
        lists = (await desk.alerts(), await snapshot(desk))
        return all(set(rooms) <= {alert["device"] for alert in alerts} for alerts in lists)


def broken(gateway: Gateway, *names: str) -> None:
    record = gateway.data / "anju.db"
    overwrite(record, [page for name in names for page in pages_of(record, name)])


@pytest.mark.parametrize(
    "names", [("alerts",), ("journal", "alerts", "decisions", "alerts_state", "web_sessions")], ids=len
)
async def test_alarms_after_pages_broke_under_it_are_on_every_screen(gateway: Gateway, names: tuple[str, ...]) -> None:
    for number, room in enumerate(ROOMS):
        await said(gateway, room, "gas.alarm", 1 + number)
    assert gateway.stop() == 0
    gateway.start()  # its connections have read little, and meet what the disk has
    broken(gateway, *names)
    for number, room in enumerate(ROOMS):
        await said(gateway, room, "panic.pressed", 10 + number)
        await eventually(lambda room=room: are_shown(gateway, room))
    assert await are_shown(gateway, *ROOMS)
    gateway.kill()
    gateway.start()
    assert await are_shown(gateway, *ROOMS)
    async with api(gateway) as desk:
        await desk.sign_in()
        alerts = await desk.alerts()
        assert len([alert for alert in alerts if alert["device"] in ROOMS]) == 2 * len(ROOMS)
        assert all(alert["on_record"] for alert in alerts if alert["device"] in ROOMS)


@pytest.mark.parametrize("name", ["alerts", "web_users", "sqlite_master"])
async def test_a_gateway_starts_on_a_broken_database_and_says_so(gateway: Gateway, name: str) -> None:
    await said(gateway, ROOMS[0], "gas.alarm", 1)
    assert gateway.stop() == 0
    broken(gateway, name)
    gateway.start()
    await said(gateway, ROOMS[1], "panic.pressed", 2)
    await eventually(lambda: are_shown(gateway, *ROOMS[:2]))
    async with api(gateway) as desk:
        await desk.sign_in()
        [fault] = [alert for alert in await desk.alerts() if alert["rule"] == "storage"]
        [folder] = gateway.data.glob("damaged-*")
        assert fault["severity"] == "critical"
        assert folder.name in fault["reasons"]["zh"]
        assert folder.name in fault["reasons"]["en"]
