"""The section `sign_in` of residents.yaml: how residents sign in on their phones, without a password."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from gateway.settings.durations import PositiveDuration, max_duration, parse_duration
from gateway.settings.section import Section


class SignInSection(Section):
    """One-time codes by message, at the counter, or a key on paper."""

    notifier: Annotated[
        str | None, Field(min_length=1, description="the notifier of desk.yaml that sends codes; null: no messages")
    ] = None
    code_valid: Annotated[
        PositiveDuration, max_duration(timedelta(minutes=30)), Field(description="how long a code signs in")
    ] = parse_duration("5m")
    code_tries: Annotated[int, Field(ge=1, le=10, description="wrong tries after which a code is void")] = 5
    counter_valid: Annotated[
        PositiveDuration,
        max_duration(timedelta(days=1)),
        Field(description="the same of a code that is made at the counter"),
    ] = parse_duration("15m")
    letter_valid: Annotated[
        PositiveDuration, max_duration(timedelta(days=90)), Field(description="how long the code of a letter signs in")
    ] = parse_duration("30d")
    remember: Annotated[
        PositiveDuration, max_duration(timedelta(days=365)), Field(description="how long a phone stays signed in")
    ] = parse_duration("90d")
    codes_per_number: Annotated[int, Field(ge=1, le=100, description="codes for one number in ten minutes")] = 3
    codes_per_address: Annotated[
        int, Field(ge=1, le=1000, description="codes asked for from one network address in ten minutes")
    ] = 20
    codes_per_door: Annotated[
        int, Field(ge=1, le=100, description="codes asked for at one door plate in ten minutes")
    ] = 10
    near_for: Annotated[
        PositiveDuration,
        max_duration(timedelta(minutes=30)),
        Field(description="how long after scanning a door plate a phone counts as near its door"),
    ] = parse_duration("3m")
