"""What the database would not take is on every screen, and is written as soon as it takes something."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from gateway.desk import DecisionOnEvent, Desk, rows
from gateway.desk.unpersisted import UnpersistedAlerts
from gateway.model import AlertState, Clear, Raise, Severity, Signal, Words
from gateway.store import Store, journal
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


async def raising(store: Store, key: str, at: datetime = NOW) -> DecisionOnEvent:
    said = Signal(device=key, kind="panic.pressed", received=at)
    number = (await store.write(lambda c: journal.record_signal(c, said, timedelta()))).number
    event = Signal(device=key, kind=said.kind, received=at, id=said.id, number=number)
    return DecisionOnEvent("home", Raise(key, Severity.CRITICAL, "b1", WORDS), event)


async def refuse(store: Store, table: str = "alerts") -> None:
    """The disk takes no row of this table."""
    trigger = f"CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT no_such_function(); END"
    await store.write(lambda c: c.execute(trigger) and None)


async def take_again(store: Store) -> None:
    await store.write(lambda c: c.execute("DROP TRIGGER no") and None)


async def ids(desk: Desk) -> dict[str, bool]:
    found, _ = await desk.page(["new"], None, 100)
    return {alert.key: alert.on_record for alert in found}


async def test_alerts_that_are_not_on_record_are_on_every_list_until_they_are(store, desk, told):
    await refuse(store)
    for n in range(3):
        event = await raising(store, f"n{n}", NOW + timedelta(seconds=n))
        assert [a.on_record for a in await desk.decide([event])] == [False]
    assert {alert.key: alert.on_record for alert in desk.open_alerts()} == {"n0": False, "n1": False, "n2": False}
    assert await ids(desk) == {"n0": False, "n1": False, "n2": False}
    assert "no_such_function" in desk.unwritten_because
    await take_again(store)
    await desk.decide([])
    assert desk.unwritten_because == ""
    assert await ids(desk) == {"n0": True, "n1": True, "n2": True}
    kept = await store.read(rows.open_alerts)
    assert sorted(alert.key for alert in kept) == ["n0", "n1", "n2"]
    assert told.alerts[-1].on_record


async def test_a_batch_that_can_not_be_written_keeps_none_behind_it(store, desk):
    """What is committed beside is the newest, once."""
    besides = []

    def beside(name):
        return lambda _connection: besides.append(name)

    await refuse(store)
    await desk.decide([await raising(store, "n0")], beside("first"))
    await desk.decide([await raising(store, "n1")], beside("second"))
    await take_again(store)
    besides.clear()
    await desk.decide([])
    assert besides == ["second"]
    decided = await store.read(lambda c: [row["decision"] for row in c.execute("SELECT decision FROM decisions")])
    assert decided == ["raise", "raise"]


async def test_a_restored_alert_that_is_owed_is_written_restored(store, desk):
    await refuse(store)
    event = await raising(store, "n0")
    await desk.decide([event])
    await desk.decide([DecisionOnEvent("home", Clear("n0", WORDS), event.event)])
    await take_again(store)
    await desk.decide([])
    [alert] = await store.read(rows.open_alerts)
    assert alert.restored_at == NOW


async def test_lists_show_what_is_open_when_the_database_shows_nothing(store, desk):
    """A lost page of `alerts`: every screen asks the desk, page by page."""
    for n in range(5):
        await desk.decide([await raising(store, f"n{n}", NOW + timedelta(seconds=n))])
    gone = [alert.id for alert in desk.open_alerts()][1:3]
    await store.write(lambda c: c.execute("DELETE FROM alerts WHERE id IN (?, ?)", gone).rowcount)
    found, after = [], None
    while True:
        some, after = await desk.page([], after, 2)
        found += some
        if after is None:
            break
    assert [alert.key for alert in found] == ["n4", "n3", "n2", "n1", "n0"]
    await store.write(lambda c: c.execute("DROP TABLE alerts") and None)
    assert [alert.key for alert in (await desk.page(["new"], None, 10))[0]] == ["n4", "n3", "n2", "n1", "n0"]
    assert (await desk.page(["closed"], None, 10))[0] == []


async def test_the_step_of_a_guard_is_not_undone_by_what_is_owed(store, desk):
    await desk.decide([await raising(store, "n0")])
    [alert] = desk.open_alerts()
    await refuse(store, "decisions")
    await desk.decide([await raising(store, "n0", NOW + timedelta(seconds=1))])
    await desk.step(alert.id, "acknowledge", "王")
    await take_again(store)
    await desk.decide([])
    kept = await store.read(lambda c: rows.one(c, alert.id))
    assert (kept.state, kept.count) == (AlertState.ACKNOWLEDGED, 2)


async def test_open_alerts_are_written_anew_into_another_database(store, desk):
    for n in range(3):
        await desk.decide([await raising(store, f"n{n}")])

    def empty(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM alerts")

    await store.write(empty)
    await desk.restate()
    assert len(await store.read(rows.open_alerts)) == 3
