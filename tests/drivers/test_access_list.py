"""A controller that decides by its own list: the real endpoint, the driver, and a twin that shares no code with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from drivers.mqtt_device import MqttDevice, MqttDeviceSettings
from gateway.errors import BadInput, CommandFailed, LinkLost
from gateway.model import AccessList, AccessListEntry, Device, DeviceType
from gateway.protocols.access_list import read_state
from gateway.simulator.access_controller import AccessController, ListMemory
from gateway.simulator.mqtt import MqttLogin
from gateway.testing import RecordedReports
from tests.links.mqtt.support import ACCOUNTS, endpoint, until

LOCK = Device("lock", "mqtt_device", DeviceType.PANEL, "门禁控制器", "b3/u1")
FAR = datetime(2036, 1, 1, tzinfo=UTC)


@dataclass
class Scene:
    driver: MqttDevice
    reports: RecordedReports
    login: MqttLogin
    sent: list[str]
    """What a capture shows of messages to the device."""

    async def connected(self) -> None:
        """The controller has said what it holds."""
        await until(lambda: self.driver._access_list.holds != "")


@asynccontextmanager
async def scene(*, access_list: bool = True) -> AsyncIterator[Scene]:
    async with endpoint() as door:
        reports, sent = RecordedReports(), []
        link = door.link("lock", "bridge")
        driver = MqttDevice(LOCK, MqttDeviceSettings(account="bridge", access_list=access_list), link, reports)
        running = asyncio.create_task(driver.run())
        with link.capture.listen(lambda chunk: sent.append(chunk.data.decode()) if chunk.way == "out" else None):
            yield Scene(driver, reports, MqttLogin("127.0.0.1", door.port, "bridge", ACCOUNTS["bridge"]), sent)
        running.cancel()
        await asyncio.wait([running])


def entries(*numbers: int) -> tuple[AccessListEntry, ...]:
    return tuple(AccessListEntry(f"k{number}", "card", f"{number:010d}", ("door-1",)) for number in numbers)


def listed(version: str, *numbers: int, until: datetime = FAR) -> AccessList:
    return AccessList(version, entries(*numbers), until)


async def test_a_controller_decides_by_the_list_it_was_sent_and_confirmed() -> None:
    async with scene() as it, AccessController(it.login, "lock").serving() as twin:
        await it.connected()
        await it.driver.load_access_list(listed("v1", *range(450)))  # three parts
        assert (twin.memory.version, len(twin.memory.entries)) == ("v1", 450)
        assert twin.present("card", "0000000449", "door-1")
        assert not twin.present("card", "0000000449", "door-2")
        assert not twin.present("card", "0000000450", "door-1")
        await until(lambda: len(it.reports.signals) == 3)
        granted, other_door, unknown = it.reports.signals
        assert (granted.kind, granted.data) == (
            "access.granted",
            {"door": "door-1", "credential": "card", "entry": "k449"},
        )
        assert (other_door.kind, unknown.kind) == ("access.denied", "access.denied")
        assert all("0000000449" not in str(signal.data) for signal in it.reports.signals)
        assert not any("0000000449" in text for text in it.sent)


async def test_later_only_what_changed_is_sent() -> None:
    async with scene() as it, AccessController(it.login, "lock").serving() as twin:
        await it.connected()
        await it.driver.load_access_list(listed("v1", 1, 2, 3))
        seen: list[dict] = []
        keep = twin._keep
        twin._keep = lambda part: seen.append(part) or keep(part)  # type: ignore[method-assign, func-returns-value]
        await it.driver.load_access_list(listed("v2", 1, 3, 4))
        await it.driver.load_access_list(listed("v2", 1, 3, 4))
        assert [(part["base"], [one["id"] for one in part["add"]], part["remove"]) for part in seen] == [
            ("v1", ["k4"], ["k2"])
        ]
        assert sorted(twin.memory.entries) == ["k1", "k3", "k4"]
        await it.driver.load_access_list(listed("v2", 1, 3, 4, until=FAR + timedelta(days=1)))
        assert twin.memory.valid_until == FAR + timedelta(days=1)
        assert (seen[-1]["base"], seen[-1]["add"]) == ("v2", [])


async def test_one_that_lost_its_memory_gets_the_whole_list() -> None:
    async with scene() as it:
        async with AccessController(it.login, "lock").serving() as twin:
            await it.connected()
            await it.driver.load_access_list(listed("v1", 1, 2, 3))
        async with AccessController(it.login, "lock", ListMemory()).serving() as twin:
            await until(lambda: it.driver._access_list.holds is None)
            await it.driver.load_access_list(listed("v1", 1, 2, 3))
            assert sorted(twin.memory.entries) == ["k1", "k2", "k3"]


async def test_one_that_refuses_or_is_away_is_an_error_with_the_reason() -> None:
    async with scene() as it:
        with pytest.raises(LinkLost):
            await it.driver.load_access_list(listed("v1", 1))
        async with AccessController(it.login, "lock", refuses="memory full").serving() as twin:
            await it.connected()
            with pytest.raises(CommandFailed, match="memory full"):
                await it.driver.load_access_list(listed("v1", 1))
            twin.refuses = ""
            await it.driver.load_access_list(listed("v1", 1))
            assert twin.memory.version == "v1"


async def test_times_of_an_entry_and_of_the_list() -> None:
    monday = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)  # 09:00 in the compound
    schedules = {
        "days": ({"days": [1, 2, 3, 4, 5], "from": "08:00", "until": "18:00"},),
        "nights": ({"dates": ["2026-11-30"], "from": "22:00", "until": "02:00"},),
    }
    entry = AccessListEntry("k1", "pin", "4719", ("door-1",), monday, monday + timedelta(days=30), ("days", "nights"))
    async with scene() as it, AccessController(it.login, "lock").serving() as twin:
        await it.connected()
        await it.driver.load_access_list(AccessList("v1", (entry,), monday + timedelta(days=7), schedules))
        tries = [
            timedelta(0),
            timedelta(hours=10),  # 19:00
            timedelta(hours=16),  # 01:00, a part of Monday's night
            timedelta(hours=40),  # 01:00 of Wednesday: Tuesday has no night
            timedelta(days=5),
            timedelta(days=8),
            -timedelta(minutes=1),
        ]
        assert [twin.present("pin", "4719", "door-1", monday + later) for later in tries] == [
            True, False, True, False, False, False, False,
        ]  # fmt: skip


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"holds": 1}', b'{"holds": "v", "taken": 1}'])
def test_a_state_that_says_nothing(payload: bytes) -> None:
    with pytest.raises(BadInput):
        read_state(payload)
