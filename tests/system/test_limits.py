"""Limits through the real gateway: killed at any moment, every step of the chain is taken once, in order."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store import audit
from tests.support.api import api, eventually
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import MqttDevice

ROOMS = [f"b1/u1/10{number}" for number in range(1, 4)]
SOON = {"acknowledge": "1s"}
DESK = {
    "limits": dict.fromkeys(("critical", "high", "medium", "low", "urgent"), SOON),
    "escalation": [{"after": f"{after}s", "to": "desk_louder"} for after in range(5)],
    "hold": {"default": "2s"},
    "reminders": {"every": None},
    "shifts": [],
}


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    buildings = [{"id": "b1", "name": "1号楼", "units": 1, "floors": 1, "rooms": 5}]
    devices = [TestDevice(f"home-{room[-1]}", more={"place": room}) for room in ROOMS]
    gateway = Gateway(TestCompound(tmp_path / "config", devices, more={"buildings": buildings}), tmp_path / "data")
    (tmp_path / "config/desk.yaml").write_text(json.dumps(DESK), "utf-8")
    gateway.command("users", "add", "guard", "--role", "supervisor", "--password-stdin", say="a-long-enough-password\n")
    return gateway


async def alarm(gateway: Gateway, device: str, kind: str = "fire.alarm") -> None:
    said = MqttDevice(device, gateway.compound.mqtt_port, device, PASSWORD, lambda _: kind, most=1)
    await asyncio.wait_for(said.run(), 20)


def steps(gateway: Gateway) -> dict[str, list[tuple[str, int]]]:
    """What the gateway did about each incident by its limits, as the audit chain has it."""
    found: dict[str, list[tuple[str, int]]] = {}
    with closing(sqlite3.connect(gateway.data / "anju.db")) as connection:
        for alert, action, data in connection.execute(
            "SELECT alert, action, data FROM steps WHERE user = 'anju' ORDER BY number"
        ):
            found.setdefault(alert, []).append((action, json.loads(data).get("level", 0)))
    return found


def journal(gateway: Gateway) -> int:
    with closing(sqlite3.connect(gateway.data / "anju.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM journal WHERE kind = 'incident.escalated'").fetchone()[0])


@pytest.mark.timeout(180)
async def test_killed_at_any_moment_each_step_is_taken_once(gateway: Gateway) -> None:
    chance = random.Random(7)
    gateway.start()
    try:
        for room in ROOMS:
            await alarm(gateway, f"home-{room[-1]}")
            await asyncio.sleep(chance.uniform(0, 1.2))
            gateway.kill()
            gateway.start()
        async with api(gateway) as guard:
            await guard.sign_in()

            async def all_told() -> bool:
                items = (await guard.get("incidents", state="open"))["items"]
                return len(items) == len(ROOMS) and all(
                    item["escalation"]["level"] == len(DESK["escalation"]) for item in items
                )

            await eventually(all_told, 30)
    finally:
        gateway.stop()
    taken = steps(gateway)
    assert len(taken) == len(ROOMS)
    for incident, made in taken.items():
        assert made == [("escalate", level) for level in range(1, 6)], incident
    assert journal(gateway) == 5 * len(ROOMS)
    with closing(sqlite3.connect(gateway.data / "anju.db")) as connection:
        connection.row_factory = sqlite3.Row
        assert audit.broken_at(connection) is None


@pytest.mark.timeout(120)
async def test_a_hold_that_ends_while_the_gateway_is_down_rings_after_the_start(gateway: Gateway) -> None:
    gateway.start()
    try:
        await alarm(gateway, "home-1")
        async with api(gateway) as guard:
            await guard.sign_in()
            [item] = await eventually(lambda: _items(guard))
            await guard.post(f"incidents/{item['id']}/acknowledge", {})
            await guard.post(f"incidents/{item['id']}/hold", {})
            gateway.kill()
            await asyncio.sleep(2.5)  # the time that a stopped gateway can't be told to skip
            gateway.start()
            shown = await eventually(lambda: _new(guard, item["id"]), 10)
            assert shown["held_until"] is None
            assert [entry["kind"] for entry in shown["story"] if entry["user"] == "anju"].count("ring") == 1
    finally:
        gateway.stop()
    assert [made[0] for made in steps(gateway)[item["id"]] if made[0] == "ring"] == ["ring"]


async def _items(guard) -> list:
    return list((await guard.get("incidents", state="open"))["items"])


async def _new(guard, incident: str):
    shown = await guard.get(f"incidents/{incident}")
    return shown if shown["state"] == "new" else None
