"""The section `care` of residents.yaml: signs of life of people who live alone and agreed (独居关怀)."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from gateway.config.desk.round_times import TimeOfDay, minutes_of
from gateway.model import Severity
from gateway.settings.context import DeviceRef, PlaceRef
from gateway.settings.durations import Duration, PositiveDuration, max_duration, min_duration, parse_duration
from gateway.settings.mend import Wrong
from gateway.settings.section import Section
from gateway.settings.selection import SeverityWord

SignSource = Literal["door", "lift", "water", "motion"]
_LIMITS = (min_duration(timedelta(hours=2)), max_duration(timedelta(days=7)))


class CareDevice(Section):
    """A device outside the home that tells of its person: a lift's reader, a meter in the corridor."""

    device: Annotated[DeviceRef, Field(description="the device")]
    place: Annotated[PlaceRef, Field(description="the home that it tells of")]
    sign: Annotated[SignSource, Field(description="what kind of sign it gives")]


class CareStep(Section):
    """How severe it is, and when."""

    after: Annotated[Duration, max_duration(timedelta(days=2)), Field(description="after the first step")]
    severity: SeverityWord


class StartingPoint(Section):
    """What a family may start from: so little water for so long."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    water_m3: Annotated[float, Field(gt=0, le=10, description="less water than this …")]
    within: Annotated[PositiveDuration, *_LIMITS, Field(description="… in this time, and no other sign")]


SHIPPED = (
    StartingPoint(id="shanghai", water_m3=0.01, within=timedelta(hours=12)),
    StartingPoint(id="taicang", water_m3=0.01, within=timedelta(hours=24)),
)
STEPS = (
    CareStep(after=timedelta(), severity=Severity.LOW),
    CareStep(after=timedelta(hours=2), severity=Severity.HIGH),
    CareStep(after=timedelta(hours=4), severity=Severity.CRITICAL),
)


def _rising(steps: tuple[CareStep, ...]) -> tuple[CareStep, ...]:
    if steps[0].after:
        raise Wrong("the first step is not at once", "write 'after: 0s' there", (0, "after"))
    for index, (one, other) in enumerate(itertools.pairwise(steps), 1):
        if other.after <= one.after or other.severity <= one.severity:
            raise Wrong("the steps don't rise", "each is later and more severe than the one before", (index, "after"))
    return steps


class CareSection(Section):
    """When silence becomes a matter. Whose home it is about, and after how long, is agreed with each person."""

    decent_from: Annotated[TimeOfDay, Field(description="the first, quiet step waits for this time of day …")] = "08:00"
    decent_until: Annotated[TimeOfDay, Field(description="… and comes no later than this")] = "21:00"
    steps: Annotated[
        tuple[CareStep, ...],
        AfterValidator(_rising),
        Field(min_length=1, max_length=5, description="a quiet matter first, then louder"),
    ] = STEPS
    shortest: Annotated[PositiveDuration, *_LIMITS, Field(description="never sooner, however regular a habit is")] = (
        parse_duration("6h")
    )
    learnt_days: Annotated[int, Field(ge=7, le=60, description="days of habit before it counts")] = 14
    habit_percent: Annotated[
        int, Field(ge=80, le=100, description="the learnt silence is longer than this share of days' longest …")
    ] = 98
    habit_factor: Annotated[float, Field(ge=1, le=3, description="… times this")] = 1.5
    starting_points: Annotated[
        tuple[StartingPoint, ...], Field(min_length=1, max_length=10, description="what families may start from")
    ] = SHIPPED
    devices: Annotated[
        tuple[CareDevice, ...], Field(max_length=5000, description="devices outside homes that tell of them")
    ] = ()
    longest_away: Annotated[
        PositiveDuration, max_duration(timedelta(days=366)), Field(description="'away' ends by itself by then")
    ] = parse_duration("90d")

    @model_validator(mode="after")
    def _consistent(self) -> CareSection:
        if minutes_of(self.decent_from) >= minutes_of(self.decent_until):
            raise Wrong("the decent hours end before they begin", "write '08:00' and '21:00'", ("decent_until",))
        return self
