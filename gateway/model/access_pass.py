"""A visitor's pass (访客通行证)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pass:
    """Lets a visitor in from `since` until before `until`.

    `place` is the room it is for, `host` the person's id, or the user's name, who gave it. `doors` are ids of devices;
    empty for every door on the way to the room. `uses` is how often it opens in all, None without end, and `used` how
    often it has. `plate` opens barriers; empty without a car.
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

    def is_valid(self, at: datetime) -> bool:
        """Whether it is within its time, not revoked and not used up."""
        in_time = self.since <= at < self.until
        return in_time and self.revoked_at is None and (self.uses is None or self.used < self.uses)
