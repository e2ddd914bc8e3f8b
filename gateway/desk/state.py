"""What the desk has open: alerts and incidents as they are on record, and what is still to be written."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable

from gateway.desk.changed_alerts import ChangedAlerts
from gateway.desk.incidents import IncidentFold
from gateway.desk.incidents import rows as incident_rows
from gateway.desk.noise import NoiseFold
from gateway.desk.plan import Plan
from gateway.model import Alert, AlertState, Incident, Severity, SilencedSource

Unit = Callable[[sqlite3.Connection], None]


def nothing(_connection: sqlite3.Connection) -> None:
    """A unit that writes nothing."""


def counted_as(counted: Alert | Incident) -> tuple[Severity, bool]:
    """By what it is counted: its severity, and whether nobody has seen to it yet."""
    return counted.severity, counted.state is AlertState.NEW


class DeskState:
    """Shared by what decides on alerts and what acts on incidents; whoever changes it holds `changing`."""

    def __init__(self, changed: ChangedAlerts) -> None:
        self.changed = changed
        self.changing = asyncio.Lock()
        self.alerts: dict[str, Alert] = {}
        self.by_key: dict[tuple[str, str], str] = {}
        self.incidents: dict[str, Incident] = {}
        """As everybody sees them: after their change is on record, or with `on_record` false."""
        self.fold = IncidentFold()
        self.noise = NoiseFold()
        self.silences: dict[str, SilencedSource] = {}
        """Those in force, as everybody sees them."""
        self.counts: Counter[tuple[Severity, bool]] = Counter()
        self.incident_counts: Counter[tuple[Severity, bool]] = Counter()
        self.unwritten = Plan()
        self.unwritten_beside: Unit = nothing
        self.decided = 0
        """The number of the last decision on record: it places a person's action among the decisions."""

    def apply(self, alert: Alert) -> None:
        """Show the alert as it is now."""
        before = self.alerts.get(alert.id)
        self.counts.subtract([counted_as(before)] if before else ())
        self.counts.update([counted_as(alert)] if alert.state is not AlertState.CLOSED else ())
        if alert.state is not AlertState.CLOSED:
            self.alerts[alert.id] = alert
            self.by_key[alert.rule, alert.key] = alert.id
            return
        self.alerts.pop(alert.id, None)
        if self.by_key.get((alert.rule, alert.key)) == alert.id:
            del self.by_key[alert.rule, alert.key]

    def apply_incident(self, incident: Incident) -> None:
        """Show the incident as it is now."""
        before = self.incidents.get(incident.id)
        self.incident_counts.subtract([counted_as(before)] if before else ())
        self.incident_counts.update([counted_as(incident)] if incident.state is not AlertState.CLOSED else ())
        if incident.state is AlertState.CLOSED:
            self.incidents.pop(incident.id, None)
        else:
            self.incidents[incident.id] = incident

    def apply_silences(self, silences: Iterable[SilencedSource]) -> None:
        """Show the silences as they are now, and note them for whoever is told."""
        for silence in silences:
            if silence.ended_at is not None:
                self.silences.pop(silence.id, None)
            else:
                self.silences[silence.id] = silence
            self.changed.add_silence(silence)

    def show(self, alerts: Iterable[Alert], incidents: Iterable[Incident]) -> None:
        """Show what a person's action made of them, and note it for whoever is told.

        It is on record: decisions that are still unwritten must not undo it.
        """
        for alert in alerts:
            if alert.id in self.unwritten.alerts:
                self.unwritten = self.unwritten.then(Plan({alert.id: alert}))
            self.apply(alert)
            self.changed.add(alert)
        for incident in incidents:
            if incident.id in self.unwritten.incidents:
                self.unwritten = self.unwritten.then(Plan(incidents={incident.id: incident}))
            self.apply_incident(incident)
        self.changed.add_incidents(incidents)

    def put_incident(self, connection: sqlite3.Connection, incident: Incident) -> None:
        """Write the incident; its members all, when the one that is shown is not on record."""
        known = None if incident.id in self.unwritten.incidents else self.incidents.get(incident.id)
        incident_rows.put(connection, incident, known)

    def resync(self) -> None:
        """Let the fold begin again with what is shown, after a change that could not be written."""
        self.fold.load(self.incidents.values(), self.alerts.values())
        self.noise.load(self.silences.values())

    def counted(self, memory: Iterable[Alert]) -> Counter[tuple[Severity, bool]]:
        """How many alerts are open, by severity and whether nobody has seen to them yet, those of `memory` included."""
        return self.counts + Counter(counted_as(alert) for alert in memory)
