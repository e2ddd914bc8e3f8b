"""The section `visitors` of residents.yaml: what a pass (访客通行证) may allow, by kind, and how long it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator

from gateway.config.compound import Bilingual, Name
from gateway.config.desk.round_times import EVERY_DAY, Day
from gateway.model import Words
from gateway.settings.context import DeviceRef
from gateway.settings.daily_hours import DailyHours, Hours, parse_daily_hours
from gateway.settings.durations import Duration, PositiveDuration, max_duration, parse_duration
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

_YEAR = max_duration(timedelta(days=366))
Doors = Annotated[
    tuple[DeviceRef, ...],
    Field(
        max_length=200, description="the doors that it may open; empty: all on the way to the room, as access.yaml says"
    ),
]
Weekdays = Annotated[tuple[Day, ...], Field(min_length=1, description="the days on which it opens doors")]
Window = Annotated[
    Hours | None, Field(description="the hours in which it opens doors, such as '08:00-18:00'; null: all")
]
Uses = Annotated[
    int | None, Field(ge=1, le=10_000, description="each door lets in at most this many times; null: no limit")
]


class VisitorKind(Section):
    """What a pass of one kind may allow at most; whoever makes it chooses within that."""

    name: Name
    longest: Annotated[PositiveDuration, _YEAR, Field(description="the longest time from its beginning to its end")]
    usual: Annotated[PositiveDuration, _YEAR, Field(description="the time that a form proposes")]
    uses: Uses = None
    doors: Doors = ()
    hours: Window = None
    days: Weekdays = EVERY_DAY

    @model_validator(mode="after")
    def _consistent(self) -> VisitorKind:
        if self.usual > self.longest:
            raise Wrong("'usual' is longer than 'longest'", "write a shorter time", ("usual",))
        return self


def _kind(zh: str, en: str, longest: str, usual: str, uses: int | None, hours: DailyHours | None = None) -> VisitorKind:
    return VisitorKind(
        name=Bilingual(zh=zh, en=en),
        longest=parse_duration(longest),
        usual=parse_duration(usual),
        uses=uses,
        hours=hours,
    )


def default_kinds() -> Mapping[str, VisitorKind]:
    """Five kinds, as compounds know them."""
    by_day = parse_daily_hours("07:00-22:00")
    return {
        "visitor": _kind("访客", "Visitor", "7d", "12h", 60),
        "delivery": _kind("快递外卖", "Delivery", "3h", "1h", 6),
        "tradesman": _kind("维修装修", "Tradesman", "30d", "10h", None, by_day),
        "agent": _kind("中介看房", "Agent", "4h", "2h", 10, by_day),
        "helper": _kind("保姆钟点工", "Regular helper", "366d", "180d", None),
    }


class VisitorSection(Section):
    """Passes of visitors. A kind that is written here replaces the shipped one of its name, or adds to them."""

    kinds: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")], VisitorKind],
        Field(max_length=20, description="kinds of passes by name; `visitor` is taken when none is given"),
    ] = Field(default_factory=dict)
    ahead: Annotated[PositiveDuration, _YEAR, Field(description="how long before its beginning one may be made")] = (
        parse_duration("30d")
    )
    per_household: Annotated[int, Field(ge=1, le=500, description="passes of one household in force or to come")] = 30
    clock_tolerance: Annotated[
        Duration,
        max_duration(timedelta(minutes=5)),
        Field(description="how wrong a visitor's phone may be; a screenshot lives this much longer"),
    ] = parse_duration("30s")
    keep: Annotated[
        PositiveDuration, _YEAR, Field(description="a pass is deleted this long after its end, names and plate with it")
    ] = parse_duration("30d")

    @property
    def all_kinds(self) -> Mapping[str, VisitorKind]:
        """The shipped kinds and those of the file."""
        return {**default_kinds(), **self.kinds}

    def words_of(self, kind: str) -> Words:
        """The kind's name; a kind that is no longer in the file is its own name."""
        known = self.all_kinds.get(kind)
        return known.name.words if known else Words(kind, kind)
