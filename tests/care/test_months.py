"""A year of invented lives: how often care was wrong, and how long it took when it was needed. Prints a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

import pytest

from gateway.model import Raise
from tests.care.lives import FIRST, Life, Watch, agreed, rule

DAYS, LEARNING = 365, 60
SEEDS = range(3)


@dataclass
class Result:
    false_a_year: float
    noticed: Sequence[float]
    """Hours from the last sign of life to the first alert, for falls at odd hours."""


def year(life: Life, hours: float) -> int:
    """How many silences became a matter in a year without any need."""
    watch = Watch(rule())
    watch.feed(agreed(FIRST, hours))
    for event in life.events(DAYS):
        watch.feed(event)
    return len([1 for _, decision in watch.decided if isinstance(decision, Raise) and decision.severity.word == "low"])


def fall(life: Life, hours: float, at: datetime) -> float:
    """Hours until the first alert when the person falls at this time."""
    watch = Watch(rule())
    watch.feed(agreed(FIRST, hours))
    last = FIRST
    for event in life.events(LEARNING + 5):
        if event.time >= at:
            break
        watch.feed(event)
        last = event.time
    watch.decided.clear()
    watch.pass_until(at + timedelta(days=3))
    first = next(when for when, decision in watch.decided if isinstance(decision, Raise))
    return (first - last).total_seconds() / 3600


LIVES = {
    "regular": Life(0, regular=0.4, trips=0, day_trips=0),
    "day trips": Life(0, regular=0.6, trips=0, day_trips=0.05),
    "journeys told": Life(0, regular=0.6, trips=4, told=1.0, day_trips=0.02),
    "journeys not told": Life(0, regular=0.6, trips=4, told=0.0, day_trips=0.02),
    "water meter only": Life(0, regular=0.6, trips=0, day_trips=0, motion=False),
}


def measured(name: str, hours: float) -> Result:
    life = LIVES[name]
    found = [year(replace(life, seed=seed), hours) for seed in SEEDS]
    falls = [FIRST + timedelta(days=LEARNING, hours=hour) for hour in (2, 7.5, 10, 13, 17, 21)]
    return Result(sum(found) / len(found), [fall(life, hours, at) for at in falls])


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, float], Result]:
    return {(name, hours): measured(name, hours) for name in LIVES for hours in (12.0, 24.0)}


def test_the_table(table, capsys):
    lines = ["", "life                 hours  false alarms a year   hours until noticed (median, most)"]
    for (name, hours), result in table.items():
        noticed = f"{median(result.noticed):5.1f} {max(result.noticed):5.1f}"
        lines.append(f"{name:20} {hours:5.0f} {result.false_a_year:10.1f} {noticed:>24}")
    with capsys.disabled():
        sys.stdout.write("\n".join([*lines, ""]))
    assert table["regular", 12.0].false_a_year <= 1
    assert table["regular", 24.0].false_a_year <= 1
    assert table["journeys told", 24.0].false_a_year <= 1
    assert table["journeys not told", 24.0].false_a_year >= 2, "the away switch is what they need"
    assert max(table["regular", 12.0].noticed) <= 24, "twelve hours, and a night that waits for a decent hour"


def test_a_habit_is_noticed_sooner_than_the_time_that_was_chosen(table):
    assert median(table["regular", 24.0].noticed) < 20
