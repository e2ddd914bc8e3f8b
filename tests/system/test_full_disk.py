"""A full disk does not silence an alarm: it is on the screen, marked, unacknowledged, and is itself an alert."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.verdict import kept, open_record
from tests.support.api import Api, api, enrol, eventually
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import MqttDevice
from tests.system.full_disk import Disk, size_limit, small_filesystem

ROOM = "room-101"


@pytest.fixture(params=[small_filesystem, size_limit], ids=["small filesystem", "size limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    with request.param(tmp_path / "data") as made:
        yield made


@pytest.fixture
def gateway(disk: Disk, tmp_path: Path) -> Iterator[Gateway]:
    made = Gateway(TestCompound(tmp_path / "config", [TestDevice(ROOM)]), disk.folder)
    enrol(made)
    made.start()
    try:
        yield made
        disk.free(made)
        assert made.stop() == 0
    finally:
        made.kill()


def device(gateway: Gateway, kind: str, first: int) -> MqttDevice:
    """One signal of that kind, the `first` of the device's numbers, sent until it is acknowledged."""
    port = gateway.compound.mqtt_port
    return MqttDevice(ROOM, port, ROOM, PASSWORD, lambda _: kind, made=first - 1, most=first)


async def said(gateway: Gateway, kind: str, first: int) -> None:
    async with asyncio.timeout(10):
        await device(gateway, kind, first).run()


async def test_an_alarm_is_seen_when_it_cannot_be_kept(gateway: Gateway, disk: Disk) -> None:
    async with api(gateway) as desk:
        await desk.sign_in()
        await said(gateway, "door.opened", 1)
        disk.fill(gateway)
        alarm = device(gateway, "gas.alarm", 2)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(alarm.run())
            shown, fault = await eventually(lambda: both_shown(desk))
            assert shown["place"] == "b1/u1/101"
            assert shown["severity"] == fault["severity"] == "critical"
            assert alarm.pending, "acknowledged without being kept"
            assert not alarm.acknowledged
            disk.free(gateway)
        assert alarm.resent > 0
        await said(gateway, "door.opened", 3)
        await eventually(lambda: on_record(desk))
    record = open_record(disk.folder)
    assert kept(record, ROOM) == {alarm.source_id(number) for number in (1, 2, 3)}
    (copies,) = record.execute("SELECT count(*) FROM journal WHERE source_id = ?", (alarm.source_id(2),)).fetchone()
    assert copies == 1
    record.close()


async def both_shown(desk: Api) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The alarm that is not on record, and the alert about the record itself."""
    alerts = await desk.alerts()
    alarm = next((alert for alert in alerts if alert["device"] == ROOM and not alert["on_record"]), None)
    fault = next((alert for alert in alerts if alert["rule"] == "storage"), None)
    return (alarm, fault) if alarm and fault else None


async def on_record(desk: Api) -> bool:
    """One alert of the alarm, by its own rule, kept; and the record's fault is over."""
    alerts = await desk.alerts()
    of_room = [alert for alert in alerts if alert["device"] == ROOM]
    fault = [alert for alert in alerts if alert["rule"] == "storage"]
    return [(alert["rule"], alert["on_record"]) for alert in of_room] == [("home", True)] and all(
        alert["restored_at"] for alert in fault
    )
