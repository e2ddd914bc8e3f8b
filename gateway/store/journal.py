"""The journal: signals, fired wake-ups and accepted configurations, in one numbered row of events."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from gateway.model import Signal, Wake, new_id
from gateway.store.rows import from_json, from_us, maybe_time, maybe_us, to_json, to_us

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """`number` of the row; `duplicate` when it stood there already and nothing was added."""

    number: int
    duplicate: bool


def record_signal(connection: sqlite3.Connection, signal: Signal, window: timedelta) -> Recorded:
    """Append the signal unless it repeats one of the same device, source id and body within the window."""
    data = to_json(signal.data)
    body = _body(signal, data)
    received = to_us(signal.time)
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
    said = f"{signal.kind}\n{maybe_us(signal.at)}\n{data}"
    return hashlib.blake2b(said.encode(), digest_size=16).digest()


def record_wake(connection: sqlite3.Connection, wake: Wake) -> int:
    return _append(connection, "wake", wake.time, {"rule": wake.rule, "key": wake.key, "because": wake.because})


def record_configuration(connection: sqlite3.Connection, at: datetime, fingerprint: str, text: str) -> int:
    return _append(connection, "config", at, {"fingerprint": fingerprint, "text": text})


def record_anchor(connection: sqlite3.Connection, at: datetime, step: timedelta) -> int:
    """Rule time was set to the wall clock, which had run `step` ahead of it."""
    return _append(connection, "anchor", at, {"step_s": step.total_seconds()})


def _append(connection: sqlite3.Connection, entry: str, at: datetime, data: dict[str, object]) -> int:
    cursor = connection.execute(
        "INSERT INTO journal (entry, id, received, data) VALUES (?, ?, ?, ?)",
        (entry, new_id(entry[0]), to_us(at), to_json(data)),
    )
    return cursor.lastrowid or 0


def last_number(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("SELECT coalesce(max(number), 0) FROM journal").fetchone()[0]
    return number


def events(connection: sqlite3.Connection, since: datetime, after: int, last: int) -> Iterator[Signal | Wake]:
    """Signals and wake-ups received since `since`, or numbered above `after` whatever their age.

    In order, up to and with `last`.
    """
    rows = connection.execute(
        "SELECT * FROM journal WHERE entry IN ('signal', 'wake') AND number <= ?"
        " AND (received >= ? OR number > ?) ORDER BY number",
        (last, to_us(since), after),
    )
    yield from _understood(rows)


def signals(
    connection: sqlite3.Connection,
    *,
    device: str | None = None,
    kind: str | None = None,
    source_id: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Signal]:
    """Newest first; `before` is the number the last page ended on."""
    wanted = {"device": device, "kind": kind, "source_id": source_id}
    terms = ["entry = 'signal'", *(f"{column} = ?" for column, value in wanted.items() if value is not None)]
    values: list[str | int] = [value for value in wanted.values() if value is not None]
    if before is not None:
        terms.append("number < ?")
        values.append(before)
    sql = f"SELECT * FROM journal WHERE {' AND '.join(terms)} ORDER BY number DESC LIMIT ?"  # noqa: S608  # fixed terms
    return _signals(connection.execute(sql, (*values, limit)))


def signals_after(connection: sqlite3.Connection, after: int, limit: int) -> list[Signal]:
    """Oldest first, numbered above `after`."""
    rows = connection.execute(
        "SELECT * FROM journal WHERE entry = 'signal' AND number > ? ORDER BY number LIMIT ?", (after, limit)
    )
    return _signals(rows)


def signals_of_alert(connection: sqlite3.Connection, alert: str, limit: int) -> list[Signal]:
    """Newest first."""
    rows = connection.execute(
        "SELECT journal.* FROM alert_signals JOIN journal ON journal.number = alert_signals.journal"
        " WHERE alert_signals.alert = ? AND journal.entry = 'signal' ORDER BY journal.number DESC LIMIT ?",
        (alert, limit),
    )
    return _signals(rows)


def signals_of_alerts(connection: sqlite3.Connection, alerts: Sequence[str], limit: int) -> dict[str, list[Signal]]:
    """The newest `limit` of each."""
    return {alert: signals_of_alert(connection, alert, limit) for alert in alerts}


def _signals(rows: Iterable[sqlite3.Row]) -> list[Signal]:
    return [event for event in _understood(rows) if isinstance(event, Signal)]


def _understood(rows: Iterable[sqlite3.Row]) -> Iterator[Signal | Wake]:
    """Without what nobody can have written: a page that is partly overwritten gives such rows."""
    for row in rows:
        try:
            yield _signal(row) if row["entry"] == "signal" else _wake(row)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            log.error("a row of the journal can't be understood", number=row["number"], why=str(error))


def _signal(row: sqlite3.Row) -> Signal:
    return replace(
        Signal(device=row["device"], kind=row["kind"], id=row["id"], data=from_json(row["data"])),
        at=maybe_time(row["at"]),
        source_id=row["source_id"],
        received=from_us(row["received"]),
        number=row["number"],
    )


def _wake(row: sqlite3.Row) -> Wake:
    data = from_json(row["data"])
    return Wake(data["rule"], data["key"], from_us(row["received"]), row["number"], data.get("because"))
