"""The doors of a gateway that is killed again and again: nothing on record is lost, no door opens twice or late."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter

from gateway.access import rows
from gateway.flow.rows import commands_of
from gateway.store import Store, journal
from tests.bench.access import FIRST_CARD, fill
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_door import MqttDoor

KILLS, SEED, DOORS = 4, 11, 3
LATE_S = 12.0
"""A command is sent at most ten seconds after its card was shown, and needs a moment on the line."""


async def test_kill_9_under_decisions_loses_none_on_record_and_opens_no_door_twice(tmp_path):
    chance = random.Random(SEED)
    devices = [TestDevice(f"door-{n}", more={"type": "door", "actions": {"unlock": []}}) for n in range(DOORS)]
    gateway = Gateway(TestCompound(tmp_path / "config", devices), tmp_path / "data")
    access = {"doors": [{"device": one.id, "place": "b1", "readers": [{"device": one.id}]} for one in devices]}
    (tmp_path / "config" / "access.yaml").write_text(json.dumps(access))
    await fill(gateway.data, 50)
    doors = [MqttDoor(one.id, gateway.compound.mqtt_port, PASSWORD) for one in devices]
    killed: list[float] = []
    async with asyncio.TaskGroup() as tasks:
        lines = [tasks.create_task(door.run()) for door in doors]
        showing = tasks.create_task(_show_cards(doors, chance))
        for _ in range(KILLS):
            await asyncio.to_thread(gateway.start)
            await asyncio.gather(*(door.ready.wait() for door in doors))
            await asyncio.sleep(chance.uniform(0.3, 1.5))  # the instant of the kill is what is tried
            gateway.kill()
            killed.append(time.monotonic())
        showing.cancel()
        await asyncio.to_thread(gateway.start)
        async with asyncio.timeout(30):
            while any(door.waiting for door in doors):
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        await asyncio.to_thread(gateway.stop)
        for line in lines:
            line.cancel()
    await _judge(gateway, doors)


async def _show_cards(doors: list[MqttDoor], chance: random.Random) -> None:
    """At doors that are connected: how long a start takes must not make old cards of them all."""
    while True:
        if connected := [door for door in doors if door.ready.is_set()]:
            chance.choice(connected).present(FIRST_CARD + chance.randrange(250))  # one in five is unknown
        await asyncio.sleep(0.02)


async def _judge(gateway: Gateway, doors: list[MqttDoor]) -> None:
    async with Store.open(gateway.data) as store:
        log = await store.read(lambda c: rows.page(c, None, None, None, 100_000))
        sent = [command for door in doors for command in door.commands]
        ordered = await store.read(lambda c: commands_of(c, sent))
        cards = [
            signal
            for door in doors
            for signal in await store.read(
                lambda c, door=door: journal.signals(c, device=door.name, kind="credential.presented", limit=100_000)
            )
        ]
        decided = await store.read(lambda c: rows.decided(c, [card.id for card in cards]))
        granted = [one for one in log if one.granted]
    shown = {card for door in doors for card in door.presented}
    codes = Counter(one.code for one in log)
    assert len(sent) > 20, f"the gateway lived too little for this test to say anything: {codes}"
    assert {card.source_id for card in cards} == shown, "every card that was shown is on record"
    assert len(cards) == len(shown), "once"
    assert decided == {card.id for card in cards}, "and each has its decision, be it that it was cut off"
    assert all(len(times) == 1 for door in doors for times in door.commands.values()), "no command came twice"
    assert set(ordered) == set(sent), "no door was told to open by what is not on record"
    assert len(sent) <= len(granted), "no card opened twice"
    assert all(one.code != "ok" or one.person for one in granted)
    for door in doors:
        first = min(door.presented.values())
        assert all(times[0] >= first for times in door.commands.values())
    _none_late(doors, cards)


def _none_late(doors: list[MqttDoor], cards: list) -> None:
    """The n-th command of a door came soon after a card that it showed and that was not answered before."""
    for door in doors:
        shown = sorted(door.presented.values())
        for times in door.commands.values():
            at = times[0]
            assert any(0 <= at - each < LATE_S for each in shown), f"{door.name} opened out of the blue"
    assert cards
