"""What a batch of decisions makes of the alerts, worked out before any of it is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.desk import rows
from gateway.desk.lifecycle import DecisionOnEvent, cleared, folds_into, raised, repeated
from gateway.model import Alert, Clear, Raise

MAX_UNWRITTEN = 10_000
"""Decisions that wait for a database that takes no writes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`alerts` are those that change, as they are then; `decisions` each with the id of its alert, if it has one."""

    alerts: Mapping[str, Alert] = field(default_factory=dict)
    decisions: Sequence[tuple[DecisionOnEvent, str | None]] = ()

    @classmethod
    def of(
        cls,
        decisions: Sequence[DecisionOnEvent],
        open_alerts: Mapping[str, Alert],
        by_key: Mapping[tuple[str, str], str],
    ) -> Plan:
        """Apply the decisions one after another. `by_key` gives the id of the open alert of a rule and key."""
        changed: dict[str, Alert] = {}
        ids: dict[tuple[str, str], str] = {}
        planned: list[tuple[DecisionOnEvent, str | None]] = []
        for decided in decisions:
            key = decided.rule, getattr(decided.decision, "key", "")
            alert_id = ids.get(key) or by_key.get(key)
            alert = None if alert_id is None else changed.get(alert_id) or open_alerts.get(alert_id)
            after = _after(alert, decided)
            if after is not None:
                changed[after.id] = after
                ids[after.rule, after.key] = after.id
            planned.append((decided, after.id if after else None))
        return cls(changed, planned)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write the alerts and append the decisions."""
        for alert in self.alerts.values():
            rows.put(connection, alert)
        for decided, alert_id in self.decisions:
            rows.append_decision(connection, decided, alert_id)

    def then(self, later: Plan) -> Plan:
        """Both plans as one. Of more than MAX_UNWRITTEN decisions the oldest are dropped; no alert is."""
        return Plan({**self.alerts, **later.alerts}, [*self.decisions, *later.decisions][-MAX_UNWRITTEN:])


def _after(alert: Alert | None, decided: DecisionOnEvent) -> Alert | None:
    """The alert after one decision; None when the decision changes none."""
    match decided.decision:
        case Raise() as decision:
            foldable = alert is not None and folds_into(alert, decided.event.time)
            return repeated(alert, decided, decision) if alert and foldable else raised(decided, decision)
        case Clear():
            return cleared(alert, decided.event.time) if alert and alert.restored_at is None else None
    return None
