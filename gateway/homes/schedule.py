"""Arms and disarms homes by the clock, as residents.yaml says. Asked twice for the same time, the rule does it once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from gateway.config.desk.round_times import EVERY_DAY, minutes_of
from gateway.config.residents import HomeSection, ScheduledArming
from gateway.errors import NotRecorded, Refused
from gateway.homes.areas import Ask, HomeAreas

log = structlog.get_logger(__name__)
CHECK_S = 1.0
LATE = timedelta(minutes=10)
"""What came due while the gateway did not run is done afterwards, at most so much later."""


class ArmingSchedule:
    """`zone` is the compound's time zone."""

    def __init__(self, areas: HomeAreas, now: Callable[[], datetime], zone: Callable[[], ZoneInfo]) -> None:
        self._areas = areas
        self._now = now
        self._zone = zone

    async def run(self) -> None:
        """Follow the clock until cancelled."""
        while True:
            try:
                await self.check()
            except (NotRecorded, Refused) as error:
                log.error("a home can't be armed by its schedule yet", why=str(error))
            await asyncio.sleep(CHECK_S)

    async def check(self) -> None:
        """Ask for what has come due."""
        now, zone = self._now(), self._zone()
        for home in self._areas.homes():
            known = self._areas.area(home.place).due
            for due, line in due_lines(home, zone, now - LATE, now):
                if known is None or due > known:
                    what = "disarm" if line.mode == "disarm" else "arm"
                    await self._areas.ask(Ask(what, home.place, "schedule", "", mode=line.mode, due=due))


def due_lines(
    home: HomeSection, zone: ZoneInfo, after: datetime, now: datetime
) -> Iterator[tuple[datetime, ScheduledArming]]:
    """The schedule's lines that came due after `after` and up to `now`, in order of time."""
    found = []
    for offset in (-1, 0, 1):
        day = (now.astimezone(zone) + timedelta(days=offset)).date()
        for line in home.schedule:
            minutes = minutes_of(line.at)
            due = datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)
            if after < due <= now and EVERY_DAY[day.weekday()] in line.days:
                found.append((due, line))
    yield from sorted(found, key=lambda each: each[0])
