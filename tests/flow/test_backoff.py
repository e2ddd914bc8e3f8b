"""How long a device is left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.errors import LinkLost, LoginRefused
from gateway.flow import backoff
from gateway.flow.backoff import Backoff

SHORT, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch):
    monkeypatch.setattr(backoff.random, "uniform", lambda _least, most: most)


def test_pauses_double_up_to_a_minute_and_begin_anew_after_a_steady_line():
    pauses = Backoff(MINUTE)
    assert [pauses.after(LinkLost("gone"), SHORT) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pauses.after(LinkLost("gone"), backoff.STABLE + SHORT) == 1


def test_a_line_of_alarms_is_tried_more_often():
    pauses = Backoff(timedelta(seconds=5))
    assert [pauses.after(LinkLost("gone"), SHORT) for _ in range(5)] == [1, 2, 4, 5, 5]


def test_after_a_refused_login_it_is_minutes_for_accounts_get_locked():
    pauses = Backoff(MINUTE)
    assert pauses.after(LinkLost("gone"), SHORT) == 1
    minutes = [pauses.after(LoginRefused("401"), SHORT) / 60 / 1.1 for _ in range(5)]
    assert minutes == pytest.approx([5, 10, 20, 30, 30])
    assert pauses.after(LinkLost("the camera starts again"), SHORT) == 2, "its line is another matter"
    assert pauses.after(LoginRefused("401"), SHORT) / 60 / 1.1 == pytest.approx(30)
