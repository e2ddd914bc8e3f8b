"""Takes words out of what the desk holds in memory: else the next change would write them back into the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from gateway.desk import rows
from gateway.desk.incidents import rows as incident_rows
from gateway.desk.state import DeskState
from gateway.model import Alert, Incident, Words
from gateway.store import Store

Redact = Callable[[str], str]
T = TypeVar("T")


async def redact_open(state: DeskState, store: Store, text: Redact) -> int:
    """Rewrite open alerts and incidents by `text`, write and show those that changed; returns how many.

    Raises NotRecorded when they can't be written; then nothing has changed.
    """
    async with state.changing:
        alerts = _changed(state.alerts.values(), lambda alert: _alert(alert, text))
        incidents = _changed(state.incidents.values(), lambda incident: _incident(incident, text))

        def unit(connection: sqlite3.Connection) -> None:
            for alert in alerts:
                rows.put(connection, alert)
            for incident in incidents:
                incident_rows.put(connection, incident)

        if alerts or incidents:
            await store.write(unit)
            state.show(alerts, incidents)
            state.resync()
    return len(alerts) + len(incidents)


def _changed(held: Iterable[T], change: Callable[[T], T]) -> list[T]:
    return [new for one in held if (new := change(one)) != one]


def _words(words: Words, text: Redact) -> Words:
    return Words(text(words.zh), text(words.en))


def _alert(alert: Alert, text: Redact) -> Alert:
    return replace(alert, reason=_words(alert.reason, text), assignee=alert.assignee and text(alert.assignee))


def _incident(incident: Incident, text: Redact) -> Incident:
    members = tuple(
        replace(member, subjects=tuple(text(subject) for subject in member.subjects)) for member in incident.members
    )
    why, note = _words(incident.why, text), text(incident.remind_note)
    return replace(incident, why=why, remind_note=note, members=members)
