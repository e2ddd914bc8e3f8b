"""How many alerts, by what; and how much of it was worth a guard's walk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gateway.figures.facts import AlertFact
from gateway.figures.period import Period
from gateway.model import Disposition

MOST_GROUPS = 50
"""Groups of one list; the rest is counted in one more with the key of `REST`."""
REST = "…"


@dataclass(frozen=True, slots=True)
class Group:
    """`worthless`: closed as nuisance or false. `judged`: these and the real ones."""

    key: str
    count: int
    judged: int
    worthless: int

    @property
    def share(self) -> float | None:
        """The nuisance share: of the judged ones, how many were worthless. None when none was judged."""
        return self.worthless / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day of the compound's calendar."""

    day: date
    count: int
    worthless: int


def by(alerts: Iterable[AlertFact], key: Callable[[AlertFact], str], most: int = MOST_GROUPS) -> list[Group]:
    """The alerts in groups, the largest first; equal ones by their key."""
    groups = sorted(_grouped(alerts, key), key=lambda group: (-group.count, group.key))
    return [*groups[: most - 1], _together(groups[most - 1 :])] if len(groups) > most else groups


def by_hour(alerts: Iterable[AlertFact], period: Period) -> list[Group]:
    """The 24 hours of the compound's clock, also those without any."""
    found = {group.key: group for group in _grouped(alerts, lambda alert: str(period.local(alert.raised_at).hour))}
    return [found.get(str(hour), Group(str(hour), 0, 0, 0)) for hour in range(24)]


def by_day(alerts: Iterable[AlertFact], period: Period) -> list[DayCount]:
    """Every day of the period, also those without any."""
    counts = dict.fromkeys(period.days(), (0, 0))
    for alert in alerts:
        day = period.local(alert.raised_at).day
        count, worthless = counts.get(day, (0, 0))
        counts[day] = count + 1, worthless + alert.is_worthless
    return [DayCount(day, *numbers) for day, numbers in counts.items()]


def dispositions(alerts: Iterable[AlertFact]) -> Mapping[str, int]:
    """How many were closed as what; `open`: not closed yet."""
    counts = {"open": 0, **{each.value: 0 for each in Disposition}}
    for alert in alerts:
        counts[alert.disposition.value if alert.disposition else "open"] += 1
    return counts


def _grouped(alerts: Iterable[AlertFact], key: Callable[[AlertFact], str]) -> list[Group]:
    counts: dict[str, list[int]] = {}
    for alert in alerts:
        numbers = counts.setdefault(key(alert), [0, 0, 0])
        numbers[0] += 1
        numbers[1] += alert.is_judged
        numbers[2] += alert.is_worthless
    return [Group(name, *numbers) for name, numbers in counts.items()]


def _together(groups: Sequence[Group]) -> Group:
    sums = (sum(getattr(group, name) for group in groups) for name in ("count", "judged", "worthless"))
    return Group(REST, *sums)
