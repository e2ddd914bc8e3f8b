"""A visitor's pass (访客): who invited whom, where to, when, and through which doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pass:
    """`place` is the room that is visited, `host` the id of the person who invites (empty: made at the counter).

    `doors` are the ids of the doors that it opens, `uses` how many times it opens one in all (None: no limit), `used`
    how many times it has. `plate` is the vehicle's, empty for visitors on foot.
    """

    id: str
    kind: str
    place: str
    host: str
    name: str
    plate: str
    since: datetime
    until: datetime
    doors: tuple[str, ...] = ()
    uses: int | None = None
    used: int = 0
    revoked_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at that moment, whatever the door."""
        return self.revoked_at is None and self.since <= at <= self.until
