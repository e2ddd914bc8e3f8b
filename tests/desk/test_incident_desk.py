"""Incidents over a real store: what people do is one commit, on record with who and when, and known after a start."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.desk import DecisionOnEvent, Desk
from gateway.desk.incidents import rows as incident_rows
from gateway.desk.limits import Limits
from gateway.desk.replay import replay
from gateway.errors import AnjuError, Conflict, NotFound
from gateway.model import AlertState, Clear, Raise, Severity, Signal, Words
from gateway.store import Store, audit, journal

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


class Clock:
    now = NOW


@pytest.fixture
async def store(tmp_path):
    async with Store.open(tmp_path) as store:
        yield store


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def desk(store, clock):
    return Desk(store, lambda: clock.now)


async def decide(store, desk, key, place, at, severity=Severity.HIGH, *, clear=False, **data):
    said = Signal(device=key, kind="zone.restored" if clear else "zone.alarm", received=at, data=data)
    number = (await store.write(lambda c: journal.record_signal(c, said, timedelta()))).number
    words = Words(key, key)
    decision = Clear(key, words) if clear else Raise(key, severity, place, words)
    return await desk.decide([DecisionOnEvent("wall", decision, replace(said, number=number))])


async def two(store, desk):
    await decide(store, desk, "n1", "wall/n1", NOW)
    await decide(store, desk, "n1b", "wall/n1", NOW + timedelta(seconds=5))
    [incident] = desk.incidents.open_incidents()
    return incident


async def test_a_step_on_the_incident_is_taken_on_each_alert_with_one_note(store, desk):
    incident = await two(store, desk)
    result = await desk.incidents.step(incident.id, "acknowledge", "王", "看到了")
    assert result.incident.state is AlertState.ACKNOWLEDGED
    assert sorted(result.applied) == sorted(incident.alerts)
    assert all(alert.state is AlertState.ACKNOWLEDGED for alert in desk.open_alerts())
    steps = await desk.steps(incident.id)
    assert [(step.action, step.user, step.note) for step in steps] == [("acknowledge", "王", "看到了")]
    assert [step.note for step in await desk.steps(incident.alerts[0])] == [""]
    assert await store.read(audit.broken_at) is None


async def test_what_does_not_apply_is_said_and_the_rest_is_done(store, desk):
    incident = await two(store, desk)
    await desk.step(incident.alerts[0], "acknowledge", "王")
    result = await desk.incidents.step(incident.id, "close", "王", data={"disposition": "false"})
    assert list(result.applied) == [incident.alerts[0]]
    assert dict(result.not_applied) == {incident.alerts[1]: AlertState.NEW}
    with pytest.raises(Conflict):
        await desk.incidents.step(incident.id, "close", "王", data={"disposition": "false"})


async def test_one_alert_may_be_closed_with_another_disposition(store, desk):
    incident = await two(store, desk)
    await desk.incidents.step(incident.id, "acknowledge", "王")
    await desk.step(incident.alerts[0], "close", "王", data={"disposition": "nuisance"})
    await desk.incidents.step(incident.id, "close", "王", data={"disposition": "real"})
    kept = [await desk.alert(alert) for alert in incident.alerts]
    assert [alert.disposition.value for alert in kept] == ["nuisance", "real"]
    assert desk.incidents.open_incidents() == []
    assert (await desk.incidents.incident(incident.id)).state is AlertState.CLOSED


async def test_merge_and_split_are_on_record_and_known_after_a_start(store, desk, clock):
    await two(store, desk)
    await decide(store, desk, "w1", "wall/w1", NOW + timedelta(seconds=9))
    first, other = sorted(desk.incidents.open_incidents(), key=lambda each: each.id)
    await desk.incidents.merge(first.id, other.id, "王", "同一伙人")
    fresh = await desk.incidents.split(first.id, [first.alerts[0]], "王")
    again = Desk(store, lambda: clock.now)
    await again.load()
    assert again.incidents.open_incidents() == desk.incidents.open_incidents()
    assert again.open_alerts() == desk.open_alerts()
    assert (await again.incidents.incident(other.id)).merged_into == first.id
    assert [step.action for step in await again.steps(first.id)] == ["merge", "split"]
    assert {alert.id: alert.incident for alert in again.open_alerts()}[first.alerts[0]] == fresh.id
    for wrong in ("i-nothing", other.id):
        with pytest.raises(NotFound):
            await desk.incidents.merge(first.id, wrong, "王")
    with pytest.raises(Conflict):
        await desk.incidents.merge(first.id, first.id, "王")


async def test_a_step_that_can_not_be_written_changes_nothing(store, desk):
    incident = await two(store, desk)
    await store.write(lambda c: c.execute("CREATE TRIGGER no BEFORE INSERT ON steps BEGIN SELECT no(); END") and None)
    with pytest.raises(AnjuError):
        await desk.incidents.step(incident.id, "acknowledge", "王")
    assert desk.incidents.open_incidents() == [incident]
    await store.write(lambda c: c.execute("DROP TRIGGER no") and None)
    assert (await desk.incidents.step(incident.id, "acknowledge", "王")).incident.state is AlertState.ACKNOWLEDGED


async def test_what_only_the_memory_holds_is_an_incident_of_its_own(desk):
    desk.memory.storage_failed("disk full")
    [incident] = desk.incidents.open_incidents()
    assert not incident.on_record
    await desk.incidents.step(incident.id, "acknowledge", "王")
    assert desk.incidents.open_incidents()[0].state is AlertState.ACKNOWLEDGED


async def test_pages_list_all_newest_first(store, desk):
    for number in range(5):
        await decide(store, desk, f"z{number}", f"p{number}", NOW + timedelta(seconds=number))
    found, after = await desk.incidents.page([], None, 3)
    more, end = await desk.incidents.page([], after, 3)
    assert [each.place for each in (*found, *more)] == ["p4", "p3", "p2", "p1", "p0"]
    assert end is None


@pytest.mark.parametrize("limits", [None, Limits()])
@pytest.mark.parametrize("seed", range(20))
async def test_a_replayed_night_gives_the_same_incidents(store, desk, clock, seed, limits):
    """Alarms, restores, steps, merges, splits and restarts in random order; then the record alone makes the same.

    With limits also what they ask for: escalations, ends of holds, reminders.
    """
    chance = random.Random(seed)
    desk.state.fold.limits = limits
    for _ in range(200):
        clock.now += timedelta(seconds=chance.choice((1, 20, 400)))
        await _something(store, desk, clock, chance)
        if chance.random() < 0.05:
            desk = Desk(store, lambda: clock.now)
            await desk.load()
            desk.state.fold.limits = limits
        await desk.clock.take_due()
    made = await store.read(lambda c: replay(c, limits=lambda _number: limits))
    kept = {incident.id: incident for incident in await store.read(lambda c: incident_rows.page(c, [], None, 10_000))}
    shown = {id_: replace(made.incidents[id_], members=kept[id_].members) for id_ in kept if kept[id_].merged_into}
    assert len(kept) > 10
    assert {**made.incidents, **shown} == kept
    for alert in made.alerts.values():
        assert await desk.alert(alert.id) == alert


async def _something(store, desk, clock, chance):
    key = f"z{chance.randrange(8)}"
    opened = desk.incidents.open_incidents()
    what = chance.random()
    if what < 0.5 or not opened:
        data = {"person": chance.choice("ab")} if chance.random() < 0.3 else {}
        severity = chance.choice(list(Severity))
        await decide(store, desk, key, f"wall/{int(key[1:]) // 2}", clock.now, severity, **data)
    elif what < 0.6:
        await decide(store, desk, key, "", clock.now, clear=True)
    else:
        with contextlib.suppress(Conflict):  # not allowed in this state: on record neither
            await _act(desk, chance, opened)


async def _act(desk, chance, opened):
    incident = chance.choice(opened)
    match chance.randrange(10):
        case 0 | 1:
            await desk.incidents.step(incident.id, "acknowledge", "王")
        case 2 | 3:
            await desk.incidents.step(incident.id, "close", "王", data={"disposition": "false"})
        case 4:
            await desk.incidents.step(incident.id, "assign", "王", data={"user": "李"})
        case 5:
            await desk.incidents.merge(incident.id, chance.choice(opened).id, "王")
        case 6:
            await desk.incidents.split(incident.id, [chance.choice(incident.alerts)], "王")
        case 7:
            await desk.incidents.step(incident.id, "hold", "王", data=_until(desk, chance))
        case 8:
            await desk.incidents.remind(incident.id, desk._now() + timedelta(minutes=5), "王", "…")
        case 9:
            alert = chance.choice(desk.open_alerts())
            await desk.step(alert.id, chance.choice(("acknowledge", "hold", "on-scene")), "李")


def _until(desk, chance):
    return {"until": (desk._now() + timedelta(minutes=7)).isoformat()} if chance.random() < 0.5 else {}
