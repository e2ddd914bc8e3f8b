"""Incidents as rows of the database: one of `incidents`, and one of `incident_alerts` for each alert."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from heapq import merge
from itertools import islice
from operator import itemgetter

from gateway.model import AlertState, Incident, Member, Relation, Severity, Words
from gateway.store.columns import from_us, maybe_time, maybe_us, to_us
from gateway.store.connection import Damaged

_COLUMNS = (
    "id severity state place top why_zh why_en opened_at last_at assignee drill merged_into acknowledged_at arrived_at"
    " limit_at escalation escalate_at held_until remind_at reminded_at remind_note"
).split()
_PUT = f"INSERT OR REPLACE INTO incidents ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608  # fixed names
_PUT_MEMBER = (
    "INSERT INTO incident_alerts (alert, incident, position, relation, place, severity, subjects, kind)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (alert) DO UPDATE SET incident = excluded.incident,"
    " position = excluded.position, relation = excluded.relation, severity = excluded.severity"
)
_OPEN = tuple(state.value for state in AlertState if state is not AlertState.CLOSED)
_OF_STATE = "SELECT * FROM incidents WHERE state = ? ORDER BY id"
_NEWEST = "SELECT * FROM incidents WHERE id < ? ORDER BY id DESC LIMIT ?"
_NEWEST_OF_STATE = "SELECT * FROM incidents WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?"
_DRILLS = "SELECT * FROM incidents WHERE drill = 1 AND id < ? ORDER BY id DESC LIMIT ?"
_MEMBERS = "SELECT * FROM incident_alerts WHERE incident = ? ORDER BY position"
_AFTER_ALL_IDS = "~"


def put(connection: sqlite3.Connection, incident: Incident, before: Incident | None = None) -> None:
    """Write the incident as it is now. Only the members that differ from `before`, which is on record, are written."""
    connection.execute(
        _PUT,
        (
            incident.id,
            int(incident.severity),
            incident.state.value,
            incident.place,
            incident.top,
            incident.why.zh,
            incident.why.en,
            to_us(incident.opened_at),
            to_us(incident.last_at),
            incident.assignee,
            incident.drill,
            incident.merged_into,
            maybe_us(incident.acknowledged_at),
            maybe_us(incident.arrived_at),
            maybe_us(incident.limit_at),
            incident.escalation,
            maybe_us(incident.escalate_at),
            maybe_us(incident.held_until),
            maybe_us(incident.remind_at),
            maybe_us(incident.reminded_at),
            incident.remind_note,
        ),
    )
    if incident.merged_into is not None:
        return  # its alerts are another incident's now
    known = dict(enumerate(before.members)) if before else {}
    changed = [(position, m) for position, m in enumerate(incident.members) if known.get(position) != m]
    connection.executemany(
        _PUT_MEMBER,
        (
            (m.alert, incident.id, position, m.relation.value, m.place, int(m.severity), "\n".join(m.subjects), m.kind)
            for position, m in changed
        ),
    )
    # Closed alerts move with a merge or split too, and only the database has those.
    connection.executemany(
        "UPDATE alerts SET incident = ? WHERE id = ?", [(incident.id, member.alert) for _, member in changed]
    )


def one(connection: sqlite3.Connection, incident: str) -> Incident | None:
    """The incident with this id."""
    row = connection.execute("SELECT * FROM incidents WHERE id = ?", (incident,)).fetchone()
    return _read(row, _members(connection, incident)) if row else None


def open_incidents(connection: sqlite3.Connection) -> list[Incident]:
    """All that are not closed, oldest first."""
    streams = [connection.execute(_OF_STATE, (state,)) for state in _OPEN]
    return [_read(row, _members(connection, row["id"])) for row in merge(*streams, key=itemgetter("id"))]


def page(connection: sqlite3.Connection, states: Iterable[str], before: str | None, limit: int) -> list[Incident]:
    """Newest first; no states means all. `before` is the id the last page ended on."""
    before, wanted = _AFTER_ALL_IDS if before is None else before, list(states)
    if wanted:
        pages = [connection.execute(_NEWEST_OF_STATE, (state, before, limit)).fetchall() for state in wanted]
        found = list(islice(merge(*pages, key=itemgetter("id"), reverse=True), limit))
    else:
        found = connection.execute(_NEWEST, (before, limit)).fetchall()
    return [_read(row, _members(connection, row["id"])) for row in found]


def drills(connection: sqlite3.Connection, before: str | None, limit: int) -> list[Incident]:
    """Drills, newest first. `before` is the id the last page ended on."""
    found = connection.execute(_DRILLS, (_AFTER_ALL_IDS if before is None else before, limit)).fetchall()
    return [_read(row, _members(connection, row["id"])) for row in found]


def incidents_of(connection: sqlite3.Connection, alerts: Iterable[str]) -> Mapping[str, list[str]]:
    """The ids of the given alerts by the id of their incident."""
    found: dict[str, list[str]] = defaultdict(list)
    for alert in alerts:
        row = connection.execute("SELECT incident FROM incident_alerts WHERE alert = ?", (alert,)).fetchone()
        if row is not None:
            found[row["incident"]].append(alert)
    return found


def _members(connection: sqlite3.Connection, incident: str) -> tuple[Member, ...]:
    try:
        return tuple(
            Member(
                row["alert"],
                Relation(row["relation"]),
                row["place"],
                Severity(row["severity"]),
                tuple(row["subjects"].split("\n")) if row["subjects"] else (),
                row["kind"],
            )
            for row in connection.execute(_MEMBERS, (incident,))
        )
    except (ValueError, TypeError, KeyError) as error:
        raise Damaged(f"a row of incident_alerts can't be understood: {error}") from error


def _read(row: sqlite3.Row, members: tuple[Member, ...]) -> Incident:
    """The incident of a row. Raises Damaged for values that Anju never writes."""
    try:
        return Incident(
            id=row["id"],
            members=members,
            severity=Severity(row["severity"]),
            state=AlertState(row["state"]),
            place=row["place"],
            top=row["top"],
            why=Words(row["why_zh"], row["why_en"]),
            opened_at=from_us(row["opened_at"]),
            last_at=from_us(row["last_at"]),
            assignee=row["assignee"],
            drill=bool(row["drill"]),
            merged_into=row["merged_into"],
            acknowledged_at=maybe_time(row["acknowledged_at"]),
            arrived_at=maybe_time(row["arrived_at"]),
            limit_at=maybe_time(row["limit_at"]),
            escalation=row["escalation"],
            escalate_at=maybe_time(row["escalate_at"]),
            held_until=maybe_time(row["held_until"]),
            remind_at=maybe_time(row["remind_at"]),
            reminded_at=maybe_time(row["reminded_at"]),
            remind_note=row["remind_note"],
        )
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise Damaged(f"a row of incidents can't be understood: {error}") from error
