"""What a sequence of raised, changed, merged and split alerts makes of the incidents.

It knows the open incidents and their open alerts. The same calls in the same order give the same incidents: it reads no
clock and no database, and ids are made of what happened.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.desk.incidents.grouping import Grouping, IncidentIndex
from gateway.desk.incidents.why import why
from gateway.errors import Conflict
from gateway.model import Alert, AlertState, Incident, Member, Relation

MAX_MERGED = 500
"""Alerts of an incident that people may put together."""


def alone(alert: Alert) -> Incident:
    """The incident of an alert that belongs to no other; its id is made of the alert's."""
    member = Member(alert.id, Relation.FIRST, alert.place, alert.severity)
    return _derived(_opened(member, alert), {alert.id: alert})


class IncidentFold:
    """`incidents` are the open ones. Each method returns those that it changed, as they are then."""

    def __init__(self, grouping: Grouping | None = None) -> None:
        self.grouping = grouping or Grouping()
        self.incidents: dict[str, Incident] = {}
        self._alerts: dict[str, dict[str, Alert]] = defaultdict(dict)
        """The open alerts of each incident, by id."""
        self._index = IncidentIndex()

    def load(self, incidents: Iterable[Incident], alerts: Iterable[Alert]) -> list[Incident]:
        """Begin with what is on record; returns new incidents for open alerts whose incident is not on record."""
        self.incidents.clear()
        self._alerts.clear()
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
            incident = self._put(self._with(incident, [member], [replace(alert, incident=incident.id)]))
        return replace(alert, incident=incident.id), incident

    def changed(self, alert: Alert) -> Incident | None:
        """An alert repeated, was restored or took a person's step; None when its incident is not open."""
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
        return self._put(replace(incident, members=members, last_at=max(incident.last_at, alert.last_at)))

    def merge(self, into: str, other: str) -> tuple[list[Incident], list[Alert]]:
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
        gone = replace(source, state=AlertState.CLOSED, merged_into=into, limit_at=None, escalate_at=None)
        members = [replace(member, relation=Relation.MERGED) for member in source.members]
        target = replace(target, opened_at=min(target.opened_at, source.opened_at))
        return [self._put(self._with(target, members, moved)), gone], moved

    def split(self, incident: str, alerts: Sequence[str], at: datetime) -> tuple[list[Incident], list[Alert]]:
        """Take alerts out, as an incident of their own; returns both incidents and the open alerts that moved.

        Raises Conflict for alerts that are not part of it, or when none would be left.
        """
        source = self.incidents[incident]
        taken = [member for member in source.members if member.alert in alerts]
        left = tuple(member for member in source.members if member.alert not in alerts)
        if len(taken) != len(set(alerts)) or not taken or not left:
            raise Conflict("can't take these alerts out: some must be part of the incident, and some must stay")
        moved_to = _split_id(incident, alerts, at)
        moved = [replace(a, incident=moved_to) for a in self.open_alerts(incident) if a.id in alerts]
        self._index.remove(source)
        for alert in moved:
            del self._alerts[incident][alert.id]
        self._index.add(incident, left)
        rest = self._put(replace(source, members=left))
        taken[0] = replace(taken[0], relation=Relation.FIRST)
        fresh = replace(
            source, id=moved_to, members=(), opened_at=at, acknowledged_at=None, arrived_at=None, escalation=0
        )
        return [rest, self._put(self._with(fresh, taken, moved))], moved

    def set(self, incident: Incident) -> Incident:
        """Replace what is known of an open incident beside its alerts: limits, hold, escalation."""
        return self._put(incident)

    def _open(self, alert: Alert, subjects: Sequence[str], kind: str = "") -> Incident:
        member = Member(alert.id, Relation.FIRST, alert.place, alert.severity, tuple(subjects), kind)
        opened = _opened(member, alert)
        return self._put(self._with(replace(opened, members=()), [member], [replace(alert, incident=opened.id)]))

    def _with(self, incident: Incident, members: Sequence[Member], alerts: Iterable[Alert]) -> Incident:
        """The incident with further members, of which `alerts` are open."""
        self._alerts[incident.id].update({alert.id: alert for alert in alerts})
        self._index.add(incident.id, members)
        last = max((alert.last_at for alert in self._alerts[incident.id].values()), default=incident.last_at)
        return replace(incident, members=(*incident.members, *members), last_at=max(incident.last_at, last))

    def _put(self, incident: Incident) -> Incident:
        incident = _derived(incident, self._alerts[incident.id])
        if incident.state is AlertState.CLOSED:
            self._forget(incident)
        else:
            self.incidents[incident.id] = incident
        return incident

    def _forget(self, incident: Incident) -> None:
        self.incidents.pop(incident.id, None)
        self._alerts.pop(incident.id, None)
        self._index.remove(incident)


def _opened(member: Member, alert: Alert) -> Incident:
    return Incident(
        id=f"i-{alert.id.removeprefix('a-')}",
        members=(member,),
        severity=alert.severity,
        state=alert.state,
        place=alert.place,
        top=alert.id,
        why=why([member]),
        opened_at=alert.raised_at,
        last_at=alert.last_at,
        drill=alert.drill,
        on_record=alert.on_record,
    )


def _derived(incident: Incident, alerts: Mapping[str, Alert]) -> Incident:
    """The incident with all that follows from its members and open alerts."""
    members = incident.members  # their order is on record, that of `alerts` is not the same after a start
    severity = max(member.severity for member in members)
    top = next(member for member in members if member.severity is severity)
    return replace(
        incident,
        severity=severity,
        top=top.alert,
        place=top.place,
        why=why(incident.members),
        state=_state(alerts.values()),
        assignee=next((found for each in members if (found := _assignee(alerts, each))), incident.assignee),
        on_record=all(alert.on_record for alert in alerts.values()),
    )


def _assignee(alerts: Mapping[str, Alert], member: Member) -> str | None:
    return alerts[member.alert].assignee if member.alert in alerts else None


def _state(alerts: Iterable[Alert]) -> AlertState:
    """New while any alert is; else as far as somebody is with any of them."""
    states = {alert.state for alert in alerts}
    order = (AlertState.NEW, AlertState.ON_SCENE, AlertState.ACKNOWLEDGED, AlertState.ON_HOLD)
    return next((state for state in order if state in states), AlertState.CLOSED)


def _split_id(incident: str, alerts: Iterable[str], at: datetime) -> str:
    digest = hashlib.blake2b("\n".join((incident, *sorted(alerts), at.isoformat())).encode(), digest_size=8)
    return f"i-{int(at.timestamp() * 1000):012x}{digest.hexdigest()}"
