"""When shifts begin and end, by the compound's clock."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.config.desk import Shift
from gateway.handover.shifts import last_ended, next_to_end

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
SHIFTS = [
    Shift.model_validate({"name": "白班", "hours": "08:00-20:00"}),
    Shift.model_validate({"name": "夜班", "hours": "20:00-08:00"}),
]


def utc(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)


def test_the_shift_that_ended_last_and_the_one_that_ends_next():
    at = utc(2026, 11, 30, 15, 0)  # 23:00 in Shanghai
    day, night = last_ended(SHIFTS, at, SHANGHAI), next_to_end(SHIFTS, at, SHANGHAI)
    assert (day.shift.name, day.began, day.ended) == ("白班", utc(2026, 11, 30, 0), utc(2026, 11, 30, 12))
    assert (night.shift.name, night.began, night.ended) == ("夜班", utc(2026, 11, 30, 12), utc(2026, 12, 1, 0))


def test_at_the_very_moment_a_shift_has_ended():
    assert last_ended(SHIFTS, utc(2026, 12, 1, 0), SHANGHAI).shift.name == "夜班"
    assert next_to_end(SHIFTS, utc(2026, 12, 1, 0), SHANGHAI).shift.name == "白班"


def test_a_night_with_a_change_of_the_clock_has_another_length():
    night = last_ended(SHIFTS, utc(2026, 10, 25, 12), BERLIN)
    assert (night.ended - night.began).total_seconds() / 3600 == 13
    night = last_ended(SHIFTS, utc(2026, 3, 29, 12), BERLIN)
    assert (night.ended - night.began).total_seconds() / 3600 == 11


def test_without_shifts_there_is_none():
    assert last_ended([], utc(2026, 12, 1), SHANGHAI) is None
    assert next_to_end([], utc(2026, 12, 1), SHANGHAI) is None
