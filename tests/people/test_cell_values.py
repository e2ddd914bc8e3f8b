"""Dates of a list mean days of the compound, and come out as they went in."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.people.cell_values import CellFault, moment, moment_text

CHINA, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("text", ["2026-11-30", "2026/11/30", "2026.11.30", "2026年11月30日", "2026-11-30 00:00"])
def test_a_day_begins_at_the_compounds_midnight(text):
    assert moment(text, CHINA) == datetime(2026, 11, 29, 16, tzinfo=UTC)


def test_a_last_day_counts_to_its_end():
    assert moment("2026-11-30", CHINA, whole_day=True) == datetime(2026, 11, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-02-30", "0001-01-01", "9999-12-31", "yesterday", "20261130x", "-1", "2026-11"])
def test_what_is_no_date(text):
    with pytest.raises(CellFault):
        moment(text, CHINA)


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),  # they are UTC
    st.sampled_from([CHINA, BERLIN, ZoneInfo("UTC")]),
    st.booleans(),
)
def test_every_time_comes_out_as_it_went_in(at, zone, whole_day):
    assert moment(moment_text(at, zone, whole_day=whole_day), zone, whole_day=whole_day) == at


def test_a_time_is_the_compounds_own():
    assert moment_text(datetime(2026, 11, 30, 8, tzinfo=UTC), CHINA) == "2026-11-30 16:00:00"
    assert moment_text(None, CHINA) == ""
