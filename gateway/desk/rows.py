"""Alerts and decisions as rows of the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import itemgetter

from gateway.desk.lifecycle import DecisionOnEvent, signal_behind
from gateway.model import Alert, AlertState, Clear, Disposition, Perform, Raise, Severity, Words
from gateway.store.columns import from_us, maybe_time, maybe_us, to_json, to_us
from gateway.store.connection import Damaged

_COLUMNS = (
    "id rule key severity state place device reason_zh reason_en raised_at last_at count restored_at"
    " disposition assignee snapshot incident"
).split()
_PUT = f"INSERT OR REPLACE INTO alerts ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608  # fixed names

_OPEN = tuple(state.value for state in AlertState if state is not AlertState.CLOSED)
_OF_STATE = "SELECT * FROM alerts WHERE state = ? ORDER BY id"
_NEWEST = "SELECT * FROM alerts WHERE id < ? ORDER BY id DESC LIMIT ?"
_NEWEST_OF_STATE = "SELECT * FROM alerts WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?"
_AT_PLACE = "SELECT * FROM alerts WHERE place = ? ORDER BY id DESC LIMIT ?"
_IN_PLACE = "SELECT * FROM alerts WHERE place > ? AND place < ? ORDER BY id DESC LIMIT ?"
_AFTER_ALL_IDS = "~"


def put(connection: sqlite3.Connection, alert: Alert) -> None:
    """Insert the alert, or write it as it is now."""
    connection.execute(
        _PUT,
        (
            alert.id,
            alert.rule,
            alert.key,
            int(alert.severity),
            alert.state.value,
            alert.place,
            alert.device,
            alert.reason.zh,
            alert.reason.en,
            to_us(alert.raised_at),
            to_us(alert.last_at),
            alert.count,
            maybe_us(alert.restored_at),
            alert.disposition and alert.disposition.value,
            alert.assignee,
            alert.snapshot,
            alert.incident,
        ),
    )


def read(row: sqlite3.Row) -> Alert:
    """The alert of a row. Raises Damaged for values that Anju never writes; salvage rebuilds such alerts."""
    try:
        return _read(row)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise Damaged(f"a row of alerts can't be understood: {error}") from error


def _read(row: sqlite3.Row) -> Alert:
    return Alert(
        id=row["id"],
        rule=row["rule"],
        key=row["key"],
        severity=Severity(row["severity"]),
        state=AlertState(row["state"]),
        place=row["place"],
        device=row["device"],
        reason=Words(row["reason_zh"], row["reason_en"]),
        raised_at=from_us(row["raised_at"]),
        last_at=from_us(row["last_at"]),
        count=row["count"],
        restored_at=maybe_time(row["restored_at"]),
        disposition=Disposition(row["disposition"]) if row["disposition"] else None,
        assignee=row["assignee"],
        snapshot=row["snapshot"],
        incident=row["incident"],
    )


def one(connection: sqlite3.Connection, alert: str) -> Alert | None:
    """The alert with this id."""
    row = connection.execute("SELECT * FROM alerts WHERE id = ?", (alert,)).fetchone()
    return read(row) if row else None


def some(connection: sqlite3.Connection, alerts: Iterable[str]) -> dict[str, Alert]:
    """Those of these alerts that exist, by id."""
    return {alert: found for alert in alerts if (found := one(connection, alert)) is not None}


def open_alerts(connection: sqlite3.Connection) -> list[Alert]:
    """All that are not closed, oldest first."""
    return [
        read(row) for row in merge(*(connection.execute(_OF_STATE, (state,)) for state in _OPEN), key=itemgetter("id"))
    ]


def page(connection: sqlite3.Connection, states: Iterable[str], before: str | None, limit: int) -> list[Alert]:
    """Newest first; no states means all. `before` is the id the last page ended on."""
    before = _AFTER_ALL_IDS if before is None else before
    wanted = list(states)
    if not wanted:
        return [read(row) for row in connection.execute(_NEWEST, (before, limit))]
    # State by state, as the index has them: for several at once SQLite would read and sort all that there are.
    pages = [connection.execute(_NEWEST_OF_STATE, (state, before, limit)).fetchall() for state in wanted]
    return [read(row) for row in islice(merge(*pages, key=itemgetter("id"), reverse=True), limit)]


def at_place(connection: sqlite3.Connection, place: str, limit: int) -> list[Alert]:
    """Of this place and of those in it, newest first."""
    found = connection.execute(_AT_PLACE, (place, limit)).fetchall()
    found += connection.execute(_IN_PLACE, (f"{place}/", f"{place}0", limit)).fetchall()  # 0 comes after /
    return [read(row) for row in sorted(found, key=itemgetter("id"), reverse=True)[:limit]]


def last_decision(connection: sqlite3.Connection) -> int:
    """The number of the newest decision; 0 when there is none."""
    number: int = connection.execute("SELECT coalesce(max(number), 0) FROM decisions").fetchone()[0]
    return number


def append_decision(
    connection: sqlite3.Connection, decided: DecisionOnEvent, alert: str | None, silenced_by: str | None = None
) -> int:
    """Append a decision, and tie the signal behind it to the alert that it raised or cleared (None: no alert).

    `silenced_by` is the silence that kept it away. Returns the decision's number.
    """
    match decided.decision:
        case Raise(key, severity, place, reason, device):
            name = "raise"
            data = {"key": key, "severity": severity.word, "place": place, "device": device}
            data |= {"zh": reason.zh, "en": reason.en}
        case Clear(key, reason):
            name = "clear"
            data = {"key": key, "zh": reason.zh, "en": reason.en}
        case Perform(device, action, arguments, limit):
            name = "perform"
            data = {"device": device, "action": action, "arguments": dict(arguments), "limit_s": limit.total_seconds()}  # type: ignore[dict-item]  # JSON
    if silenced_by is not None:
        data["silenced_by"] = silenced_by
    event = decided.event
    behind = signal_behind(event)
    cursor = connection.execute(
        "INSERT INTO decisions (journal, at, rule, decision, alert, data) VALUES (?, ?, ?, ?, ?, ?)",
        (event.number, to_us(event.time), decided.rule, name, alert, to_json(data)),
    )
    if alert is not None and behind is not None:
        connection.execute("INSERT OR IGNORE INTO alert_signals (alert, journal) VALUES (?, ?)", (alert, behind))
    return cursor.lastrowid or 0


def append_snapshot(connection: sqlite3.Connection, alert: Alert, camera: str, at: datetime) -> None:
    """Append that `camera`, at the alert's place, gave the alert its snapshot."""
    connection.execute(
        "INSERT INTO decisions (journal, at, rule, decision, alert, data) VALUES (NULL, ?, ?, 'witness', ?, ?)",
        (to_us(at), alert.rule, alert.id, to_json({"camera": camera, "snapshot": alert.snapshot})),
    )
