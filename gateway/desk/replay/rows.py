"""Reads decisions, and people's actions on alerts and incidents, in the order in which the desk applied them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.desk.lifecycle import DecisionOnEvent
from gateway.model import Action, Clear, Raise, Severity, Signal, Wake, Words
from gateway.store import journal
from gateway.store.columns import from_json, from_us

_BATCH = 1000
_DECISIONS = """
    SELECT d.*, j.entry, j.id AS event_id, j.device AS event_device, j.kind, j.received, j.data AS event_data
    FROM decisions d LEFT JOIN journal j ON j.number = d.journal WHERE d.number > ? ORDER BY d.number LIMIT ?"""


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """A Raise or Clear, and the alert that it made or changed (None: a silence kept it away, or it changed none)."""

    number: int
    decided: DecisionOnEvent
    alert: str | None


def recorded(connection: sqlite3.Connection) -> Iterator[RecordedDecision | Action]:
    """Everything that changed alerts or incidents, oldest first; in slices, so that memory does not grow."""
    actions = _actions(connection)
    following = next(actions, None)
    for decision in _decisions(connection):
        while following is not None and _after(following) < decision.number:
            yield following
            following = next(actions, None)
        yield decision
    if following is not None:
        yield following
    yield from actions


def _after(action: Action) -> int:
    return int(action.data.get("decided", 0))


def _actions(connection: sqlite3.Connection) -> Iterator[Action]:
    after, last = 0, journal.last_number(connection)
    wanted = journal.EventFilter({}, journal.NEVER, 1)
    while events := journal.events(connection, wanted, after, last, _BATCH):
        yield from (event for event in events if isinstance(event, Action) and "decided" in event.data)
        after = events[-1].number or last


def _decisions(connection: sqlite3.Connection) -> Iterator[RecordedDecision]:
    after = 0
    while rows := connection.execute(_DECISIONS, (after, _BATCH)).fetchall():
        for row in rows:
            decision = _decision(row["decision"], from_json(row["data"]))
            if decision is not None:
                decided = DecisionOnEvent(row["rule"], decision, _event(row))
                yield RecordedDecision(row["number"], decided, row["alert"])
        after = rows[-1]["number"]


def _decision(name: str, data: dict[str, Any]) -> Raise | Clear | None:
    reason = Words(str(data.get("zh", "")), str(data.get("en", "")))
    match name:
        case "raise":
            return Raise(data["key"], Severity.of(data["severity"]), data["place"], reason, data["device"])
        case "clear":
            return Clear(data["key"], reason)
    return None


def _event(row: sqlite3.Row) -> Signal | Wake | Action:
    """The event behind a decision, as far as alerts depend on it; one that is not on record becomes a wake-up."""
    at, number, device = from_us(row["at"]), row["journal"], row["event_device"]
    if row["entry"] == "signal":
        data = from_json(row["event_data"])
        return Signal(device=device, kind=row["kind"], id=row["event_id"], data=data, received=at, number=number)
    if row["entry"] == "action":
        said = from_json(row["event_data"])
        data = said.get("data") or {}
        return Action(kind=row["kind"], user=said["user"], time=at, device=device or "", data=data, number=number)
    return Wake(row["rule"], "", at, number)
