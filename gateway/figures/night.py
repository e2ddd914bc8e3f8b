"""The report of a night: what happened, how it was answered, and what the machines did meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.figures import rows
from gateway.figures.facts import AlertFact
from gateway.figures.figures import Figures, Inputs, figures
from gateway.figures.period import Period
from gateway.figures.response import ResponseLimit
from gateway.model import Disposition, Severity, Words

MOST_INCIDENTS = 15
"""As many as fit on the one page with all else."""


@dataclass(frozen=True, slots=True)
class NightIncident:
    """One incident: its gravest alert, when it was answered, against which limit, and how it ended."""

    id: str
    severity: Severity
    place: str
    reason: Words
    opened_at: datetime
    alerts: int
    limit: ResponseLimit
    acknowledged_s: float | None
    arrived_s: float | None
    disposition: Disposition | None

    @property
    def is_late(self) -> bool:
        """Whether it was acknowledged, or somebody arrived, after the limit; or nobody acknowledged it at all."""
        if self.acknowledged_s is None or self.acknowledged_s > self.limit.acknowledge.total_seconds():
            return True
        if self.arrived_s is None or self.limit.arrive is None:
            return False
        return self.arrived_s - self.acknowledged_s > self.limit.arrive.total_seconds()


@dataclass(frozen=True, slots=True)
class NightReport:
    """`incidents`: the gravest first, of equal ones the earliest. `more` are left out of the list."""

    period: Period
    figures: Figures
    incidents: Sequence[NightIncident]
    more: int
    late: int


def night_report(connection: sqlite3.Connection, night: Period, inputs: Inputs, now: datetime) -> NightReport:
    """Read and calculate."""
    alerts, _drills = rows.facts(connection, night.begin, night.end)
    found = incidents(alerts, inputs)
    shown = found[:MOST_INCIDENTS]
    tops = {each.id: top for each in shown if (top := _gravest(a for a in alerts if (a.incident or a.id) == each.id))}
    reasons = rows.reasons(connection, (top.id for top in tops.values()))
    named = [replace(each, reason=reasons.get(tops[each.id].id, each.reason)) for each in shown]
    late = sum(each.is_late for each in found)
    return NightReport(night, figures(connection, night, inputs, now), named, len(found) - len(shown), late)


def incidents(alerts: Iterable[AlertFact], inputs: Inputs) -> list[NightIncident]:
    """The alerts by their incidents, the gravest first. Their reasons are not read yet."""
    groups: dict[str, list[AlertFact]] = {}
    for alert in alerts:
        groups.setdefault(alert.incident or alert.id, []).append(alert)
    found = [_incident(identity, members, inputs) for identity, members in groups.items()]
    return sorted(found, key=lambda each: (-each.severity, each.disposition is not Disposition.REAL, each.opened_at))


def _incident(identity: str, alerts: Sequence[AlertFact], inputs: Inputs) -> NightIncident:
    top, opened = _gravest(alerts), min(alert.raised_at for alert in alerts)
    assert top is not None
    acknowledged = min((alert.acknowledged_at for alert in alerts if alert.acknowledged_at), default=None)
    arrived = min((alert.on_scene_at for alert in alerts if alert.on_scene_at), default=None)
    judged = [alert.disposition for alert in alerts if alert.disposition]
    return NightIncident(
        id=identity,
        severity=top.severity,
        place=top.place,
        reason=Words(top.kind, top.kind),
        opened_at=opened,
        alerts=len(alerts),
        limit=inputs.limits(top),
        acknowledged_s=_seconds(opened, acknowledged),
        arrived_s=_seconds(opened, arrived),
        disposition=Disposition.REAL if Disposition.REAL in judged else next(iter(judged), None),
    )


def _gravest(alerts: Iterable[AlertFact]) -> AlertFact | None:
    return min(alerts, key=lambda alert: (-alert.severity, alert.raised_at), default=None)


def _seconds(begin: datetime, end: datetime | None) -> float | None:
    return None if end is None else max(0.0, (end - begin).total_seconds())


def summary(report: NightReport, name: str) -> Words:
    """The night in one sentence, for a message; `name` is the compound's. It names no person and no place."""
    found = report.figures
    counts = {group.key: group.count for group in found.severities}
    critical, share = counts.get("critical", 0), _percent(found.nuisance_share)
    day = report.period.end.astimezone(report.period.zone).date().isoformat()
    zh = (
        f"{name} 晨报 {day}：昨夜警情 {found.alerts} 条，其中紧急 {critical} 条；超时 {report.late} 起；"
        f"误报和干扰占 {share}；设备离线 {found.outages.affected} 台；警情泛滥 {found.budget.floods} 次；"
        f"演练 {found.drills} 次。"
    )
    en = (
        f"{name}, morning report {day}: {found.alerts} alerts in the night, {critical} of them critical; "
        f"{report.late} answered late; {share} false or nuisance; {found.outages.affected} devices were away; "
        f"{found.budget.floods} floods; {found.drills} drills."
    )
    return Words(zh, en)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{round(share * 100)} %"
