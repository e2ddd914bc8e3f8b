"""The figures of a period as they are sent. Times are UTC; dates, hours and shifts are by the compound's clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time

from gateway.figures.budget import Budget, Gauge
from gateway.figures.counts import DayCount, Group
from gateway.figures.facts import Silenced
from gateway.figures.outages import Outages
from gateway.figures.response import Response
from gateway.figures.sources import FixList, Zones
from gateway.web.responses import ResponseModel, UtcTime, WordsView


class GaugeView(ResponseModel):
    """The alarm budget of the present hour."""

    gauge: Gauge
    at: UtcTime


class ShiftsView(ResponseModel):
    """When the shifts begin."""

    day: time
    night: time


class FiguresView(ResponseModel):
    """Everything about a period.

    In a group `worthless` of `judged` alerts were closed as nuisance or as false. `names` holds the names of the places
    and devices that occur. `left_out` alerts are beyond the bound of one answer.
    """

    begin: UtcTime
    end: UtcTime
    timezone: str
    shifts: ShiftsView
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
    place_names: Mapping[str, WordsView]
    device_names: Mapping[str, str]
