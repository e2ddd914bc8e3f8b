"""Schedules, with China's holidays and the workdays that make up for them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.access.calendar import Calendar
from gateway.config.access import HolidaySection, SpanSection
from tests.access.doors import ZONE


def covers(span: dict, local: str, **holidays) -> bool:
    at = datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(UTC)
    return Calendar(HolidaySection(**holidays), ZONE).covers([SpanSection.model_validate(span)], at)


@pytest.mark.parametrize(
    ("day", "workday", "holiday"),
    [
        ("2026-11-25", True, False),  # a Wednesday
        ("2026-11-28", False, False),  # a Saturday
        ("2026-10-01", False, True),  # National Day
        ("2026-02-14", True, False),  # a Saturday that makes up for the Spring Festival
        ("2026-02-23", False, True),  # … and the Monday that it makes up for
        ("2027-10-01", False, True),  # a year whose arrangements are not published yet
    ],
)
def test_days(day, workday, holiday):
    noon = f"{day}T12:00"
    assert covers({"days": ["workdays"]}, noon) is workday
    assert covers({"days": ["days_off"]}, noon) is not workday
    assert covers({"days": ["holidays"]}, noon) is holiday


def test_the_compounds_own_days():
    assert not covers({"days": ["workdays"]}, "2026-11-25T12:00", off=["2026-11-25"])
    assert covers({"days": ["workdays"]}, "2026-11-28T12:00", worked=["2026-11-28"])
    assert covers({"days": ["workdays"]}, "2026-10-01T12:00", calendar="none")


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin():
    night = {"days": ["fri"], "hours": "22:00-06:00"}
    for at, expected in (
        ("2026-11-27T21:59", False),
        ("2026-11-27T22:00", True),
        ("2026-11-28T05:59", True),
        ("2026-11-28T06:00", False),
        ("2026-11-28T23:00", False),
        ("2026-11-27T03:00", False),
    ):
        assert covers(night, at) is expected, at
