"""Alerts about the desk itself over a real store: raised once, ended by themselves; an unsigned shift makes it ring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.app.attention_watch import AttentionWatch
from gateway.app.handover_watch import HandoverWatch
from gateway.app.system_alerts import SystemAlerts
from gateway.config.desk import AttentionSection, DeskSettings, Shift
from gateway.desk import DecisionOnEvent, Desk
from gateway.desk.limits import Limits
from gateway.desk.limits.chain import ATTENTION_RULE
from gateway.desk.presence import Presence
from gateway.handover import Handovers, ShiftPlan
from gateway.model import DRILL_RULE, AlertState, Raise, Severity, Signal, Words
from gateway.store import Store, journal

DAY = datetime(2026, 11, 30, 7, 50, tzinfo=UTC)
SHIFTS = [
    Shift.model_validate({"name": "夜班", "hours": "20:00-08:00"}),
    Shift.model_validate({"name": "白班", "hours": "08:00-20:00"}),
]


class Room:
    def __init__(self, store: Store) -> None:
        self.store, self.now, self.ticks = store, DAY, 0.0
        self.desk = Desk(store, lambda: self.now)
        self.desk.state.fold.limits = Limits(DeskSettings())
        self.presence = Presence(lambda: self.ticks)
        alerts = SystemAlerts(
            ATTENTION_RULE, "desk.unattended", "desk.attended", self.desk, self.report, lambda: self.now
        )
        self.attention = AttentionWatch(alerts, self.desk, self.presence, AttentionSection)
        self.handovers = Handovers(
            store,
            self.desk,
            lambda: self.now,
            self.presence,
            plan=lambda: ShiftPlan(SHIFTS, timedelta(minutes=45), UTC),
            devices=dict,
            place_name=lambda path: Words(path, path),
        )
        self.handover = HandoverWatch(alerts, self.desk, self.handovers, lambda: self.now)

    async def report(self, signal: Signal) -> int:
        kept = await self.store.write(
            lambda c: journal.record_signal(c, Signal(device="anju", kind=signal.kind, received=self.now), timedelta())
        )
        return kept.number

    async def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds
        await self.attention.check()
        await self.handover.check()

    async def alarm(self, rule: str = "wall") -> str:
        event = Signal(device="n1", kind="zone.alarm", received=self.now, number=await self.report(_SAID))
        decision = Raise("n1", Severity.HIGH, "wall/n1", Words("报警", "alarm"))
        await self.desk.decide([DecisionOnEvent(rule, decision, event)])
        return next(alert.incident for alert in self.desk.open_alerts() if alert.rule == rule)

    def about_the_desk(self) -> dict[str, bool]:
        """The keys of alerts about the desk, and whether each still goes on."""
        open_alerts = self.desk.open_alerts()
        return {alert.key: alert.restored_at is None for alert in open_alerts if alert.rule == ATTENTION_RULE}


_SAID = Signal(device="n1", kind="zone.alarm")


@pytest.fixture
async def room(tmp_path):
    async with Store.open(tmp_path) as store:
        yield Room(store)


async def test_nobody_at_the_desk_is_one_alert_that_ends_by_itself(room):
    await room.pass_by(599)
    assert room.about_the_desk() == {}
    for _ in range(3):
        await room.pass_by(5)
    assert room.about_the_desk() == {"nobody": True}
    assert [alert.count for alert in room.desk.open_alerts()] == [1]
    room.presence.report("王", "p1", visible=True, sounds=True, stale=False, idle_s=0)
    await room.pass_by(5)
    assert room.about_the_desk() == {"nobody": False}


async def test_an_alert_about_the_desk_does_not_keep_itself_going(room):
    room.presence.report("王", "p1", visible=True, sounds=True, stale=False, idle_s=0)
    await room.pass_by(1000)
    assert set(room.about_the_desk()) == {"nobody"}
    room.presence.report("王", "p1", visible=True, sounds=True, stale=False, idle_s=900)
    for _ in range(50):
        room.presence.report("王", "p1", visible=True, sounds=True, stale=False, idle_s=900)
        await room.pass_by(10)
    assert "untouched" not in room.about_the_desk()
    await room.alarm()
    for _ in range(20):
        room.presence.report("王", "p1", visible=True, sounds=True, stale=False, idle_s=900)
        await room.pass_by(10)
    assert room.about_the_desk()["untouched"]


async def test_an_unsigned_shift_is_an_alert_and_what_it_acknowledged_rings_once(room):
    incident = await room.alarm()
    await room.desk.incidents.step(incident, "acknowledge", "夜班的人")
    await room.pass_by(10 * 60 + 44 * 60)
    assert "unsigned" not in room.about_the_desk()
    assert room.desk.state.incidents[incident].state is AlertState.ACKNOWLEDGED
    await room.pass_by(60)
    assert room.about_the_desk()["unsigned"]
    assert room.desk.state.incidents[incident].state is AlertState.NEW
    await room.desk.incidents.step(incident, "acknowledge", "白班的人")
    await room.pass_by(600)
    assert room.desk.state.incidents[incident].state is AlertState.ACKNOWLEDGED
    await room.handovers.sign("夜班的人", "白班的人", "", {incident})
    await room.pass_by(10)
    assert room.about_the_desk()["unsigned"] is False
    shown = room.desk.state.incidents[incident]
    assert (shown.state, shown.assignee) == (AlertState.ACKNOWLEDGED, "白班的人")


async def test_a_drill_that_nobody_takes_calls_nobody_outside(room):
    """What is told about the desk leaves the compound, a drill never does."""

    async def nobody_touches_it() -> None:
        for _ in range(20):
            room.presence.report("王", "p1", visible=True, sounds=True, stale=False, idle_s=900)
            await room.pass_by(30)

    await room.alarm(DRILL_RULE)
    await nobody_touches_it()
    assert room.about_the_desk() == {}
    await room.alarm()
    await nobody_touches_it()
    assert room.about_the_desk() == {"untouched": True}
