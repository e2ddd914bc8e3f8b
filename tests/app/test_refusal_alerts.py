"""A used-up quota is reported to guards once, until it is over."""

from __future__ import annotations

from gateway.app.refusal_alerts import QUIET_S, RefusalAlerts
from gateway.errors import NotRecorded
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.limits import Refusal, RefusalLog
from gateway.model import Signal, Words

SPENT = Refusal("mqtt", Words("连接太多", "too many connections"), grave=True)


class World:
    def __init__(self) -> None:
        self.now = 1000.0
        self.said: list[Signal] = []
        self.disk = True
        self.refusals = RefusalLog(lambda: self.now)
        self.telling = RefusalAlerts(self.refusals, self.report)

    async def report(self, signal: Signal) -> int:
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
