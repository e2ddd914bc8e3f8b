"""What comes due over a real store: one commit each, once, also over a restart and a clock that is set."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.desk import DeskSettings
from gateway.desk import DecisionOnEvent, Desk
from gateway.desk.lifecycle import InvalidStep
from gateway.desk.limits import Limits
from gateway.errors import NotFound, NotRecorded
from gateway.model import AlertState, Raise, Severity, Signal, Words
from gateway.store import Store, audit, journal
from gateway.store.connection import connect

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SETTINGS = DeskSettings.model_validate(
    {
        "escalation": [
            {"after": "0s", "to": "desk_louder"},
            {"after": "1m", "to": {"notifier": "phone", "recipients": ["13800000000"], "name": "主管"}},
        ],
        "hold": {"default": "10m", "longest": "1h"},
        "reminders": {"every": "20m"},
    }
)


class Room:
    """A desk whose time the test moves."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.time = START
        self.desk = self._make()

    def _make(self) -> Desk:
        desk = Desk(self.store, lambda: self.time)
        desk.state.fold.limits = Limits(SETTINGS)
        desk.clock.notify = lambda connection, incident, step: connection.execute(
            "INSERT INTO told VALUES (?, ?)", (incident.id, step.target.notifier)
        )
        return desk

    async def restart(self) -> None:
        self.desk = self._make()
        await self.desk.load()

    async def alarm(self, key: str = "n1", kind: str = "zone.alarm") -> str:
        said = Signal(device=key, kind=kind, received=self.time)
        kept = await self.store.write(lambda c: journal.record_signal(c, said, timedelta()))
        event = Signal(device=key, kind=kind, received=self.time, id=said.id, number=kept.number)
        place = f"wall/{key}"
        await self.desk.decide(
            [DecisionOnEvent("wall", Raise(key, Severity.HIGH, place, Words("报警", "alarm")), event)]
        )
        return max(self.desk.state.incidents)

    async def after(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        await self.desk.clock.take_due()

    async def told(self) -> list[str]:
        return [row[1] for row in await self.store.read(lambda c: c.execute("SELECT * FROM told").fetchall())]

    async def story(self, incident: str) -> list[str]:
        return [step.action for step in await self.store.read(lambda c: audit.steps_of(c, incident))]

    async def journal(self) -> list[str]:
        query = "SELECT kind FROM journal WHERE entry = 'action' ORDER BY number"
        return [row["kind"] for row in await self.store.read(lambda c: c.execute(query).fetchall())]


@pytest.fixture
async def room(tmp_path):
    async with Store.open(tmp_path) as store:
        await store.write(lambda c: c.execute("CREATE TABLE told (incident, notifier)"))
        yield Room(store)


async def test_each_step_of_the_chain_is_taken_once_and_on_record(room):
    incident = await room.alarm()
    for _ in range(3):
        await room.after(30)
        await room.desk.clock.take_due()
    assert await room.story(incident) == ["escalate"]
    assert await room.told() == []
    await room.after(60)
    await room.after(600)
    assert await room.story(incident) == ["escalate", "escalate"]
    assert await room.told() == ["phone"]
    assert await room.journal() == ["incident.escalated"] * 2
    step = (await room.store.read(lambda c: audit.steps_of(c, incident)))[1]
    assert (step.user, step.data["en"], step.data["recipients"]) == ("anju", "notify 主管", ["13800000000"])


async def test_a_restart_neither_forgets_nor_repeats_a_step(room):
    incident = await room.alarm()
    await room.after(90)
    await room.restart()
    await room.after(0)
    assert await room.story(incident) == ["escalate"]
    await room.restart()
    await room.after(60)
    await room.restart()
    await room.after(60)
    assert await room.story(incident) == ["escalate", "escalate"]
    assert await room.told() == ["phone"]


async def test_an_acknowledgement_stops_the_chain(room):
    incident = await room.alarm()
    await room.after(60)
    await room.desk.incidents.step(incident, "acknowledge", "guard")
    await room.after(300)
    assert await room.story(incident) == ["acknowledge"]
    assert room.desk.state.incidents[incident].limit_at == START + timedelta(seconds=60 + 600)


async def test_a_notifier_that_can_t_take_it_undoes_the_whole_step(room):
    def fails(_connection, _incident, _step) -> None:
        raise sqlite3.IntegrityError("no")

    incident = await room.alarm()
    await room.after(90)
    kept, room.desk.clock.notify = room.desk.clock.notify, fails
    with pytest.raises((NotRecorded, sqlite3.Error)):
        await room.after(60)
    assert await room.story(incident) == ["escalate"]
    assert room.desk.state.fold.incidents[incident] == room.desk.state.incidents[incident]
    room.desk.clock.notify = kept
    await room.desk.clock.take_due()
    assert await room.story(incident) == ["escalate", "escalate"]
    assert await room.told() == ["phone"]


async def test_a_hold_ends_at_the_guard_s_time_and_rings(room):
    incident = await room.alarm()
    await room.desk.incidents.step(incident, "acknowledge", "guard")
    until = START + timedelta(minutes=30)
    await room.desk.incidents.step(incident, "hold", "guard", data={"until": until.isoformat()})
    assert room.desk.state.incidents[incident].held_until == until
    await room.after(30 * 60 - 1)
    assert room.desk.state.incidents[incident].state is AlertState.ON_HOLD
    await room.restart()
    await room.after(1)
    [alert] = room.desk.open_alerts()
    shown = room.desk.state.incidents[incident]
    assert (alert.state, shown.state, alert.assignee) == (AlertState.NEW, AlertState.NEW, "guard")
    assert (shown.held_until, shown.limit_at) == (None, room.time + timedelta(seconds=90))
    assert await room.story(incident) == ["acknowledge", "hold", "ring"]
    assert (await room.journal())[-1] == "incident.rang_again"


async def test_a_hold_without_a_time_has_the_default_end_and_none_may_be_too_long(room):
    incident = await room.alarm()
    await room.desk.incidents.step(incident, "acknowledge", "guard")
    for wrong in ("soon", "2026-11-22T09:00:00", "2026-11-22T07:00:00Z", "2026-11-22T09:00:01Z"):
        with pytest.raises(InvalidStep):
            await room.desk.incidents.step(incident, "hold", "guard", data={"until": wrong})
    await room.desk.incidents.step(incident, "hold", "guard")
    assert room.desk.state.incidents[incident].held_until == START + timedelta(minutes=10)


async def test_what_is_in_hand_reminds_by_itself_and_when_a_guard_asks(room):
    incident = await room.alarm()
    await room.desk.incidents.step(incident, "acknowledge", "guard")
    await room.desk.incidents.step(incident, "on-scene", "guard")
    await room.after(19 * 60)
    await room.desk.incidents.step(incident, "note", "guard", "在等维修")
    await room.after(19 * 60)
    assert "reminder" not in await room.story(incident)
    await room.after(60)
    assert room.desk.state.incidents[incident].reminded_at == room.time
    await room.desk.incidents.remind(incident, room.time + timedelta(minutes=50), "guard", "电梯维修到了吗")
    await room.after(30 * 60)
    await room.restart()
    await room.after(20 * 60)
    steps = await room.store.read(lambda c: audit.steps_of(c, incident))
    assert [(step.action, step.note) for step in steps[-2:]] == [
        ("remind", "电梯维修到了吗"),
        ("reminder", "电梯维修到了吗"),
    ]
    with pytest.raises(NotFound):
        await room.desk.incidents.remind("i-nothing", room.time + timedelta(minutes=1), "guard", "x")
    with pytest.raises(InvalidStep):
        await room.desk.incidents.remind(incident, room.time, "guard", "x")


async def test_a_clock_that_is_set_back_delays_no_step(room):
    incident = await room.alarm()
    await room.after(60)
    room.time -= timedelta(hours=1)
    room.desk.clock.clock_stepped(timedelta(hours=-1))
    await room.after(0)
    await room.restart()
    await room.after(29)
    assert await room.story(incident) == []
    await room.after(1)
    assert await room.story(incident) == ["escalate"]


async def test_a_clock_that_was_set_back_while_the_gateway_was_down_delays_no_step_by_that(room):
    incident = await room.alarm()
    room.time -= timedelta(hours=1)
    await room.restart()
    room.desk.clock.clock_stepped(room.desk.clock.set_back_while_down())
    await room.after(90)
    assert await room.story(incident) == ["escalate"]


async def test_the_audit_chain_holds(room, tmp_path):
    incident = await room.alarm()
    await room.after(150)
    await room.after(150)
    await room.desk.incidents.step(incident, "acknowledge", "guard")
    with closing(connect(tmp_path / "anju.db")) as connection:
        assert audit.chain_summary(connection)["broken_at"] is None
