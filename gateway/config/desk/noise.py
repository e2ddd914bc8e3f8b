"""The section `noise` of desk.yaml: when a source is throttled, and how long one may be silenced (屏蔽)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from gateway.settings.durations import PositiveDuration, max_duration, parse_duration
from gateway.settings.section import Section


class ThrottleSection(Section):
    """A device whose sightings or faults raise more alerts than anybody can look at is silenced by itself, visibly.

    Alarms are not throttled: the repeats of one fold into its open alert.
    """

    alerts: Annotated[
        int,
        Field(ge=2, le=1000, description="new alerts of one rule and device within `within`; the next is throttled"),
    ] = 10
    within: Annotated[
        PositiveDuration, max_duration(timedelta(hours=1)), Field(description="the time in which they are counted")
    ] = parse_duration("1m")
    rest: Annotated[
        PositiveDuration, max_duration(timedelta(hours=24)), Field(description="how long it stays throttled")
    ] = parse_duration("10m")


class NoiseSection(Section):
    """Fire, gas, panic, duress and medical alarms are never silenced nor throttled."""

    throttle: ThrottleSection = ThrottleSection()
    longest_silence: Annotated[
        PositiveDuration,
        max_duration(timedelta(days=30)),
        Field(description="a guard may silence a source for at most this long"),
    ] = parse_duration("12h")
