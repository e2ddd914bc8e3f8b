"""The desk over a real store: what shows is on record, and stays."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from gateway.desk import DecisionOnEvent, Desk
from gateway.desk.unpersisted import UnpersistedAlerts
from gateway.errors import NotFound
from gateway.model import AlertState, Clear, Raise, Severity, Signal, Words
from gateway.store import Store, audit, journal
from tests.support.alerts import RecordedChanges

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WORDS = Words("报警", "alarm")


@pytest.fixture
async def store(tmp_path):
    async with Store.open(tmp_path) as store:
        yield store


@pytest.fixture
def told():
    return RecordedChanges()


@pytest.fixture
async def desk(store, told):
    return Desk(store, lambda: NOW, UnpersistedAlerts(lambda: NOW, told))


def nothing(_connection: sqlite3.Connection) -> None:
    pass


async def signal(store: Store, **more) -> Signal:
    said = Signal(**{"device": "n1", "kind": "zone.alarm", "received": NOW, **more})
    kept = await store.write(lambda c: journal.record_signal(c, said, timedelta()))
    return Signal(device=said.device, kind=said.kind, received=said.received, id=said.id, number=kept.number)


def raising(event: Signal, key: str = "n1", severity: Severity = Severity.HIGH) -> DecisionOnEvent:
    return DecisionOnEvent("wall", Raise(key, severity, "wall/n1", WORDS), event)


async def test_repeats_fold_into_one_alert_with_all_its_signals(store, desk, told):
    first, second = await signal(store), await signal(store)
    await desk.decide([raising(first)], nothing)
    await desk.decide([raising(second)], nothing)
    [alert] = desk.open_alerts()
    assert alert.count == 2
    assert [s.number for s in await desk.signals_of(alert.id, 10)] == [second.number, first.number]
    assert told.alerts[-1] == alert


async def test_most_severe_first_then_oldest(store, desk):
    low = raising(await signal(store), "low", Severity.LOW)
    high = raising(await signal(store), "high", Severity.CRITICAL)
    await desk.decide([low, high], nothing)
    assert [alert.key for alert in desk.open_alerts()] == ["high", "low"]


async def test_a_desk_that_starts_again_knows_what_is_open(store, desk):
    await desk.decide([raising(await signal(store))], nothing)
    [alert] = desk.open_alerts()
    await desk.step(alert.id, "acknowledge", "王")
    again = Desk(store, lambda: NOW)
    await again.load()
    assert again.open_alerts() == desk.open_alerts()
    assert again.held("wall") == {"n1"}


async def test_steps_are_kept_with_who_and_when_and_chained(store, desk):
    await desk.decide([raising(await signal(store))], nothing)
    [alert] = desk.open_alerts()
    await desk.step(alert.id, "acknowledge", "王")
    await desk.step(alert.id, "close", "王", "野猫", {"disposition": "nuisance"})
    assert [(step.action, step.user, step.at) for step in await desk.steps(alert.id)] == [
        ("acknowledge", "王", NOW),
        ("close", "王", NOW),
    ]
    assert await store.read(audit.broken_at) is None
    await store.write(lambda c: c.execute("UPDATE steps SET note = '没事' WHERE number = 2") and None)
    assert await store.read(audit.broken_at) == 2


async def test_a_closed_alert_is_still_there_and_the_next_one_is_new(store, desk):
    await desk.decide([raising(await signal(store))], nothing)
    [alert] = desk.open_alerts()
    await desk.step(alert.id, "acknowledge", "王")
    await desk.step(alert.id, "close", "王", data={"disposition": "false"})
    assert desk.open_alerts() == []
    later = await signal(store, received=NOW + timedelta(seconds=1))
    await desk.decide([raising(later)], nothing)
    [fresh] = desk.open_alerts()
    assert fresh.id != alert.id
    found, more = await desk.page([], None, 1)
    assert (found[0].id, more) == (fresh.id, fresh.id)
    assert (await desk.page([], more, 1))[0][0].state is AlertState.CLOSED


async def test_clear_restores_the_open_alert_alone(store, desk):
    await desk.decide([raising(await signal(store))], nothing)
    clear = DecisionOnEvent("wall", Clear("n1", WORDS), await signal(store, kind="zone.restored"))
    other = DecisionOnEvent("wall", Clear("n2", WORDS), await signal(store, kind="zone.restored"))
    assert len(await desk.decide([clear, other, clear], nothing)) == 1
    assert desk.open_alerts()[0].restored_at == NOW
    assert desk.held("wall") == frozenset()


async def test_no_such_alert(desk):
    with pytest.raises(NotFound):
        await desk.step("a-0", "acknowledge", "王")
