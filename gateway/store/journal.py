"""The journal: signals, wake-ups, actions of people and accepted configurations, in one numbered order."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from operator import itemgetter

import structlog

from gateway.model import Action, Event, Signal, Wake, new_id
from gateway.store.columns import from_json, from_us, maybe_time, maybe_us, to_json, to_us

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """`number` of the row; `duplicate`: the row was there already and nothing was added."""

    number: int
    duplicate: bool


def record_signal(connection: sqlite3.Connection, signal: Signal, window: timedelta) -> Recorded:
    """Append the signal unless one with the same device, source id and body was received within the window."""
    data = to_json(signal.data)
    # The body is part of the identity: devices that count to 255 reuse their ids within the window.
    body = _body(signal, data)
    received = to_us(signal.time)
    # Without a source id two equal signals are two events, e.g. a door that opens twice: never duplicates.
    if signal.source_id is not None and not signal.fresh:
        row = connection.execute(
            "SELECT number FROM journal WHERE device = ? AND source_id = ? AND body = ? AND received > ?"
            " ORDER BY number LIMIT 1",
            (signal.device, signal.source_id, body, received - window // timedelta(microseconds=1)),
        ).fetchone()
        if row is not None:
            return Recorded(row["number"], duplicate=True)
    cursor = connection.execute(
        "INSERT INTO journal (entry, id, device, kind, at, received, source_id, body, data)"
        " VALUES ('signal', ?, ?, ?, ?, ?, ?, ?, ?)",
        (signal.id, signal.device, signal.kind, maybe_us(signal.at), received, signal.source_id, body, data),
    )
    return Recorded(cursor.lastrowid or 0, duplicate=False)


def _body(signal: Signal, data: str) -> bytes:
    content = f"{signal.kind}\n{maybe_us(signal.at)}\n{data}"
    return hashlib.blake2b(content.encode(), digest_size=16).digest()


def record_wake(connection: sqlite3.Connection, wake: Wake) -> int:
    """Append a fired wake-up; returns its number."""
    return _append(connection, "wake", wake.time, {"rule": wake.rule, "key": wake.key, "because": wake.because})


def record_action(connection: sqlite3.Connection, action: Action) -> int:
    """Append what a person did; returns its number."""
    about = {"alert": action.alert, "rule": action.rule, "key": action.key, "place": action.place}
    data = {"user": action.user, **{name: value for name, value in about.items() if value}, "data": dict(action.data)}
    cursor = connection.execute(
        "INSERT INTO journal (entry, id, device, kind, received, data) VALUES ('action', ?, ?, ?, ?, ?)",
        (new_id("p"), action.device or None, action.kind, to_us(action.time), to_json(data)),
    )
    return cursor.lastrowid or 0


def record_configuration(connection: sqlite3.Connection, at: datetime, fingerprint: str, text: str) -> int:
    """Append an accepted configuration, its YAML as `text`; returns its number."""
    return _append(connection, "config", at, {"fingerprint": fingerprint, "text": text})


def record_anchor(connection: sqlite3.Connection, at: datetime, step: timedelta) -> int:
    """Append that rule time was set to the wall clock, which was `step` ahead of it."""
    return _append(connection, "anchor", at, {"step_s": step.total_seconds()})


def _append(connection: sqlite3.Connection, entry: str, at: datetime, data: dict[str, object]) -> int:
    cursor = connection.execute(
        "INSERT INTO journal (entry, id, received, data) VALUES (?, ?, ?, ?)",
        (entry, new_id(entry[0]), to_us(at), to_json(data)),
    )
    return cursor.lastrowid or 0


def last_configuration(connection: sqlite3.Connection) -> str | None:
    """The text of the newest accepted configuration, secrets masked; None if there is none."""
    row = connection.execute(
        "SELECT data FROM journal WHERE entry <> 'signal' AND entry = 'config' ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return str(from_json(row["data"])["text"]) if row else None


def last_number(connection: sqlite3.Connection) -> int:
    """The number of the newest event; 0 for an empty journal."""
    number: int = connection.execute("SELECT coalesce(max(number), 0) FROM journal").fetchone()[0]
    return number


def first_since(connection: sqlite3.Connection, since: datetime) -> int:
    """The number of the first event received at or after `since`; one beyond the last where there is none."""
    sql = "SELECT number FROM journal WHERE received >= ? ORDER BY received, number LIMIT 1"
    row = connection.execute(sql, (to_us(since),)).fetchone()
    return row["number"] if row else last_number(connection) + 1


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events `events` reads, each from a first number: signals by kind, signals of any kind, and all others."""

    kinds: Mapping[str, int]
    any_kind: int
    others: int
    """Wake-ups and actions of people: few, so they are read whatever their rule or kind."""


NEVER = (1 << 63) - 1
"""A number that no event has."""
# Each query is served by an index of its own; `entry <> 'signal'` makes SQLite use the partial index journal_entry.
_OF_KIND = "SELECT * FROM journal WHERE entry = 'signal' AND kind = ? AND number BETWEEN ? AND ? ORDER BY number"
_OF_ANY_KIND = "SELECT * FROM journal WHERE entry = 'signal' AND number BETWEEN ? AND ? ORDER BY number"
_OTHERS = "SELECT * FROM journal WHERE entry <> 'signal' AND entry = ? AND number BETWEEN ? AND ? ORDER BY number"


def events(connection: sqlite3.Connection, selected: EventFilter, after: int, last: int, limit: int) -> list[Event]:
    """At most `limit` of the selected events numbered above `after` and up to `last`, in order.

    Each kind is read by its index, so that events of other kinds cost nothing.
    """
    # From `any_kind` on the second query gives every signal: the queries by kind must end before it.
    last_by_kind = min(last, selected.any_kind - 1)
    streams = [
        *(
            connection.execute(_OF_KIND, (kind, max(after + 1, first), last_by_kind))
            for kind, first in selected.kinds.items()
        ),
        connection.execute(_OF_ANY_KIND, (max(after + 1, selected.any_kind), last)),
        *(connection.execute(_OTHERS, (entry, max(after + 1, selected.others), last)) for entry in ("wake", "action")),
    ]
    try:
        return list(_decoded(islice(merge(*streams, key=itemgetter(0)), limit)))
    finally:
        for stream in streams:
            stream.close()  # an open cursor keeps the connection's read snapshot: later rows would stay invisible


def signals(
    connection: sqlite3.Connection,
    *,
    device: str | None = None,
    kind: str | None = None,
    source_id: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Signal]:
    """Newest first; `before` is the last number of the previous page. `source_id` needs `device` too."""
    wanted: dict[str, str | int | None] = {"device = ?": device, "kind = ?": kind}
    if source_id is not None:
        # `+` keeps SQLite from choosing an index on kind: that reads far more rows than the few with this source id.
        wanted = {"number IN (SELECT number FROM journal WHERE device = ?": device, "source_id = ?)": source_id}
        wanted["+kind = ?"] = kind
    wanted["number < ?"] = NEVER if before is None else before
    terms = ["entry = 'signal'", *(term for term, value in wanted.items() if value is not None)]
    values = [value for value in wanted.values() if value is not None]
    sql = f"SELECT * FROM journal WHERE {' AND '.join(terms)} ORDER BY number DESC LIMIT ?"  # noqa: S608  # fixed terms
    return decoded_signals(connection.execute(sql, (*values, limit)))


def signals_after(connection: sqlite3.Connection, after: int, limit: int) -> list[Signal]:
    """At most `limit` signals numbered above `after`, oldest first."""
    rows = connection.execute(
        "SELECT * FROM journal WHERE entry = 'signal' AND number > ? ORDER BY number LIMIT ?", (after, limit)
    )
    return decoded_signals(rows)


def signals_of_alert(connection: sqlite3.Connection, alert: str, limit: int) -> list[Signal]:
    """The newest `limit` signals behind the alert, newest first."""
    rows = connection.execute(
        "SELECT journal.* FROM alert_signals JOIN journal ON journal.number = alert_signals.journal"
        " WHERE alert_signals.alert = ? AND journal.entry = 'signal' ORDER BY alert_signals.journal DESC LIMIT ?",
        (alert, limit),
    )
    return decoded_signals(rows)


def signals_of_alerts(connection: sqlite3.Connection, alerts: Sequence[str], limit: int) -> dict[str, list[Signal]]:
    """The newest `limit` signals of each alert, newest first."""
    return {alert: signals_of_alert(connection, alert, limit) for alert in alerts}


def decoded_signals(rows: Iterable[sqlite3.Row]) -> list[Signal]:
    """The signals of rows of the journal, without those that can't be decoded."""
    return [event for event in _decoded(rows) if isinstance(event, Signal)]


def _decoded(rows: Iterable[sqlite3.Row]) -> Iterator[Event]:
    """The rows as events, without those that can't be decoded: a partly overwritten page gives such rows."""
    for row in rows:
        try:
            yield _READ[row["entry"]](row)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            log.error("a row of the journal can't be decoded", number=row["number"], why=str(error))


def _signal(row: sqlite3.Row) -> Signal:
    return Signal(
        device=row["device"],
        kind=row["kind"],
        id=row["id"],
        data=from_json(row["data"]),
        at=maybe_time(row["at"]),
        source_id=row["source_id"],
        received=from_us(row["received"]),
        number=row["number"],
    )


def _wake(row: sqlite3.Row) -> Wake:
    data = from_json(row["data"])
    return Wake(data["rule"], data["key"], from_us(row["received"]), row["number"], data.get("because"))


def _action(row: sqlite3.Row) -> Action:
    data = from_json(row["data"])
    about = {name: data.get(name, "") for name in ("alert", "rule", "key", "place")}
    return Action(
        kind=row["kind"],
        user=data["user"],
        time=from_us(row["received"]),
        device=row["device"] or "",
        data=data["data"],
        number=row["number"],
        **about,
    )


_READ: Mapping[str, Callable[[sqlite3.Row], Event]] = {"signal": _signal, "wake": _wake, "action": _action}
