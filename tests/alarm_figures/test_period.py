"""Days, hours and shifts by the compound's clock, also on the two odd nights of the year."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.figures.counts import by_day, by_hour
from gateway.figures.period import DAY, NIGHT, Period, Shifts, night_before, start_of
from tests.alarm_figures.facts import SHANGHAI, T0, fact, period

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("utc", "hour", "shift", "shift_date"),
    [
        ((2026, 11, 2, 0, 0), 8, DAY, date(2026, 11, 2)),
        ((2026, 11, 2, 11, 59), 19, DAY, date(2026, 11, 2)),
        ((2026, 11, 2, 12, 0), 20, NIGHT, date(2026, 11, 2)),
        ((2026, 11, 2, 15, 59), 23, NIGHT, date(2026, 11, 2)),
        ((2026, 11, 2, 23, 59), 7, NIGHT, date(2026, 11, 2)),
    ],
)
def test_the_hour_and_shift_are_those_of_the_compounds_clock(utc, hour, shift, shift_date):
    local = period().local(datetime(*utc, tzinfo=UTC))
    assert (local.hour, local.shift, local.shift_date) == (hour, shift, shift_date)


def test_a_shift_may_begin_at_half_past():
    half_past = Period(T0, T0, SHANGHAI, Shifts(time(7, 30), time(19, 30)))
    assert half_past.local(datetime(2026, 11, 2, 11, 29, tzinfo=UTC)).shift == DAY
    assert half_past.local(datetime(2026, 11, 2, 11, 30, tzinfo=UTC)).shift == NIGHT


@pytest.mark.parametrize(
    ("morning", "hours"),
    [(date(2026, 3, 29), 11), (date(2026, 10, 25), 13), (date(2026, 6, 1), 12)],
    ids=["clocks forward", "clocks back", "any night"],
)
def test_a_night_has_as_many_hours_as_it_had(morning, hours):
    night = night_before(morning, BERLIN, Shifts())
    assert night.length == timedelta(hours=hours)
    assert night.end.astimezone(BERLIN).hour == 8


def test_an_hour_that_comes_twice_counts_both_and_one_that_is_skipped_none():
    back = Period(start_of(date(2026, 10, 25), BERLIN), start_of(date(2026, 10, 26), BERLIN), BERLIN)
    twice = [fact(raised_at=datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1)]
    assert [group.count for group in by_hour(twice, back)][2] == 2
    assert back.length == timedelta(hours=25)
    forward = Period(start_of(date(2026, 3, 29), BERLIN), start_of(date(2026, 3, 30), BERLIN), BERLIN)
    every_hour = [fact(raised_at=forward.begin + timedelta(hours=hour)) for hour in range(23)]
    counts = [group.count for group in by_hour(every_hour, forward)]
    assert counts[2] == 0
    assert sum(counts) == 23


def test_every_day_of_the_calendar_is_counted_also_an_empty_one():
    days = by_day([fact(0), fact(60 * 24 * 2)], period(3))
    assert [(day.day.isoformat(), day.count) for day in days] == [
        ("2026-11-02", 1),
        ("2026-11-03", 0),
        ("2026-11-04", 1),
        ("2026-11-05", 0),
    ]


def test_a_period_of_one_calendar_day_is_one_day():
    one = Period(start_of(date(2026, 11, 2), SHANGHAI), start_of(date(2026, 11, 3), SHANGHAI), SHANGHAI)
    assert list(one.days()) == [date(2026, 11, 2)]
