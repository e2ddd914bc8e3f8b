"""An alert's life, one fact at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.desk.lifecycle import (
    ALLOWED,
    DecisionOnEvent,
    cleared,
    folds_into,
    raised,
    repeated,
    stepped,
    validate_step,
)
from gateway.errors import Conflict, Refused
from gateway.model import AlertState, Disposition, Raise, Severity, Signal, Step, Words

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
RAISE = Raise("n1", Severity.HIGH, "wall/n1", Words("北墙报警", "North wall alarm"), "wall-n1")


def decided(after: timedelta = timedelta(), **data) -> DecisionOnEvent:
    signal = Signal(device="wall-n1", kind="zone.alarm", received=NOW + after, number=7, data=data)
    return DecisionOnEvent("wall", RAISE, signal)


def step(action: str, note: str = "", **data) -> Step:
    return Step("a", action, "王", NOW, note, data)


ALERT = raised(decided(), RAISE)


def test_deciding_the_same_again_names_the_same_alert():
    once = decided()
    assert raised(once, RAISE) == raised(once, RAISE)
    assert raised(decided(), RAISE).id != raised(once, RAISE).id, "another signal is another cause"


@pytest.mark.parametrize("said", ["../../secrets", "one", "A" * 64, "a" * 64 + "\n", 5, {"a": 1}, ["b"], ""])
def test_what_is_no_name_of_a_picture_is_none(said):
    """An older gateway's journal may hold what a device said."""
    assert raised(decided(snapshot=said), RAISE).snapshot is None


def test_a_repeat_counts_and_keeps_the_first_time_and_snapshot():
    first = raised(decided(snapshot="1" * 64), RAISE)
    again = repeated(first, decided(timedelta(seconds=9), snapshot="2" * 64), replace(RAISE, severity=Severity.LOW))
    assert (again.count, again.raised_at, again.snapshot) == (2, NOW, "1" * 64)
    assert again.last_at == NOW + timedelta(seconds=9)
    assert again.severity is Severity.HIGH, "it never gets less severe"


def test_restoring_never_closes_and_a_repeat_undoes_it():
    over = cleared(ALERT, NOW)
    assert (over.state, over.restored_at) == (AlertState.NEW, NOW)
    assert repeated(over, decided(), RAISE).restored_at is None


def test_what_was_over_and_seen_to_is_a_new_situation_after_a_while():
    seen_to = stepped(ALERT, step("acknowledge"))
    over = cleared(seen_to, NOW)
    later = NOW + timedelta(minutes=10)
    assert not folds_into(over, later)
    assert folds_into(over, NOW + timedelta(minutes=1)), "a chattering zone is one alert"
    assert folds_into(seen_to, later), "it was never over"
    assert folds_into(cleared(ALERT, NOW), later), "nobody has seen to it yet"


def test_a_clock_set_back_hides_no_new_situation_and_dates_nothing_in_the_future():
    hour = timedelta(hours=1)
    over = cleared(stepped(ALERT, step("acknowledge")), NOW)
    assert not folds_into(over, NOW - hour)
    assert repeated(ALERT, decided(-hour), RAISE).last_at == NOW - hour


@pytest.mark.parametrize("action", sorted(set(ALLOWED) - {"acknowledge", "answer", "assign", "note"}))
def test_a_new_alert_is_acknowledged_before_anything_else(action):
    with pytest.raises(Conflict):
        stepped(ALERT, step(action, disposition="real"))


def test_the_way_from_new_to_closed():
    alert = stepped(ALERT, step("acknowledge"))
    assert alert.assignee == "王"
    alert = stepped(alert, step("on-scene"))
    alert = stepped(alert, step("hold"))
    alert = stepped(alert, step("close", disposition="nuisance"))
    assert (alert.state, alert.disposition) == (AlertState.CLOSED, Disposition.NUISANCE)
    with pytest.raises(Conflict):
        stepped(alert, step("acknowledge"))


def test_closing_takes_a_disposition_and_a_note_its_text():
    for bad in (step("close"), step("close", disposition="whatever"), step("note", "  "), step("dance")):
        with pytest.raises(Refused):
            validate_step(bad)
