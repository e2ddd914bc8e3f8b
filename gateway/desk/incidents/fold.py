"""What a sequence of raised, changed, merged and split alerts makes of the incidents.

It knows the open incidents and their open alerts. The same calls in the same order give the same incidents: it reads no
clock and no database, and ids are made of what happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.desk.incidents.derive import derived, earlier, new_ids, opened, split_id
from gateway.desk.incidents.grouping import Grouping, IncidentIndex
from gateway.desk.limits import IncidentChange, Limits
from gateway.errors import Conflict
from gateway.model import Alert, AlertState, Incident, Member, Relation

MAX_MERGED = 500
"""Alerts of an incident that people may put together."""


class IncidentFold:
    """`incidents` are the open ones. Each method returns those that it changed, as they are then."""

    def __init__(self, grouping: Grouping | None = None, limits: Limits | None = None) -> None:
        self.grouping = grouping or Grouping()
        self.limits = limits
        """Gives incidents their times; None: they have none."""
        self.incidents: dict[str, Incident] = {}
        self._alerts: dict[str, dict[str, Alert]] = defaultdict(dict)
        """The open alerts of each incident, by id."""
        self._new: dict[str, frozenset[str]] = {}
        """Those of each incident that nobody has acknowledged."""
        self._index = IncidentIndex()

    def load(self, incidents: Iterable[Incident], alerts: Iterable[Alert]) -> list[Incident]:
        """Begin with what is on record; returns new incidents for open alerts whose incident is not on record."""
        self.incidents.clear()
        self._alerts.clear()
        self._new.clear()
        self._index = IncidentIndex()
        for incident in incidents:
            self.incidents[incident.id] = incident
            self._index.add(incident.id, incident.members)
        made = []
        for alert in alerts:
            if alert.incident in self.incidents:
                self._alerts[alert.incident][alert.id] = alert
            else:
                made.append(self._open(alert, ()))
        self._new = {incident: new_ids(found.values()) for incident, found in self._alerts.items()}
        return made

    def open_alerts(self, incident: str) -> list[Alert]:
        """The open alerts of an incident, in the order in which they joined."""
        found = self._alerts.get(incident, {})
        return [found[alert] for alert in self.incidents[incident].alerts if alert in found]

    def raised(self, alert: Alert, subjects: Sequence[str], kind: str = "") -> tuple[Alert, Incident]:
        """A new alert joins the open incident that it belongs to, or opens one; returns it with its incident."""
        found = self._index.find(self.grouping, alert, subjects, self.incidents)
        if found is None:
            incident = self._open(alert, subjects, kind)
        else:
            incident, relation = found
            member = Member(alert.id, relation, alert.place, alert.severity, tuple(subjects), kind)
            joined = self._with(incident, [member], [replace(alert, incident=incident.id)])
            incident = self._put(joined, alert.raised_at)
        return replace(alert, incident=incident.id), incident

    def changed(self, alert: Alert, at: datetime | None = None) -> Incident | None:
        """An alert repeated, was restored or took a person's step; None when its incident is not open.

        `at` is when; left out, when the alert was raised last.
        """
        incident = self.incidents.get(alert.incident)
        if incident is None:
            return None
        if alert.state is AlertState.CLOSED:
            self._alerts[incident.id].pop(alert.id, None)
        else:
            self._alerts[incident.id][alert.id] = alert
        members = tuple(
            replace(each, severity=alert.severity) if each.alert == alert.id else each for each in incident.members
        )
        incident = replace(incident, members=members, last_at=max(incident.last_at, alert.last_at))
        return self._put(incident, at or alert.last_at)

    def merge(self, into: str, other: str, at: datetime | None = None) -> tuple[list[Incident], list[Alert]]:
        """Put the alerts of `other` into `into`; returns both incidents and the open alerts that moved.

        Raises Conflict for the same incident, a drill with a real one, and more than MAX_MERGED alerts.
        """
        target, source = self.incidents[into], self.incidents[other]
        if into == other or target.drill is not source.drill:
            raise Conflict("can't merge an incident with itself, or a drill with a real incident")
        if len(target.members) + len(source.members) > MAX_MERGED:
            raise Conflict(f"can't merge incidents of together more than {MAX_MERGED} alerts")
        moved = [replace(alert, incident=into) for alert in self.open_alerts(other)]
        self._forget(source)
        gone = replace(
            source, state=AlertState.CLOSED, merged_into=into, limit_at=None, escalate_at=None, held_until=None
        )
        members = [replace(member, relation=Relation.MERGED) for member in source.members]
        self.incidents[into] = target = replace(
            target,
            opened_at=min(target.opened_at, source.opened_at),
            limit_at=earlier(target, source, "limit_at"),
            held_until=earlier(target, source, "held_until"),
        )
        joined = self._with(target, members, moved)
        return [self._put(joined, at or joined.last_at), gone], moved

    def split(self, incident: str, alerts: Sequence[str], at: datetime) -> tuple[list[Incident], list[Alert]]:
        """Take alerts out, as an incident of their own; returns both incidents and the open alerts that moved.

        Raises Conflict for alerts that are not part of it, or when none would be left.
        """
        source = self.incidents[incident]
        taken = [member for member in source.members if member.alert in alerts]
        left = tuple(member for member in source.members if member.alert not in alerts)
        if len(taken) != len(set(alerts)) or not taken or not left:
            raise Conflict("can't take these alerts out: some must be part of the incident, and some must stay")
        moved_to = split_id(incident, alerts, at)
        moved = [replace(a, incident=moved_to) for a in self.open_alerts(incident) if a.id in alerts]
        self._index.remove(source)
        for alert in moved:
            del self._alerts[incident][alert.id]
        self._index.add(incident, left)
        was_new, rest = self._new.get(incident, frozenset()), self._put(replace(source, members=left), at)
        taken[0] = replace(taken[0], relation=Relation.FIRST)
        fresh = replace(
            source, id=moved_to, members=(), opened_at=at, acknowledged_at=None, arrived_at=None, escalation=0
        )
        self._new[moved_to] = was_new
        return [rest, self._put(self._with(fresh, taken, moved), at, source)], moved

    def set(self, incident: Incident) -> Incident:
        """Replace what is known of an open incident beside its alerts: limits, hold, escalation."""
        self.incidents[incident.id] = incident
        return incident

    def _open(self, alert: Alert, subjects: Sequence[str], kind: str = "") -> Incident:
        member = Member(alert.id, Relation.FIRST, alert.place, alert.severity, tuple(subjects), kind)
        first = opened(member, alert)
        joined = self._with(replace(first, members=()), [member], [replace(alert, incident=first.id)])
        return self._put(joined, alert.raised_at)

    def _with(self, incident: Incident, members: Sequence[Member], alerts: Iterable[Alert]) -> Incident:
        """The incident with further members, of which `alerts` are open."""
        self._alerts[incident.id].update({alert.id: alert for alert in alerts})
        self._index.add(incident.id, members)
        last = max((alert.last_at for alert in self._alerts[incident.id].values()), default=incident.last_at)
        return replace(incident, members=(*incident.members, *members), last_at=max(incident.last_at, last))

    def _put(self, incident: Incident, at: datetime, before: Incident | None = None) -> Incident:
        """Keep the incident with all that follows from its alerts. `before` is what is known, if under another id."""
        found, before = self._alerts[incident.id], before or self.incidents.get(incident.id)
        incident = derived(incident, found)
        if self.limits is not None:
            was_new = self._new.get(incident.id, frozenset())
            incident = self.limits.scheduled(IncidentChange(before, incident, list(found.values()), was_new, at))
        self._new[incident.id] = new_ids(found.values())
        if incident.state is AlertState.CLOSED:
            self._forget(incident)
        else:
            self.incidents[incident.id] = incident
        return incident

    def _forget(self, incident: Incident) -> None:
        self.incidents.pop(incident.id, None)
        self._alerts.pop(incident.id, None)
        self._new.pop(incident.id, None)
        self._index.remove(incident)
