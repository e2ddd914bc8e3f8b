"""Search over alerts, timelines and lists to take away, each read by an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from gateway.desk import rows as alert_rows
from gateway.history.terms import document
from gateway.model import Alert, Signal
from gateway.store import audit, journal
from gateway.store.columns import from_us, maybe_time, to_us

NEVER = journal.NEVER
_SIGNALS_OF_DOCUMENT = 50
_CLOCK_SLACK = 1000
"""Alerts are numbered as they come. After a clock was set back, times and numbers of so many may be out of order."""
_SOURCES = {
    "decisions": "SELECT number, alert FROM decisions WHERE number > ? ORDER BY number LIMIT ?",
    "steps": "SELECT number, alert FROM steps WHERE number > ? ORDER BY number LIMIT ?",
}
_MEMBERS = "SELECT alert FROM incident_alerts WHERE incident = ?"
_NEXT_ALERTS = "SELECT id FROM alerts WHERE id > ? ORDER BY id LIMIT ?"
_FOUND = """
    SELECT search_words.rowid AS number, alert FROM search_words JOIN search_alerts ON number = search_words.rowid
    WHERE search_words MATCH ? AND search_words.rowid < ? AND search_words.rowid >= ?
        AND raised_at >= ? AND raised_at < ? ORDER BY search_words.rowid DESC LIMIT ?
"""
_ALL = """
    SELECT number, alert FROM search_alerts
    WHERE number < ? AND number >= ? AND +raised_at >= ? AND +raised_at < ? ORDER BY number DESC LIMIT ?
"""
_FIRST_FROM = "SELECT number FROM search_alerts WHERE raised_at >= ? ORDER BY raised_at LIMIT 1"
_LAST_BEFORE = "SELECT number FROM search_alerts WHERE raised_at < ? ORDER BY raised_at DESC LIMIT 1"
# The WHERE of an index of part of the table has to stand in the query as it stands in the migration.
_OF_DEVICE = "SELECT * FROM journal WHERE entry = 'signal' AND device = ?"
_OF_PERSON = (
    "SELECT * FROM journal WHERE kind IN ('face.matched', 'face.watchlisted', 'access.granted', 'access.denied')"
    " AND json_valid(data) AND json_extract(data, '$.person') = ?"
)
_OF_PLATE = (
    "SELECT * FROM journal WHERE kind IN ('plate.read') AND json_valid(data) AND json_extract(data, '$.text') = ?"
)
_BY = {"device": _OF_DEVICE, "person": _OF_PERSON, "plate": _OF_PLATE}
_TAKEN = """
    SELECT alerts.rowid AS row, alerts.*,
        (SELECT journal.kind FROM alert_signals JOIN journal ON journal.number = alert_signals.journal
            WHERE alert_signals.alert = alerts.id ORDER BY alert_signals.journal LIMIT 1) AS kind,
        (SELECT min(at) FROM steps WHERE steps.alert = alerts.id AND action = 'acknowledge') AS acknowledged_at,
        (SELECT min(at) FROM steps WHERE steps.alert = alerts.id AND action = 'on-scene') AS on_scene_at
    FROM alerts WHERE raised_at >= ? AND raised_at < ? AND (raised_at, rowid) > (?, ?)
    ORDER BY raised_at, rowid LIMIT ?
"""
_CLOSING = "SELECT user, at, note FROM steps WHERE alert = ? AND action = 'close' ORDER BY at DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """How far the index has read. `building`: it is made for the first time, and has come to this alert's id."""

    decisions: int = 0
    steps: int = 0
    building: str | None = None


@dataclass(frozen=True, slots=True)
class Documents:
    """A batch for the index: alerts with their terms, and how far it has read with them. `more`: there is more."""

    progress: IndexProgress
    alerts: Sequence[tuple[Alert, str]]
    more: bool


def progress(connection: sqlite3.Connection) -> IndexProgress:
    """How far the index has read. A new one begins with the alerts there are, and follows from the present on."""
    rows = {row["source"]: row["seen"] for row in connection.execute("SELECT source, seen FROM search_progress")}
    if rows:
        return IndexProgress(rows["decisions"], rows["steps"], rows.get("building"))
    last = [connection.execute(f"SELECT max(number) FROM {table}").fetchone()[0] or 0 for table in _SOURCES]  # noqa: S608  # fixed names
    return IndexProgress(last[0], last[1], building="")


def next_documents(connection: sqlite3.Connection, seen: IndexProgress, limit: int) -> Documents:
    """The next alerts for the index, as they are now: all in turn, then those that decisions and steps are about."""
    if seen.building is not None:
        ids = [row["id"] for row in connection.execute(_NEXT_ALERTS, (seen.building, limit))]
        now = replace(seen, building=ids[-1] if ids else None)
        return Documents(now, _documents(connection, ids), more=True)
    about, numbers, more = dict[str, None](), list[int](), False
    for sql, last in zip(_SOURCES.values(), (seen.decisions, seen.steps), strict=True):
        found = connection.execute(sql, (last, limit)).fetchall()
        about |= {row["alert"]: None for row in found if row["alert"]}
        numbers.append(found[-1]["number"] if found else last)
        more = more or len(found) == limit
    return Documents(IndexProgress(numbers[0], numbers[1]), _documents(connection, about), more)


def _documents(connection: sqlite3.Connection, ids: Iterable[str]) -> list[tuple[Alert, str]]:
    """`ids` are of alerts, or of incidents: a step on a whole incident stands for all of its alerts."""
    own = dict.fromkeys(each for name in ids for each in (name, *_members(connection, name)))
    alerts = [alert for each in own if (alert := alert_rows.one(connection, each)) is not None]
    return [(alert, _document(connection, alert)) for alert in alerts]


def _document(connection: sqlite3.Connection, alert: Alert) -> str:
    signals = journal.signals_of_alert(connection, alert.id, _SIGNALS_OF_DOCUMENT)
    steps = audit.steps_of(connection, alert.id)
    if alert.incident:
        steps += audit.steps_of(connection, alert.incident)
    return document(alert, steps, signals)


def _members(connection: sqlite3.Connection, incident: str) -> list[str]:
    return [row["alert"] for row in connection.execute(_MEMBERS, (incident,))]


def put_documents(connection: sqlite3.Connection, documents: Documents) -> None:
    """Put a batch into the index."""
    for alert, words in documents.alerts:
        connection.execute(
            "INSERT INTO search_alerts (alert, raised_at) VALUES (?, ?) ON CONFLICT (alert) DO NOTHING",
            (alert.id, to_us(alert.raised_at)),
        )
        number = connection.execute("SELECT number FROM search_alerts WHERE alert = ?", (alert.id,)).fetchone()[0]
        connection.execute("DELETE FROM search_words WHERE rowid = ?", (number,))
        connection.execute("INSERT INTO search_words (rowid, words) VALUES (?, ?)", (number, words))
    connection.execute("DELETE FROM search_progress")
    now = {name: value for name, value in asdict(documents.progress).items() if value is not None}
    connection.executemany("INSERT INTO search_progress VALUES (?, ?)", now.items())


def renew(connection: sqlite3.Connection, subjects: Iterable[str]) -> None:
    """Make the words of these alerts, or of the alerts of these incidents, again: something was taken out of them."""
    documents = _documents(connection, subjects)
    seen = {row["source"]: row["seen"] for row in connection.execute("SELECT source, seen FROM search_progress")}
    for alert, words in documents:
        row = connection.execute("SELECT number FROM search_alerts WHERE alert = ?", (alert.id,)).fetchone()
        if seen and row is not None:  # not yet indexed: its words will be made from what it says then
            connection.execute("DELETE FROM search_words WHERE rowid = ?", (row["number"],))
            connection.execute("INSERT INTO search_words (rowid, words) VALUES (?, ?)", (row["number"], words))


def merge_words(connection: sqlite3.Connection, pages: int, *, first: bool) -> bool:
    """Merge some pages of the index; returns whether there is more. Deleted words are gone once all are merged."""
    before = connection.total_changes
    rank = -pages if first else pages
    connection.execute("INSERT INTO search_words (search_words, rank) VALUES ('merge', ?)", (rank,))
    return connection.total_changes - before >= 2


def start_over(connection: sqlite3.Connection) -> None:
    """Have everything read again: rows with lower numbers came in, from a damaged database."""
    connection.execute("DELETE FROM search_progress")


def found(
    connection: sqlite3.Connection, match: str, begin: datetime, end: datetime, before: int, limit: int
) -> list[tuple[int, Alert]]:
    """Alerts of the period that fit the FTS5 expression, newest first, with their numbers; all for an empty one.

    `before` is the number that the last page ended on, or NEVER.
    """
    first, last = to_us(begin), to_us(end)
    low = connection.execute(_FIRST_FROM, (first,)).fetchone()
    high = connection.execute(_LAST_BEFORE, (last,)).fetchone()
    if low is None or high is None:
        return []
    span = min(before, high["number"] + _CLOCK_SLACK + 1), max(0, low["number"] - _CLOCK_SLACK), first, last, limit
    rows = connection.execute(_FOUND, (match, *span)) if match else connection.execute(_ALL, span)
    pairs = ((row["number"], alert_rows.one(connection, row["alert"])) for row in rows.fetchall())
    return [(number, alert) for number, alert in pairs if alert is not None]


def signals_by(
    connection: sqlite3.Connection, name: str, values: Iterable[str], first: int, before: int, limit: int
) -> list[Signal]:
    """The newest signals of each value of `name` (device, person, plate) from number `first` on and below `before`."""
    sql = f"{_BY[name]} AND number >= ? AND number < ? ORDER BY number DESC LIMIT ?"
    signals = [
        signal
        for value in values
        for signal in journal.decoded_signals(connection.execute(sql, (value, first, before, limit)))
    ]
    return sorted(signals, key=lambda signal: signal.number or 0, reverse=True)[:limit]


@dataclass(frozen=True, slots=True)
class TakenAlert:
    """One alert of a list that is taken away."""

    alert: Alert
    kind: str
    acknowledged_at: datetime | None
    on_scene_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    note: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a list continues."""

    raised_us: int = -1
    row: int = -1


def taken(
    connection: sqlite3.Connection, begin: datetime, end: datetime, after: Position, limit: int
) -> tuple[list[TakenAlert], Position | None]:
    """The next alerts of the period, oldest first, and where the list continues; None at its end."""
    rows = connection.execute(_TAKEN, (to_us(begin), to_us(end), after.raised_us, after.row, limit)).fetchall()
    position = Position(rows[-1]["raised_at"], rows[-1]["row"]) if len(rows) == limit else None
    return [_taken(connection, row) for row in rows], position


def _taken(connection: sqlite3.Connection, row: sqlite3.Row) -> TakenAlert:
    closing = connection.execute(_CLOSING, (row["id"],)).fetchone() if row["state"] == "closed" else None
    return TakenAlert(
        alert=alert_rows.read(row),
        kind=row["kind"] or "",
        acknowledged_at=maybe_time(row["acknowledged_at"]),
        on_scene_at=maybe_time(row["on_scene_at"]),
        closed_at=from_us(closing["at"]) if closing else None,
        closed_by=closing["user"] if closing else "",
        note=closing["note"] if closing else "",
    )
