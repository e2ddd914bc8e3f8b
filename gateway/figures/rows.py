"""What figures are made of, read from the database by its indexes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from gateway.figures.facts import AlertFact, HealthChange, Silenced
from gateway.figures.sources import ZoneUse
from gateway.model import DRILL_RULE, AlertState, Disposition, Severity, Words
from gateway.model.kinds import ALARM_KINDS, KINDS
from gateway.store import journal
from gateway.store.columns import from_us, maybe_time, to_us

MOST_ALERTS = 400_000
"""Alerts of one period; the newest beyond it are left out, and the answer says so."""
_FACTS = """
    SELECT id, rule, severity, place, device, raised_at, restored_at, disposition, incident,
        (SELECT journal.kind FROM alert_signals JOIN journal ON journal.number = alert_signals.journal
            WHERE alert_signals.alert = alerts.id ORDER BY alert_signals.journal LIMIT 1) AS kind,
        (SELECT min(at) FROM steps WHERE steps.alert = alerts.id AND action = 'acknowledge') AS acknowledged_at,
        (SELECT min(at) FROM steps WHERE steps.alert = alerts.id AND action = 'on-scene') AS on_scene_at,
        CASE state WHEN 'closed' THEN
            (SELECT max(at) FROM steps WHERE steps.alert = alerts.id AND action = 'close') END AS closed_at
    FROM alerts WHERE raised_at >= ? AND raised_at < ? ORDER BY raised_at LIMIT ?
"""
_TIMES = "SELECT raised_at, rule FROM alerts WHERE raised_at >= ? AND raised_at < ? ORDER BY raised_at LIMIT ?"
_REASON = "SELECT id, reason_zh, reason_en FROM alerts WHERE id = ?"
_COUNT = "SELECT count(*) FROM alerts WHERE raised_at >= ? AND raised_at < ?"
_SILENCED = """
    SELECT count(*) AS silences, coalesce(sum(automatic), 0) AS automatic, coalesce(sum(count), 0) AS kept_away
    FROM silences WHERE begun_at >= ? AND begun_at < ? AND (ended_at IS NULL OR ended_at >= ?)
"""
_LONGEST_SILENCE = timedelta(days=31)
_STANDING = "SELECT rule FROM alerts WHERE state = ? AND +raised_at < ?"
_CHANGES = (
    "SELECT device, kind, received FROM journal WHERE entry = 'signal' AND kind = ? AND number BETWEEN ? AND ?"
    " ORDER BY number"
)
_LAST_OF = "SELECT max(number) AS number FROM journal WHERE entry = 'signal' AND device = ? AND kind = ? AND number < ?"
_LAST_WITHIN = (
    "SELECT max(number) AS number FROM journal"
    " WHERE entry = 'signal' AND device = ? AND kind = ? AND number BETWEEN ? AND ?"
)
_RECEIVED = "SELECT received FROM journal WHERE number = ?"
_STATES = {
    "device.offline": "offline",
    "device.silent": "silent",
    "device.refused": "refused",
    "device.online": "online",
}
_RANG = tuple(sorted({*ALARM_KINDS, "zone.faulted"}))
_RESTORED = tuple(sorted(kind for kind in KINDS if kind.endswith(".restored")))
_OPEN = tuple(state.value for state in AlertState if state is not AlertState.CLOSED)
Span = tuple[int, int]
"""The first and the last number in the journal of a period."""


def facts(connection: sqlite3.Connection, begin: datetime, end: datetime) -> tuple[list[AlertFact], int]:
    """The alerts raised in the period, oldest first, without drills; and how many drills there were."""
    drills, found = 0, list[AlertFact]()
    for row in connection.execute(_FACTS, (to_us(begin), to_us(end), MOST_ALERTS)):
        if row["rule"] == DRILL_RULE:
            drills += 1
            continue
        with suppress(ValueError, TypeError, OverflowError):  # of a damaged page; salvage rebuilds the alert
            found.append(_fact(row))
    return found, drills


def _fact(row: sqlite3.Row) -> AlertFact:
    identity, rule, severity, place, device, raised, restored, disposition, incident, kind, *answers = row
    acknowledged, on_scene, closed = answers
    return AlertFact(
        id=identity,
        rule=rule,
        kind=kind or "",
        severity=Severity(severity),
        place=place,
        device=device or "",
        raised_at=from_us(raised),
        restored_at=maybe_time(restored),
        acknowledged_at=maybe_time(acknowledged),
        on_scene_at=maybe_time(on_scene),
        closed_at=maybe_time(closed),
        disposition=Disposition(disposition) if disposition else None,
        incident=incident,
    )


def reasons(connection: sqlite3.Connection, alerts: Iterable[str]) -> Mapping[str, Words]:
    """The reason of each of these alerts."""
    rows = (connection.execute(_REASON, (alert,)).fetchone() for alert in alerts)
    return {row["id"]: Words(row["reason_zh"], row["reason_en"]) for row in rows if row is not None}


def times(connection: sqlite3.Connection, begin: datetime, end: datetime) -> list[datetime]:
    """When alerts were raised in the period, oldest first, without drills."""
    rows = connection.execute(_TIMES, (to_us(begin), to_us(end), MOST_ALERTS))
    return [from_us(row["raised_at"]) for row in rows if row["rule"] != DRILL_RULE]


def count(connection: sqlite3.Connection, begin: datetime, end: datetime) -> int:
    """How many alerts were raised in the period, drills included."""
    number: int = connection.execute(_COUNT, (to_us(begin), to_us(end))).fetchone()[0]
    return number


def silenced(connection: sqlite3.Connection, begin: datetime, end: datetime) -> Silenced:
    """The silences that were in force in the period."""
    values = to_us(begin - _LONGEST_SILENCE), to_us(end), to_us(begin)
    return Silenced(*connection.execute(_SILENCED, values).fetchone())


def standing(connection: sqlite3.Connection, since: datetime) -> int:
    """How many open alerts were raised before `since`, without drills."""
    rows = (row for state in _OPEN for row in connection.execute(_STANDING, (state, to_us(since))))
    return sum(row["rule"] != DRILL_RULE for row in rows)


def span(connection: sqlite3.Connection, begin: datetime, end: datetime) -> Span:
    """The numbers of what was received in the period."""
    return journal.first_since(connection, begin), journal.first_since(connection, end) - 1


def state_changes(connection: sqlite3.Connection, numbers: Span) -> list[HealthChange]:
    """The devices that went away and came back, in order."""
    found = [
        HealthChange(row["device"], state, from_us(row["received"]))
        for kind, state in _STATES.items()
        for row in connection.execute(_CHANGES, (kind, *numbers))
    ]
    return sorted(found, key=lambda change: change.at)


def away_before(connection: sqlite3.Connection, devices: Iterable[str], first: int) -> list[str]:
    """Those of the devices that were away just before that number."""
    found = []
    for device in devices:
        last = {kind: _number(connection, _LAST_OF, (device, kind, first)) for kind in _STATES}
        if any(number > last["device.online"] for kind, number in last.items() if kind != "device.online"):
            found.append(device)
    return found


def zone_uses(connection: sqlite3.Connection, devices: Sequence[str], numbers: Span) -> Mapping[str, ZoneUse]:
    """When each of the devices last rang and was last restored in the period."""
    return {use.device: use for use in _zone_uses(connection, devices, numbers)}


def _zone_uses(connection: sqlite3.Connection, devices: Sequence[str], numbers: Span) -> Iterator[ZoneUse]:
    for device in devices:
        last = [
            max(_number(connection, _LAST_WITHIN, (device, kind, *numbers)) for kind in kinds)
            for kinds in (_RANG, _RESTORED)
        ]
        if any(last):
            rang, restored = (_received(connection, number) for number in last)
            yield ZoneUse(device, rang, restored)


def _number(connection: sqlite3.Connection, sql: str, values: Sequence[object]) -> int:
    number: int | None = connection.execute(sql, values).fetchone()["number"]
    return number or 0


def _received(connection: sqlite3.Connection, number: int) -> datetime | None:
    row = connection.execute(_RECEIVED, (number,)).fetchone() if number else None
    return from_us(row["received"]) if row else None
