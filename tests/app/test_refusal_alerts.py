"""That a quota is spent is told in the guard room, once, until it is over; and who may have how many descriptors."""

from __future__ import annotations

import resource
from types import SimpleNamespace

import pytest

from gateway.app import file_descriptors
from gateway.app.refusal_alerts import QUIET_S, RefusalAlerts
from gateway.errors import NotRecorded
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.limits import Refusal, RefusalLog
from gateway.model import Signal, Words
from gateway.web.connections import MAX_CONNECTIONS

SPENT = Refusal("mqtt", Words("连接太多", "too many connections"), grave=True)


class World:
    def __init__(self) -> None:
        self.now = 1000.0
        self.said: list[Signal] = []
        self.disk = True
        self.refusals = RefusalLog(lambda: self.now)
        self.telling = RefusalAlerts(self.refusals, self.say)

    async def say(self, signal: Signal) -> int:
        if not self.disk:
            raise NotRecorded("disk full")
        self.said.append(signal)
        return len(self.said)


async def test_it_is_told_once_and_its_end_too() -> None:
    world = World()
    world.refusals.note(Refusal("sign-in", "wrong password"))
    await world.telling.check()
    assert world.said == [], "nobody has to look after a mistyped password"
    for _ in range(10):
        world.refusals.note(SPENT)
        await world.telling.check()
    [fault] = world.said
    assert (fault.device, fault.kind) == (GATEWAY, "device.faulted")
    assert fault.data["why"] == {"zh": "mqtt：连接太多", "en": "mqtt: too many connections"}
    world.now += QUIET_S + 1
    await world.telling.check()
    assert [signal.kind for signal in world.said] == ["device.faulted", "device.restored"]


async def test_what_the_disk_did_not_take_is_told_again() -> None:
    world = World()
    world.refusals.note(SPENT)
    world.disk = False
    await world.telling.check()
    world.disk = True
    await world.telling.check()
    assert [signal.kind for signal in world.said] == ["device.faulted"]


def configuration(mqtt: int | None, *receivers: int) -> SimpleNamespace:
    devices = [SimpleNamespace(settings=SimpleNamespace(listen="x", connections=most)) for most in receivers]
    endpoint = None if mqtt is None else SimpleNamespace(connections=mqtt)
    compound = SimpleNamespace(mqtt=SimpleNamespace(endpoint=endpoint))
    return SimpleNamespace(compound=compound, devices=devices, all_devices=lambda: devices)


@pytest.mark.parametrize("limit", [256, 1024, 4096, 65_536])
def test_all_shares_together_leave_some_for_the_rest(limit: int) -> None:
    wanted = configuration(2000, 500, 500)
    share = file_descriptors.connection_limits(limit, wanted)  # type: ignore[arg-type]
    assert 2 * share.web + share.mqtt + 2 * share.receiver <= limit - file_descriptors.OWN_DESCRIPTORS
    assert min(share.web, share.mqtt, share.receiver) >= 1
    if limit >= 8192:
        assert share == file_descriptors.ConnectionLimits(MAX_CONNECTIONS, 2000, 500)


def test_without_doors_there_is_nothing_to_share() -> None:
    assert file_descriptors.connection_limits(65_536, configuration(None)) == file_descriptors.ConnectionLimits(
        MAX_CONNECTIONS, 0, 0
    )  # type: ignore[arg-type]


def test_the_soft_limit_becomes_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
        assert file_descriptors.raise_limit() == min(hard, file_descriptors.MAX_DESCRIPTORS)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, file_descriptors.MAX_DESCRIPTORS)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
