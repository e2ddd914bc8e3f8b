"""The alarm budget (EEMUA 191, ISA-18.2): what one desk can bear, and how much of it was spent.

144 alarms a day and at most 10 in ten minutes. A flood begins with the eleventh alarm in ten minutes, and ends when
fewer than five came in the last ten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.figures.facts import AlertFact
from gateway.figures.period import Period

A_DAY, IN_TEN_MINUTES, FLOOD_ENDS_BELOW = 144, 10, 5
WINDOW, STANDING = timedelta(minutes=10), timedelta(hours=24)
MOST_FLOODS = 100
"""Floods listed, the longest; `Budget.floods` counts them all."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Flood:
    """`count` is the number of alarms from its first ten minutes to its end; `end` is None while it goes on."""

    begin: datetime
    end: datetime | None
    count: int


@dataclass(frozen=True, slots=True)
class Peak:
    """The most alarms in any ten minutes, and when the last of them came."""

    count: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """A period's alarms against the budget. Shares are of 1."""

    alarms: int
    a_day: float
    days_over: int
    in_ten_minutes: float
    peak: Peak
    floods: int
    flood_share: float
    worst_floods: Sequence[Flood]
    standing: int
    """Alarms of the period that were open for more than a day, or still are."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """Now: today's alarms, those of the last ten minutes, whether there is a flood, and what stands for over a day."""

    today: int
    in_ten_minutes: int
    flooded_since: datetime | None
    standing: int
    a_day_limit: int = A_DAY
    in_ten_minutes_limit: int = IN_TEN_MINUTES


def budget(alerts: Sequence[AlertFact], period: Period, counts_by_day: Iterable[int], now: datetime) -> Budget:
    """`alerts` are those of the period, oldest first."""
    times = [alert.raised_at for alert in alerts]
    end = min(period.end, now)
    length = max(end - period.begin, WINDOW)
    floods = list(floods_of(times, end))
    flooded = sum((min(flood.end or end, end) - flood.begin for flood in floods), timedelta())
    return Budget(
        alarms=len(alerts),
        a_day=len(alerts) / (length / _DAY),
        days_over=sum(count > A_DAY for count in counts_by_day),
        in_ten_minutes=len(alerts) / (length / WINDOW),
        peak=peak_of(times),
        floods=len(floods),
        flood_share=flooded / length,
        worst_floods=sorted(floods, key=lambda flood: (-flood.count, flood.begin))[:MOST_FLOODS],
        standing=sum(alert.open_for(now) > STANDING for alert in alerts),
    )


def floods_of(times: Iterable[datetime], end: datetime) -> Iterator[Flood]:
    """The floods of alarms at these times, in order. One that has not ended by `end` has no end."""
    window: deque[datetime] = deque()
    begin, count = None, 0
    for at in times:
        # What leaves the ten minutes may end a flood before this alarm comes; what leaves as it comes does not.
        while window and at - window[0] >= WINDOW:
            left = window.popleft()
            if begin is not None and len(window) + (at - left == WINDOW) < FLOOD_ENDS_BELOW:
                yield Flood(begin, left + WINDOW, count)
                begin = None
        window.append(at)
        count += 1
        if begin is None and len(window) > IN_TEN_MINUTES:
            begin, count = at, len(window)
    if begin is not None:
        ends = window[-FLOOD_ENDS_BELOW] + WINDOW  # when the fifth from last leaves, four are left
        yield Flood(begin, ends if ends <= end else None, count)


def peak_of(times: Iterable[datetime]) -> Peak:
    """The most in any ten minutes; the first of several equal ones."""
    window: deque[datetime] = deque()
    peak = Peak()
    for at in times:
        window.append(at)
        while at - window[0] >= WINDOW:
            window.popleft()
        if len(window) > peak.count:
            peak = Peak(len(window), at)
    return peak


def gauge(times: Sequence[datetime], standing: int, midnight: datetime, now: datetime) -> Gauge:
    """`times` are those of the alarms since midnight and of some hours before, oldest first."""
    flood = next((flood for flood in floods_of(times, now) if flood.end is None), None)
    return Gauge(
        today=sum(at >= midnight for at in times),
        in_ten_minutes=sum(now - at < WINDOW for at in times),
        flooded_since=flood.begin if flood else None,
        standing=standing,
    )
