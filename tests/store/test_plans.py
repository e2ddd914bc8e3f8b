"""What the gateway reads at its start and while it runs takes as long with five million rows as with five."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from gateway.access import rows as access_rows
from gateway.desk import rows as alert_rows
from gateway.door_plate import rows as plate_rows
from gateway.errors import AnjuError
from gateway.flow import rows
from gateway.flow import rows as flow_rows
from gateway.handover import rows as handover_rows
from gateway.model import AlertState, Signal, Words
from gateway.notify import rows as notify_rows
from gateway.people.rooms import rooms_from_journal
from gateway.recording import rows as clip_rows
from gateway.store import Store, audit, journal, quarantine, retention
from gateway.store.connection import connect
from tests.support.plans import slow

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
OPEN = [state for state in AlertState if state is not AlertState.CLOSED]
SIGNAL = Signal(device="d", kind="zone.alarm", source_id="1", received=NOW)
WANTED = journal.EventFilter({"zone.alarm": 1, "door.opened": 1}, 1, 1)


@pytest.fixture
async def connection(tmp_path):
    async with Store.open(tmp_path):
        pass
    connection = connect(tmp_path / "anju.db")
    yield connection
    connection.close()


def rooms(connection):
    with pytest.raises(AnjuError):
        rooms_from_journal(connection)


@pytest.mark.parametrize(
    "look",
    [
        lambda c: flow_rows.load(c, NOW, [timedelta(hours=48)]),
        lambda c: journal.events(c, WANTED, 0, 9, 9),
        journal.last_number,
        lambda c: access_rows.page(c, None, None, None, 9),
        lambda c: access_rows.page(c, "door", None, 9, 9),
        lambda c: access_rows.page(c, None, "p", 9, 9),
        lambda c: access_rows.page(c, "door", "p", 9, 9),
        lambda c: access_rows.whereabouts(c, NOW),
        lambda c: access_rows.uses(c, ["v"]),
        lambda c: access_rows.decided(c, ["s"]),
        lambda c: access_rows.purge(c, NOW),
        alert_rows.open_alerts,
        lambda c: rows.unfinished_commands(c),
        rooms,
        lambda c: journal.record_signal(c, SIGNAL, timedelta(days=1)),
        lambda c: journal.signals(c),
        lambda c: journal.signals(c, before=9),
        lambda c: journal.signals(c, device="d"),
        lambda c: journal.signals(c, kind="zone.alarm", before=9),
        lambda c: journal.signals(c, device="d", kind="zone.alarm"),
        lambda c: journal.signals(c, device="d", kind="zone.alarm", before=9),
        lambda c: journal.signals_after(c, 9, 9),
        lambda c: journal.signals_of_alert(c, "a", 9),
        lambda c: alert_rows.one(c, "a"),
        lambda c: alert_rows.page(c, [], None, 9),
        lambda c: alert_rows.page(c, [], "a", 9),
        lambda c: alert_rows.page(c, ["closed"], "a", 9),
        lambda c: alert_rows.page(c, OPEN, None, 9),
        lambda c: alert_rows.page(c, OPEN, "a", 9),
        lambda c: audit.steps_of(c, "a"),
        audit.head,
        lambda c: plate_rows.newest_plate(c, "b1/u1/101"),
        lambda c: plate_rows.last_hanging(c, b"x"),
        lambda c: plate_rows.alert_of_journal(c, 9),
        lambda c: plate_rows.visit(c, b"x"),
        lambda c: plate_rows.visit_by_number(c, 9),
        lambda c: plate_rows.untold_visits(c, 9),
        lambda c: plate_rows.open_visits(c, "b1/u1/101", 9, 9),
        lambda c: plate_rows.set_told(c, 9, 9),
        lambda c: plate_rows.answer_visit(c, 9, "declined", "p", 9, None),
        lambda c: plate_rows.delete_visits(c, 9, 9),
        lambda c: handover_rows.one(c, 9),
        lambda c: handover_rows.is_signed(c, NOW),
        lambda c: handover_rows.page(c, None, 9, 9),
        lambda c: handover_rows.page(c, (NOW, NOW), 9, 9),
        lambda c: handover_rows.people(c, NOW, NOW),
        handover_rows.since,
        lambda c: clip_rows.of_alert(c, "a"),
        lambda c: clip_rows.newest(c, 9),
        lambda c: clip_rows.expire(c, NOW, NOW, 9),
        lambda c: retention.old_signals(c, NOW, retention.JournalPosition()),
        lambda c: retention.delete_signals(c, [1]),
        lambda c: retention.purge_quarantine(c, NOW),
        lambda c: quarantine.newest(c, None, 9, 9),
        lambda c: quarantine.newest(c, 9, 9, 9),
        lambda c: quarantine.after(c, 9, 9, 9),
        quarantine.last_number,
        lambda c: retention.snapshots_of_alerts(c, "ab"),
        lambda c: notify_rows.waiting(c, "n", 9),
        lambda c: notify_rows.counts(c, "n", NOW),
        lambda c: notify_rows.sent_since(c, "n", NOW),
        notify_rows.notifiers_with_open_rows,
        lambda c: notify_rows.claim(c, "n-1"),
        lambda c: notify_rows.release_all(c, "n"),
        lambda c: notify_rows.end_all_dead(c, "n", NOW, Words("", "")),
        lambda c: notify_rows.purge(c, NOW),
    ],
)
def test_nothing_reads_a_whole_table(connection: sqlite3.Connection, look):
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    look(connection)
    connection.set_trace_callback(None)
    assert [sql for sql in asked if not sql.startswith("--")]
    assert slow(connection, asked) == []
