"""The section `duty` of desk.yaml: what the people on duty write down at intervals (值班记录)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.config.compound import Name
from gateway.config.desk.patrols import Id
from gateway.config.desk.round_times import TimeOfDay
from gateway.model import Severity
from gateway.settings.context import PlaceRef
from gateway.settings.durations import PositiveDuration, max_duration, parse_duration
from gateway.settings.mend import Wrong
from gateway.settings.section import Section
from gateway.settings.selection import SeverityWord

_SHORTEST = timedelta(minutes=10)


class DutyItem(Section):
    """One line of the form."""

    id: Id
    text: Annotated[Name, Field(description="what is looked at, or asked")]
    kind: Annotated[
        Literal["tick", "yes_no", "number", "text"],
        Field(description="tick: looked at and in order; yes_no, number, text: an answer"),
    ] = "tick"


class DutyRound(Section):
    """One log, asked for on screen at the same times every day."""

    id: Id
    name: Name
    place: Annotated[PlaceRef, Field(description="the room it is about; a missed one is an alert there")]
    every: Annotated[
        PositiveDuration, max_duration(timedelta(days=1)), Field(description="from one entry to the next")
    ] = parse_duration("2h")
    first: Annotated[TimeOfDay, Field(description="the day's first; from there on every `every`, for 24 hours")] = (
        "08:00"
    )
    grace: Annotated[
        PositiveDuration, max_duration(timedelta(hours=12)), Field(description="not written after this time: an alert")
    ] = parse_duration("20m")
    people: Annotated[int, Field(ge=1, le=10, description="how many must be on duty there")] = 1
    items: Annotated[tuple[DutyItem, ...], Field(max_length=40, description="the lines of its form")] = ()
    severity: Annotated[SeverityWord, Field(description="of a missed entry, and of too few people")] = Severity.MEDIUM

    @model_validator(mode="after")
    def _consistent(self) -> DutyRound:
        if self.every < _SHORTEST:
            raise Wrong("'every' is too short to be written down", "give at least 10m", ("every",))
        if self.grace >= self.every:
            raise Wrong("'grace' is not shorter than 'every'", "the next one would be due already", ("grace",))
        seen: set[str] = set()
        for index, item in enumerate(self.items):
            if item.id in seen:
                raise Wrong(f"id {item.id!r} is given twice", "choose another", ("items", index, "id"))
            seen.add(item.id)
        return self


class DutySection(Section):
    """The logs that are kept."""

    rounds: Annotated[tuple[DutyRound, ...], Field(max_length=20, description="what is asked for, and when")] = ()

    @model_validator(mode="after")
    def _consistent(self) -> DutySection:
        seen: set[str] = set()
        for index, each in enumerate(self.rounds):
            if each.id in seen:
                raise Wrong(f"id {each.id!r} is given twice", "choose another", ("rounds", index, "id"))
            seen.add(each.id)
        return self
