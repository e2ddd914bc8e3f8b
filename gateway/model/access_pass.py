"""A visitor's pass (访客通行证)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Pass:
    """Lets a visitor in from `since` until before `until`.

    `place` is the room it is for, `host` the person's id, or the user's name, who gave it. `doors` are ids of devices;
    empty for every door on the way to the room. `uses` is how often each door lets in, None without end, and `used` how
    often one has, at most. `plate` opens barriers; empty without a car. `hours` and `days` (Monday is 0; empty for all)
    are those of its kind.
    """

    id: str
    kind: str
    place: str
    host: str
    name: str
    plate: str
    since: datetime
    until: datetime
    doors: frozenset[str] = frozenset()
    uses: int | None = None
    used: int = 0
    revoked_at: datetime | None = None
    hours: tuple[time, time] | None = None
    days: frozenset[int] = frozenset()
    by_resident: bool = False
    """A resident gave it: it ends with them, also when the register has forgotten who they were."""

    def is_now(self, local: datetime) -> bool:
        """Whether the hours and days of its kind cover this moment of the compound's clock."""
        day = local.weekday()
        if self.hours is not None:
            start, end = self.hours
            now = local.time()
            over_midnight = start > end
            if not (start <= now or now < end) if over_midnight else not start <= now < end:
                return False
            if over_midnight and now < end:
                day = (local - timedelta(days=1)).weekday()  # it began the evening before
        return not self.days or day in self.days

    def is_valid(self, at: datetime) -> bool:
        """Whether it is within its time, not revoked and not used up."""
        in_time = self.since <= at < self.until
        return in_time and self.revoked_at is None and (self.uses is None or self.used < self.uses)
