"""Silences as rows of the database."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from gateway.model import HeldAlarm, Severity, SilencedSource, Words
from gateway.store.columns import from_us, maybe_time, maybe_us, to_us
from gateway.store.connection import Damaged

_COLUMNS = (
    "id source reason by begun_at until kind automatic count last_at holding restored_at ended_at ended_because"
).split()
_PUT = f"INSERT OR REPLACE INTO silences ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608  # fixed names
_IN_FORCE = "SELECT * FROM silences WHERE ended_at IS NULL ORDER BY id LIMIT ?"
_ENDED = "SELECT * FROM silences WHERE ended_at IS NOT NULL AND id < ? ORDER BY id DESC LIMIT ?"
_AFTER_ALL_IDS = "~"


def put(connection: sqlite3.Connection, silence: SilencedSource) -> None:
    """Insert the silence, or write it as it is now."""
    connection.execute(
        _PUT,
        (
            silence.id,
            silence.source,
            silence.reason,
            silence.by,
            to_us(silence.begun_at),
            to_us(silence.until),
            silence.kind,
            silence.automatic,
            silence.count,
            maybe_us(silence.last_at),
            json.dumps([asdict(held) for held in silence.holding], ensure_ascii=False),
            maybe_us(silence.restored_at),
            maybe_us(silence.ended_at),
            silence.ended_because,
        ),
    )


def in_force(connection: sqlite3.Connection, limit: int = 1000) -> list[SilencedSource]:
    """Those that have not ended, oldest first."""
    return [_read(row) for row in connection.execute(_IN_FORCE, (limit,))]


def ended(connection: sqlite3.Connection, before: str | None, limit: int) -> list[SilencedSource]:
    """Those that have ended, newest first; `before` is the id the last page ended on."""
    return [_read(row) for row in connection.execute(_ENDED, (before or _AFTER_ALL_IDS, limit))]


def _held(data: Any) -> HeldAlarm:
    return HeldAlarm(
        data["rule"],
        data["key"],
        Severity(data["severity"]),
        data["place"],
        Words(data["reason"]["zh"], data["reason"]["en"]),
        data["device"],
    )


def _read(row: sqlite3.Row) -> SilencedSource:
    """The silence of a row. Raises Damaged for values that Anju never writes."""
    try:
        return SilencedSource(
            id=row["id"],
            source=row["source"],
            reason=row["reason"],
            by=row["by"],
            begun_at=from_us(row["begun_at"]),
            until=from_us(row["until"]),
            kind=row["kind"],
            automatic=bool(row["automatic"]),
            count=row["count"],
            last_at=maybe_time(row["last_at"]),
            holding=tuple(_held(each) for each in json.loads(row["holding"])),
            restored_at=maybe_time(row["restored_at"]),
            ended_at=maybe_time(row["ended_at"]),
            ended_because=row["ended_because"],
        )
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise Damaged(f"a row of silences can't be understood: {error}") from error
