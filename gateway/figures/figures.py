"""All figures of a period in one value, and the gauge of the present hour."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter

from gateway.figures import rows
from gateway.figures.budget import STANDING, Budget, Gauge, budget, gauge
from gateway.figures.counts import DayCount, Group, by, by_day, by_hour, dispositions
from gateway.figures.facts import AlertFact, Silenced
from gateway.figures.outages import Outages, outages
from gateway.figures.period import Period, start_of
from gateway.figures.response import Limits, Response, default_limits, responses
from gateway.figures.sources import FIX, FixList, Zones, fix_list, zones

_FLOOD_LOOK_BACK = timedelta(hours=12)
"""A flood that goes on for longer than this is shown as having begun that long ago."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the calculations need beside the rows. `zones` are the devices that should ring now and then."""

    devices: Sequence[str] = ()
    zones: Sequence[str] = ()
    limits: Limits = field(default=default_limits)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one period. Drills are in none of them but `drills`."""

    alerts: int
    drills: int
    nuisance_share: float | None
    dispositions: Mapping[str, int]
    days: Sequence[DayCount]
    hours: Sequence[Group]
    kinds: Sequence[Group]
    places: Sequence[Group]
    severities: Sequence[Group]
    rules: Sequence[Group]
    devices: Sequence[Group]
    responses: Sequence[Response]
    budget: Budget
    fix: FixList
    outages: Outages
    zones: Zones
    silenced: Silenced
    left_out: int
    """Alerts of the period beyond the bound, which are in no figure."""


def figures(connection: sqlite3.Connection, period: Period, inputs: Inputs, now: datetime, fixes: int = FIX) -> Figures:
    """Read and calculate; takes two seconds for a month with 100,000 alerts. `fixes`: sources in the fix list."""
    alerts, drills = rows.facts(connection, period.begin, period.end)
    total = rows.count(connection, period.begin, period.end)
    numbers = rows.span(connection, period.begin, period.end)
    uses = rows.zone_uses(connection, inputs.zones, numbers)
    away = rows.away_before(connection, inputs.devices, numbers[0])
    days = by_day(alerts, period)
    judged = sum(alert.is_judged for alert in alerts)
    return Figures(
        alerts=len(alerts),
        drills=drills,
        nuisance_share=sum(alert.is_worthless for alert in alerts) / judged if judged else None,
        dispositions=dispositions(alerts),
        days=days,
        hours=by_hour(alerts, period),
        kinds=by(alerts, attrgetter("kind")),
        places=by(alerts, attrgetter("place")),
        severities=_gravest_first(alerts),
        rules=by(alerts, attrgetter("rule")),
        devices=by(alerts, attrgetter("device")),
        responses=responses(alerts, period, now, inputs.limits),
        budget=budget(alerts, period, (day.count for day in days), now),
        fix=fix_list(alerts, fixes),
        outages=outages(away, rows.state_changes(connection, numbers), period, now),
        zones=zones(inputs.zones, uses),
        silenced=rows.silenced(connection, period.begin, period.end),
        left_out=max(0, total - len(alerts) - drills),
    )


def present(connection: sqlite3.Connection, period: Period, now: datetime) -> Gauge:
    """The gauge on the wall. Of `period` only the time zone matters."""
    midnight = start_of(now.astimezone(period.zone).date(), period.zone)
    times = rows.times(connection, min(midnight, now - _FLOOD_LOOK_BACK), now + timedelta(seconds=1))
    return gauge(times, rows.standing(connection, now - STANDING), midnight, now)


def _gravest_first(alerts: Sequence[AlertFact]) -> list[Group]:
    order = {"critical": 0, "high": 1, "medium": 2, "low": 3}
    return sorted(by(alerts, lambda alert: alert.severity.word), key=lambda group: order[group.key])
