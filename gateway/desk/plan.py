"""What a batch of decisions makes of the alerts and incidents, worked out before any of it is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.desk import rows
from gateway.desk.incidents import IncidentFold, kind_of, subjects_of
from gateway.desk.incidents import rows as incident_rows
from gateway.desk.lifecycle import DecisionOnEvent, cleared, folds_into, raised, repeated
from gateway.desk.noise import NoiseFold
from gateway.desk.noise import rows as noise_rows
from gateway.model import Alert, Clear, Incident, Raise, SilencedSource

MAX_UNWRITTEN = 10_000
"""Decisions that wait for a database that takes no writes."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A decision, with the id of its alert if it has one, or of the silence that keeps it away."""

    decided: DecisionOnEvent
    alert: str | None
    silenced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`alerts` and `incidents` are those that change, as they are then; `decisions` all.

    `before` are the incidents as they are on record, of those that are.
    """

    alerts: Mapping[str, Alert] = field(default_factory=dict)
    decisions: Sequence[Planned] = ()
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    before: Mapping[str, Incident | None] = field(default_factory=dict)
    silences: Mapping[str, SilencedSource] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        decisions: Sequence[DecisionOnEvent],
        open_alerts: Mapping[str, Alert],
        by_key: Mapping[tuple[str, str], str],
        fold: IncidentFold,
        noise: NoiseFold,
    ) -> Plan:
        """Apply the decisions one after another. `by_key` gives the id of the open alert of a rule and key."""
        silences: dict[str, SilencedSource] = {}
        changed: dict[str, Alert] = {}
        ids: dict[tuple[str, str], str] = {}
        planned: list[Planned] = []
        incidents: dict[str, Incident] = {}
        before: dict[str, Incident | None] = {}
        known = dict(fold.incidents)
        for decided in decisions:
            key = decided.rule, getattr(decided.decision, "key", "")
            alert_id = ids.get(key) or by_key.get(key)
            alert = None if alert_id is None else changed.get(alert_id) or open_alerts.get(alert_id)
            after = _after(alert, decided)
            is_new = after is not None and (alert is None or after.id != alert.id)
            silenced_by = _silenced(decided, noise, silences, is_new=is_new)
            if silenced_by is not None:
                planned.append(Planned(decided, None, silenced_by))
                continue
            if after is not None:
                incident = None
                if is_new:
                    after, incident = fold.raised(after, subjects_of(decided.event), kind_of(decided.event))
                else:
                    incident = fold.changed(after, decided.event.time)
                if incident is not None:
                    incidents[incident.id] = incident
                    before.setdefault(incident.id, known.get(incident.id))
                changed[after.id] = after
                ids[after.rule, after.key] = after.id
            planned.append(Planned(decided, after.id if after else None))
        return cls(changed, planned, incidents, before, silences)

    def write(self, connection: sqlite3.Connection) -> int:
        """Write alerts and incidents and append the decisions; returns the number of the last, 0 without any."""
        for alert in self.alerts.values():
            rows.put(connection, alert)
        for incident in self.incidents.values():
            incident_rows.put(connection, incident, self.before.get(incident.id))
        for silence in self.silences.values():
            noise_rows.put(connection, silence)
        number = 0
        for planned in self.decisions:
            number = rows.append_decision(connection, planned.decided, planned.alert, planned.silenced_by)
        return number

    def then(self, later: Plan) -> Plan:
        """Both plans as one. Of more than MAX_UNWRITTEN decisions the oldest are dropped; no alert is."""
        return Plan(
            {**self.alerts, **later.alerts},
            [*self.decisions, *later.decisions][-MAX_UNWRITTEN:],
            {**self.incidents, **later.incidents},
            {**later.before, **self.before},
            {**self.silences, **later.silences},
        )


def _silenced(
    decided: DecisionOnEvent, noise: NoiseFold, changed: dict[str, SilencedSource], *, is_new: bool
) -> str | None:
    """The silence that keeps the decision away; silences that change by it are put into `changed`."""
    match decided.decision:
        case Raise() as decision:
            verdict = noise.raised(decided, decision, is_new=is_new)
            changed.update({silence.id: silence for silence in verdict.changed})
            return verdict.silenced_by
        case Clear(key):
            changed.update({each.id: each for each in noise.cleared(decided.rule, key, decided.event.time)})
    return None


def _after(alert: Alert | None, decided: DecisionOnEvent) -> Alert | None:
    """The alert after one decision; None when the decision changes none."""
    match decided.decision:
        case Raise() as decision:
            foldable = alert is not None and folds_into(alert, decided.event.time)
            return repeated(alert, decided, decision) if alert and foldable else raised(decided, decision)
        case Clear():
            return cleared(alert, decided.event.time) if alert and alert.restored_at is None else None
    return None
