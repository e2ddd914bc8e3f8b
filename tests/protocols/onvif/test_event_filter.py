"""What is new in what a camera says, without any camera."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput
from gateway.model import is_kind
from gateway.protocols.onvif.event import OnvifEvent, Operation, parse_notification
from gateway.protocols.onvif.event_filter import MAX_STATES, TOPICS, OnvifEventFilter

CELL, ALARM = "RuleEngine/CellMotionDetector/Motion", "VideoSource/MotionAlarm"
TAMPER, DARK, SCENE = "RuleEngine/TamperDetector/Tamper", "VideoSource/ImageTooDark", "VideoSource/GlobalSceneChange"


def event(topic: str, value: str, operation: Operation = Operation.CHANGED, source: str = "1") -> OnvifEvent:
    known = next((meaning for name, meaning in TOPICS.items() if topic.startswith(name)), None)
    return OnvifEvent(topic, operation, None, (("Token", source),), ((known.item if known else "State", value),))


def kinds(event_filter: OnvifEventFilter, *events: OnvifEvent) -> list[str]:
    return [told.kind for told in map(event_filter.process, events) if told]


def test_every_meaning_is_a_kind_of_ours() -> None:
    assert all(is_kind(kind) for meaning in TOPICS.values() for kind in (meaning.begins, meaning.ends))


def test_a_condition_begins_and_ends_once() -> None:
    said = [event(CELL, value) for value in ("true", "true", "1", "false", "0")]
    assert kinds(OnvifEventFilter(), *said) == ["motion.started", "motion.ended"]


def test_the_state_at_the_start_is_no_event() -> None:
    first = [event(CELL, "false", Operation.INITIALIZED), event(TAMPER, "true", Operation.INITIALIZED)]
    event_filter = OnvifEventFilter()
    assert kinds(event_filter, *first) == []
    assert kinds(event_filter, event(TAMPER, "false"), event(CELL, "true")) == ["camera.restored", "motion.started"]


def test_two_topics_that_say_one_thing_make_one_signal() -> None:
    said = [event(CELL, "true"), event(ALARM, "true"), event(CELL, "false"), event(ALARM, "false")]
    assert kinds(OnvifEventFilter(), *said) == ["motion.started", "motion.ended"]


def test_restored_when_nothing_is_wrong_any_more() -> None:
    said = [event(TAMPER, "true"), event(SCENE, "true"), event(TAMPER, "false"), event(SCENE, "false")]
    assert kinds(OnvifEventFilter(), *said) == ["camera.covered", "camera.moved", "camera.restored"]


def test_an_end_of_what_began_before_we_listened_is_told() -> None:
    assert kinds(OnvifEventFilter(), event(TAMPER, "false")) == ["camera.restored"]


def test_a_rule_that_is_deleted_has_ended() -> None:
    assert kinds(OnvifEventFilter(), event(CELL, "true"), event(CELL, "true", Operation.DELETED)) == [
        "motion.started",
        "motion.ended",
    ]


def test_a_service_below_the_topic_is_the_same_topic() -> None:
    told = OnvifEventFilter().process(event(f"{DARK}/AnalyticsService", "true"))
    assert told is not None
    assert (told.kind, told.topic, told.source) == ("camera.covered", DARK, {"Token": "1"})


def test_what_is_not_wanted_is_passed_over() -> None:
    quiet = OnvifEventFilter(groups={"tamper"}, ignore={DARK})
    said = [event(CELL, "true"), event(DARK, "true"), event("Device/Trigger/Relay", "true"), event(TAMPER, "true")]
    assert kinds(quiet, *said) == ["camera.covered"]


def test_a_makers_own_name_for_the_only_item() -> None:
    said = OnvifEvent(TAMPER, Operation.CHANGED, None, (), (("Tampered", "true"),))
    assert kinds(OnvifEventFilter(), said) == ["camera.covered"]
    said = OnvifEvent(TAMPER, Operation.CHANGED, None, (), (("A", "true"), ("B", "1")))
    assert kinds(OnvifEventFilter(), said) == []


@pytest.mark.parametrize("value", ["", "yes", "truee", "2"])
def test_a_value_that_says_nothing_changes_nothing(value: str) -> None:
    assert kinds(OnvifEventFilter(), event(CELL, value)) == []


@given(
    st.lists(
        st.builds(
            event,
            st.sampled_from([*TOPICS, f"{DARK}/X", "Other"]),
            st.sampled_from(["true", "false", "?"]),
            st.sampled_from(Operation),
            st.integers(0, 400).map(str),
        ),
        max_size=400,
    )
)
def test_memory_is_bounded_and_signals_alternate(said: list[OnvifEvent]) -> None:
    event_filter = OnvifEventFilter(groups={"motion"})
    told = [one for one in map(event_filter.process, said) if one]
    assert len(event_filter._states) <= MAX_STATES
    starts = [one.begins for one in told]
    assert not any(a and b for a, b in pairwise(starts))


anything = st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.binary(max_size=9) | st.datetimes()
items = st.none() | st.lists(st.builds(SimpleNamespace, Name=anything, Value=anything), max_size=40) | anything
holders = st.none() | st.builds(SimpleNamespace, SimpleItem=items) | anything
messages = (
    st.none()
    | anything
    | st.builds(SimpleNamespace, UtcTime=anything, PropertyOperation=anything, Source=holders, Data=holders)
)


@given(anything, messages)
def test_any_notification_is_read_or_refused(topic: object, message: object) -> None:
    notification = SimpleNamespace(Topic=SimpleNamespace(_value_1=topic), Message=SimpleNamespace(_value_1=message))
    with suppress(BadInput):
        made = parse_notification(notification)
        assert len(made.source) <= 32
        OnvifEventFilter().process(made)
