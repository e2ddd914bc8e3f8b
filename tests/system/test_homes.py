"""A home's alarm through a real gateway: a keypad, a kill, an alarm, a code of duress; no code is left anywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.homes.codes import HomeCodes
from gateway.people.register_writer import ChangedBy, MembershipData, PersonData, RegisterWriter
from gateway.store import Store
from tests.support.api import Api, api, enrol, eventually
from tests.support.gateway import PASSWORD, ROOM, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import CONNACK, connect, publish, read_packet
from tests.support.ports import HOST

CODE, DURESS = "75319024", "75319025"
HOME = {
    "place": ROOM,
    "zones": [
        {"id": "door", "device": "panel", "zone": 1, "name": "入户门", "type": "entry"},
        {"id": "window", "device": "panel", "zone": 2, "name": "卧室窗"},
    ],
    "entry_delay": "1s",
    "exit_delay": "1s",
    "keypads": ["keypad"],
}


class Panel:
    """Publishes signals and waits until each is acknowledged."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, device: str) -> None:
        self._reader, self._writer, self._device, self._sent = reader, writer, device, 0

    async def say(self, kind: str, **data: Any) -> None:
        self._sent += 1
        body = json.dumps({"kind": kind, "id": f"{self._device}-{id(self)}-{self._sent}", "data": data}).encode()
        self._writer.write(publish(f"anju/v1/{self._device}/signal", body, self._sent))
        async with asyncio.timeout(10):
            while (await read_packet(self._reader))[0] != 0x40:
                pass


@asynccontextmanager
async def panel(gateway: Gateway, device: str) -> AsyncIterator[Panel]:
    reader, writer = await asyncio.open_connection(HOST, gateway.compound.mqtt_port)
    writer.write(connect(device, device, PASSWORD, clean=True))
    assert (await read_packet(reader))[0] == CONNACK
    yield Panel(reader, writer, device)
    writer.transport.abort()


async def seed(data: Path) -> None:
    """A resident of the room with a code, and one for duress."""
    at = datetime.now(UTC)
    async with Store.open(data) as store:
        codes = HomeCodes(store, lambda *_: True)

        def unit(connection: Any) -> None:
            writer = RegisterWriter(connection, store.vault, at, ChangedBy("test", "test"))
            person = writer.put_person(PersonData("王建国", "13812345678"))
            writer.put_membership(MembershipData(person, ROOM, "owner", at))
            codes.set_codes(connection, ROOM, person, CODE, DURESS, at)

        await store.write(unit)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    made = Gateway(TestCompound(tmp_path / "config", [TestDevice("panel"), TestDevice("keypad")]), tmp_path / "data")
    (tmp_path / "config" / "residents.yaml").write_text(json.dumps({"homes": [HOME]}), "utf-8")
    await seed(tmp_path / "data")
    await asyncio.to_thread(made.start)
    enrol(made)
    yield made
    await asyncio.to_thread(made.stop)


async def is_state(guard: Api, state: str) -> bool:
    return bool((await guard.get(f"areas/{ROOM}"))["state"] == state)


async def test_a_home_is_armed_at_its_keypad_survives_a_kill_and_alarms(gateway: Gateway) -> None:
    async with api(gateway) as guard:
        await guard.sign_in()
        async with panel(gateway, "keypad") as keypad:
            await keypad.say("pin.entered", code="00000", mode="away")
            await keypad.say("pin.entered", code=CODE, mode="disarm")
            await eventually(lambda: is_state(guard, "disarmed"))
            await keypad.say("pin.entered", code=CODE, mode="away")
            await eventually(lambda: is_state(guard, "arming"))
            await eventually(lambda: is_state(guard, "armed"))

        gateway.kill()
        await asyncio.to_thread(gateway.start)
        await guard.sign_in()
        await eventually(lambda: is_state(guard, "armed"))

        async with panel(gateway, "panel") as zones:
            await zones.say("zone.alarm", zone=1)
            await eventually(lambda: is_state(guard, "entry"))
            [alert] = await eventually(guard.alerts)
            assert alert["place"] == ROOM
            assert "入户门 入侵报警（外出布防）" in str(alert["reason"])

        async with panel(gateway, "keypad") as keypad:
            await keypad.say("pin.entered", code=DURESS)
            await eventually(lambda: is_state(guard, "disarmed"))
        alerts = await eventually(lambda: _two(guard))
        assert {alert["rule"] for alert in alerts} == {"home-areas", "home"}
        signals = (await guard.get("signals", kind="pin.entered"))["items"]
        said = [(signal["data"]["digits"], signal["data"].get("mode")) for signal in signals]
        assert said == [(8, None), (8, "away"), (8, "disarm"), (5, "away")]
        kinds = [signal["kind"] for signal in (await guard.get("signals", device="anju"))["items"]]
        assert kinds.count("area.armed") == 1, "told once, the kill notwithstanding"
    left = [path for path in gateway.data.rglob("*") if path.is_file() and _holds_code(path)]
    assert left == []


async def _two(guard: Api) -> Any:
    found = await guard.alerts()
    return found if len(found) == 2 else None


def _holds_code(path: Path) -> bool:
    content = path.read_bytes()
    return CODE.encode() in content or DURESS.encode() in content
