"""The section `attention` of desk.yaml: whether anybody is at the desk, and can hear it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from gateway.config.desk.escalation import Target
from gateway.settings.durations import PositiveDuration, max_duration, parse_duration
from gateway.settings.section import Section

_Time = Annotated[PositiveDuration, max_duration(timedelta(days=1))]


class AttentionSection(Section):
    """When the supervisor is told about the desk itself. null switches one off."""

    grace: Annotated[_Time, Field(description="after a start nothing is reported so long")] = parse_duration("10m")
    nobody: Annotated[_Time | None, Field(description="no guard has the desk open")] = parse_duration("5m")
    untouched: Annotated[_Time | None, Field(description="it rings, and nobody touches a desk")] = parse_duration("3m")
    silent: Annotated[_Time | None, Field(description="a guard's browser can't play sound")] = parse_duration("1m")
    stale: Annotated[_Time | None, Field(description="a guard's screen shows old data, or went silent")] = (
        parse_duration("1m")
    )
    tell: Annotated[
        tuple[Target, ...], Field(max_length=10, description="the supervisor: told at once, without a limit")
    ] = ()
