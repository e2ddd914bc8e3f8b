"""How long a home may be silent: learnt from the person's habit, and never longer than the family chose.

Silences inside are compared with those that began at the same time of day, in steps of three hours. Of each day only
the longest counts. The learnt time is longer than `habit_percent` of those, times `habit_factor`. A silence that began
at the door is most likely an outing, and nobody is out for as long each day: there the family's time holds. In a year
of invented lives (tests/care/test_months.py) learning outings too made most of the false alarms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.care.state import BUCKETS, DAYS_KEPT, DayGap, Watched
from gateway.config.residents.care import CareSection

AT_THE_DOOR = frozenset({"door", "access", "lift"})


def bucket_of(began: datetime, zone: ZoneInfo) -> str:
    """The part of the day, from `0` (midnight to three) to `7`."""
    return str(began.astimezone(zone).hour * BUCKETS // 24)


def learn(watched: Watched, until: datetime, zone: ZoneInfo) -> None:
    """Keep the silence from the last sign of life until now. One that became a matter is no habit."""
    if watched.last is None or watched.level or watched.source in AT_THE_DOOR:
        return
    seconds, day = (until - watched.last).total_seconds(), watched.last.astimezone(zone).toordinal()
    days = watched.gaps.setdefault(bucket_of(watched.last, zone), [])
    if days and days[-1].day == day:
        days[-1].seconds = max(days[-1].seconds, seconds)
    else:
        days.append(DayGap(day, seconds))
        del days[:-DAYS_KEPT]


def learnt(gaps: Sequence[DayGap], settings: CareSection) -> timedelta | None:
    """The learnt time; None while too few days are known."""
    if len(gaps) < settings.learnt_days:
        return None
    ordered = sorted(gap.seconds for gap in gaps)
    place = min(len(ordered), math.ceil(len(ordered) * settings.habit_percent / 100))
    return timedelta(seconds=ordered[place - 1] * settings.habit_factor)


def allowed(watched: Watched, settings: CareSection, zone: ZoneInfo) -> timedelta:
    """How long the present silence may last."""
    longest = timedelta(seconds=watched.longest_s)
    if watched.last is None or watched.source in AT_THE_DOOR:
        return longest
    found = learnt(watched.gaps.get(bucket_of(watched.last, zone), ()), settings)
    return longest if found is None else min(longest, max(found, settings.shortest))
