"""What follows from the members and open alerts of an incident."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from gateway.desk.incidents.why import why
from gateway.model import Alert, AlertState, Incident, Member, Relation

_LEADING = ("fire.alarm", "duress.entered")


def alone(alert: Alert) -> Incident:
    """The incident of an alert that belongs to no other; its id is made of the alert's."""
    member = Member(alert.id, Relation.FIRST, alert.place, alert.severity)
    return derived(opened(member, alert), {alert.id: alert})


def opened(member: Member, alert: Alert) -> Incident:
    """The incident that an alert opens."""
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


def derived(incident: Incident, alerts: Mapping[str, Alert]) -> Incident:
    """The incident with all that follows from its members and open alerts."""
    members = incident.members  # their order is on record, that of `alerts` is not the same after a start
    severity = max(member.severity for member in members)
    top = min((member for member in members if member.severity is severity), key=_leads)
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


def _leads(member: Member) -> int:
    """Of equally severe alerts the first one names the card, but for those that change what a guard may do.

    Under duress nobody must call the home, whatever else rings there.
    """
    return _LEADING.index(member.kind) if member.kind in _LEADING else len(_LEADING)


def new_ids(alerts: Iterable[Alert]) -> frozenset[str]:
    """The ids of those that nobody has acknowledged."""
    return frozenset(alert.id for alert in alerts if alert.state is AlertState.NEW)


def earlier(one: Incident, other: Incident, field: str) -> datetime | None:
    """The earlier of a time that both may have."""
    times = (getattr(one, field), getattr(other, field))
    return min((time for time in times if time is not None), default=None)


def _assignee(alerts: Mapping[str, Alert], member: Member) -> str | None:
    return alerts[member.alert].assignee if member.alert in alerts else None


def _state(alerts: Iterable[Alert]) -> AlertState:
    """New while any alert is; else as far as somebody is with any of them."""
    states = {alert.state for alert in alerts}
    order = (AlertState.NEW, AlertState.ON_SCENE, AlertState.ACKNOWLEDGED, AlertState.ON_HOLD)
    return next((state for state in order if state in states), AlertState.CLOSED)


def split_id(incident: str, alerts: Iterable[str], at: datetime) -> str:
    """The id of what is taken out; the same for the same step."""
    digest = hashlib.blake2b("\n".join((incident, *sorted(alerts), at.isoformat())).encode(), digest_size=8)
    return f"i-{int(at.timestamp() * 1000):012x}{digest.hexdigest()}"
