"""A period in the compound's own time: its days, hours and shifts, also where clocks are set forward and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST = timedelta(days=400)
DAY, NIGHT = "day", "night"
_QUARTER_S = 900
"""Every time zone's offset changes at a full quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Shifts:
    """When the day shift and the night shift begin, in the compound's time."""

    day: time = time(8)
    night: time = time(20)

    def of(self, clock: time) -> str:
        """The shift at that time of the day. The day shift may not reach over midnight; `ReportSection` checks it."""
        return DAY if self.day <= clock < self.night else NIGHT


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What the compound's clock shows: `shift_date` of a night is the day on which it began."""

    day: date
    hour: int
    shift: str
    shift_date: date


@dataclass(frozen=True, slots=True)
class Period:
    """From `begin` up to, not including, `end`; both in UTC."""

    begin: datetime
    end: datetime
    zone: ZoneInfo
    shifts: Shifts = Shifts()
    _known: dict[int, LocalTime] = field(default_factory=dict, repr=False, compare=False)

    @property
    def length(self) -> timedelta:
        """How long it really is: a day on which clocks are set forward has 23 hours."""
        return self.end - self.begin

    def contains(self, at: datetime) -> bool:
        """Whether `at` lies in it."""
        return self.begin <= at < self.end

    def local(self, at: datetime) -> LocalTime:
        """What the compound's clock shows at that time. Shifts begin at a quarter of an hour."""
        quarter = int(at.timestamp()) // _QUARTER_S
        found = self._known.get(quarter)
        if found is None:
            found = self._known[quarter] = self._look_up(datetime.fromtimestamp(quarter * _QUARTER_S, self.zone))
        return found

    def days(self) -> Iterator[date]:
        """Every day of the compound's calendar that it touches."""
        day = self.begin.astimezone(self.zone).date()
        last = (self.end - timedelta(microseconds=1)).astimezone(self.zone).date()
        while day <= last:
            yield day
            day += timedelta(days=1)

    def _look_up(self, here: datetime) -> LocalTime:
        shift = self.shifts.of(here.time())
        early = shift == NIGHT and here.time() < self.shifts.day
        return LocalTime(here.date(), here.hour, shift, here.date() - timedelta(days=1) if early else here.date())


def start_of(day: date, zone: ZoneInfo, clock: time = time()) -> datetime:
    """That time of that day, in UTC. A time that clocks skip is the moment they are set forward."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def night_before(morning: date, zone: ZoneInfo, shifts: Shifts) -> Period:
    """The night shift that ended on that morning."""
    begin = start_of(morning - timedelta(days=1), zone, shifts.night)
    return Period(begin, start_of(morning, zone, shifts.day), zone, shifts)
