"""Neither figures nor the history read a whole table, whatever they are asked; a month's index is built in batches."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.figures import rows as figure_rows
from gateway.figures.figures import Inputs, figures, present
from gateway.figures.night import night_report
from gateway.figures.period import Period
from gateway.history import rows, timeline
from gateway.history.search_index import SearchIndex
from gateway.history.terms import Wanted, match
from gateway.store import Store, audit
from gateway.store.audit import StepFilter
from gateway.store.connection import connect
from tests.support.months import fill, some_devices
from tests.support.plans import slow

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
THEN = NOW - timedelta(days=3)
PERIOD = Period(THEN, NOW, ZoneInfo("Asia/Shanghai"))
DEVICES = some_devices(20)
INPUTS = Inputs([device.id for device in DEVICES], [device.id for device in DEVICES[::4]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A week of 3,000 alerts."""
    made = tmp_path_factory.mktemp("month")
    fill(made, DEVICES, NOW, 7, 400)
    return made


@pytest.fixture
async def indexed(folder):
    async with Store.open(folder) as store:
        assert await SearchIndex(store).catch_up()
        yield store


@pytest.fixture
def connection(folder):
    opened = connect(folder / "anju.db")
    opened.row_factory = sqlite3.Row
    yield opened
    opened.close()


WANTED = Wanted(places=["b1", "b2"], words="风吹", guard="王建国", person="李", persons=["p"], plate="8k2")


def subject(by: str) -> timeline.Subject:
    return timeline.Subject(by, ["device-001", "x"], Wanted(device="device-001"))


@pytest.mark.parametrize(
    "look",
    [
        lambda c: figures(c, PERIOD, INPUTS, NOW),
        lambda c: present(c, PERIOD, NOW),
        lambda c: night_report(c, PERIOD, INPUTS, NOW),
        lambda c: figure_rows.count(c, THEN, NOW),
        lambda c: rows.progress(c),
        lambda c: rows.next_documents(c, rows.IndexProgress(3, 4), 9),
        lambda c: rows.next_documents(c, rows.IndexProgress(3, 4, "a-3"), 9),
        lambda c: rows.found(c, match(WANTED), THEN, NOW, 99, 9),
        lambda c: rows.found(c, "", THEN, NOW, rows.NEVER, 9),
        *(
            lambda c, by=by: timeline.page(c, subject(by), THEN, NOW, timeline.Cursor(), 9)
            for by in ("device", "person", "plate")
        ),
        lambda c: rows.taken(c, THEN, NOW, rows.Position(), 9),
        lambda c: rows.taken(c, THEN, NOW, rows.Position(1_795_000_000_000_000, 5), 9),
        *(
            lambda c, chosen=chosen: audit.page(c, chosen, 99, 9)
            for chosen in (
                StepFilter(),
                StepFilter("王建国"),
                StepFilter(None, "close"),
                StepFilter("王建国", "close", THEN, NOW),
                StepFilter(begin=THEN, end=NOW),
            )
        ),
    ],
)
async def test_nothing_reads_a_whole_table(indexed, connection, look):
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    look(connection)
    connection.set_trace_callback(None)
    assert [sql for sql in asked if not sql.startswith("--")]
    assert slow(connection, asked) == []


async def test_the_index_finds_as_many_as_reading_everything_would(indexed, connection):
    for words, column in (("翻墙", "note"), ("下雨", "note")):
        sql = f"SELECT count(DISTINCT alert) FROM steps WHERE {column} LIKE ?"
        expected = connection.execute(sql, (f"%{words}%",)).fetchone()[0]
        found = rows.found(connection, match(Wanted(words=words)), NOW - timedelta(days=30), NOW, rows.NEVER, 10_000)
        assert len(found) == expected > 0


async def test_figures_count_what_plain_sql_counts(indexed, connection):
    everything = Period(NOW - timedelta(days=30), NOW + timedelta(days=1), ZoneInfo("Asia/Shanghai"))
    found = figures(connection, everything, INPUTS, NOW)
    [(alerts, nuisance)] = connection.execute(
        "SELECT count(*), sum(disposition = 'nuisance') FROM alerts WHERE rule <> 'drill'"
    ).fetchall()
    assert (found.alerts, found.dispositions["nuisance"]) == (alerts, nuisance)
    assert sum(group.count for group in found.hours) == sum(day.count for day in found.days) == alerts
    assert {group.key for group in found.kinds} <= {
        row[0] for row in connection.execute("SELECT DISTINCT kind FROM journal")
    }
    assert found.drills == connection.execute("SELECT count(*) FROM alerts WHERE rule = 'drill'").fetchone()[0]


async def test_an_index_that_is_made_anew_holds_the_same(indexed):
    def counts(connection):
        return [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("search_alerts", "search_words")
        ]

    before = await indexed.read(counts)
    await indexed.write(rows.start_over)
    assert await SearchIndex(indexed).catch_up()
    assert await indexed.read(counts) == before
