"""Applies what is on record to an empty desk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.desk.hold import after_step
from gateway.desk.incidents import Grouping, IncidentFold, kind_of, subjects_of
from gateway.desk.lifecycle import ACTION_OF_STEP, cleared, repeated, stepped
from gateway.desk.lifecycle import raised as raised_alert
from gateway.desk.limits import Limits
from gateway.desk.replay.rows import RecordedDecision, recorded
from gateway.model import Action, Alert, AlertState, Incident, Raise, Step

_STEP_OF_ACTION = {action: step for step, action in ACTION_OF_STEP.items()}

_ASKED = "…"
"""The words of a reminder."""


@dataclass(slots=True)
class Replayed:
    """All alerts and incidents that there were, closed ones included, by id."""

    alerts: dict[str, Alert] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)


def replay(
    connection: sqlite3.Connection,
    grouping: Callable[[int], Grouping] = lambda _number: Grouping(),
    limits: Callable[[int], Limits | None] = lambda _number: None,
) -> Replayed:
    """Apply all decisions and actions on record.

    `grouping` and `limits` give the settings that held at a number of the journal. The words of a reminder are in the
    audit chain only.

    Alerts of the database are not read. Blocks; takes time and memory with the number of alerts.
    """
    made, fold = Replayed(), IncidentFold()
    for entry in recorded(connection):
        if isinstance(entry, RecordedDecision):
            number = entry.decided.event.number or 0
            fold.grouping, fold.limits = grouping(number), limits(number)
            _decide(made, fold, entry)
        else:
            _act(made, fold, entry)
    return made


def _decide(made: Replayed, fold: IncidentFold, entry: RecordedDecision) -> None:
    if entry.alert is None:
        return
    decided, decision, known = entry.decided, entry.decided.decision, made.alerts.get(entry.alert)
    if isinstance(decision, Raise) and known is None:
        alert, incident = fold.raised(
            raised_alert(decided, decision), subjects_of(decided.event), kind_of(decided.event)
        )
        made.alerts[alert.id], made.incidents[incident.id] = alert, incident
    elif known is not None:
        time = decided.event.time
        after = repeated(known, decided, decision) if isinstance(decision, Raise) else cleared(known, time)
        _change(made, fold, after, time)


def _act(made: Replayed, fold: IncidentFold, action: Action) -> None:
    data = action.data
    match action.kind:
        case "incident.merged":
            _move(made, *fold.merge(str(data["incident"]), str(data["from"]), action.time))
        case "incident.split":
            _move(made, *fold.split(str(data["incident"]), list(data["alerts"]), action.time))
        case kind if kind in _STEP_OF_ACTION and action.alert in made.alerts:
            step = Step(action.alert, _STEP_OF_ACTION[kind], action.user, action.time, data=data)
            _change(made, fold, stepped(made.alerts[action.alert], step), action.time)
        case _ if data.get("incident") in fold.incidents:
            _by_limits(made, fold, action)


def _change(made: Replayed, fold: IncidentFold, alert: Alert, at: datetime) -> None:
    made.alerts[alert.id] = alert
    incident = fold.changed(alert, at)
    if incident is not None:
        made.incidents[incident.id] = incident


def _by_limits(made: Replayed, fold: IncidentFold, action: Action) -> None:
    """What limits made of an open incident, and what a step on the whole of it made of its times."""
    incident, data, limits = fold.incidents[str(action.data["incident"])], action.data, fold.limits
    if action.kind == "incident.rang_again":
        for alert in data["alerts"]:
            _change(made, fold, replace(made.alerts[alert], state=AlertState.NEW), action.time)
        return
    match action.kind:
        case "incident.escalated" if limits is not None:
            incident = limits.escalated(incident, fold.open_alerts(incident.id))[0]
        case "incident.reminder_set":
            incident = replace(incident, remind_at=datetime.fromisoformat(data["at"]), remind_note=_ASKED)
        case "incident.reminded" if limits is not None:
            incident = limits.reminded(incident, action.time)
        case _:
            until = datetime.fromisoformat(data["until"]) if "until" in data else None
            incident = after_step(fold, incident, action.time, until)
    made.incidents[incident.id] = fold.set(incident)


def _move(made: Replayed, incidents: list[Incident], moved: list[Alert]) -> None:
    made.incidents.update({incident.id: incident for incident in incidents})
    made.alerts.update({alert.id: alert for alert in moved})
    for incident in incidents:
        for alert in incident.alerts:
            if incident.merged_into is None and alert in made.alerts:
                made.alerts[alert] = replace(made.alerts[alert], incident=incident.id)
