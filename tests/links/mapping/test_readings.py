"""States and events read from any message, whatever comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput
from gateway.links.mapping.formats import FORMATS
from gateway.links.mapping.orders import Order
from gateway.links.mapping.paths import LARGEST, look_up, message_of
from gateway.links.mapping.readings import Event, Known, Match, State, details

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
leak = State.model_validate({"of": "leak", "on": "water.alarm", "off": "water.restored"})
hot = State.model_validate({"of": "temp", "above": 57.5, "on": "fire.alarm", "off": "fire.restored"})


def heard(known: Known, *messages: Any) -> list[str]:
    kinds = []
    for message in messages:
        for said in known.news(message):
            kinds.append(said.kind)
            known.keep(said)
    return kinds


def test_a_state_is_told_when_it_changes() -> None:
    assert heard(Known([leak]), *({"leak": value} for value in (False, True, True, False, False))) == [
        "water.alarm",
        "water.restored",
    ]


def test_what_holds_at_the_start_is_told_as_a_state_and_what_does_not_is_no_news() -> None:
    (said,) = Known([leak]).news({"leak": True})
    assert said.data == {"from_status": True}
    assert heard(Known([leak]), {"leak": False}) == []


def test_what_was_not_committed_is_told_again() -> None:
    known = Known([leak])
    assert [said.kind for said in known.news({"leak": True})] == ["water.alarm"]
    assert [said.kind for said in known.news({"leak": True})] == ["water.alarm"]


def test_a_message_that_does_not_speak_of_it_changes_nothing() -> None:
    assert heard(Known([leak, hot]), {"leak": True}, {"temp": "warm"}, {"other": 1}, {"temp": True}, 7) == [
        "water.alarm"
    ]


@pytest.mark.parametrize(
    ("value", "wanted", "fits"),
    [("ON", "on", True), (1, True, False), (True, True, True), (1, 1.0, True), ("1", 1, False), (0, False, False)],
)
def test_sameness(value: object, wanted: object, fits: bool) -> None:
    assert Match.model_validate({"of": "v", "is": wanted}).fits({"v": value}) is fits


@given(anything)
def test_no_message_upsets_any_format(message: Any) -> None:
    for known in FORMATS.values():
        message = known.read("b/status/x", "b", message)
        list(Known(known.states).news(message, {"topic"}))
        for event in known.events:
            event.fits(message)
        details(message, dict(known.details))


@given(st.binary(max_size=300))
def test_any_payload_is_a_message_or_bad(payload: bytes) -> None:
    try:
        message = message_of(payload)
    except BadInput:
        return
    look_up("a.b[0] || @", message)


def test_what_is_too_much_is_bad() -> None:
    for payload in (b"x" * (LARGEST + 1), b"[" * 50 + b"]" * 50, b"\xff"):
        with pytest.raises(BadInput):
            message_of(payload)
    assert message_of(b"[" * 60_000).startswith("[")  # no JSON: its text


def test_an_expression_that_does_not_suit_the_message_finds_nothing() -> None:
    assert look_up("length(@)", 7) is None
    assert Event.model_validate({"of": "sum(v)", "is": 3, "kind": "panic.pressed"}).fits({"v": "x"}) is False


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("1e999", {}),
        ("NaN", {}),
        ('"\\ud800 lone"', {"v": "? lone"}),
        ("9" * 400, {"v": "9" * 200}),
        ("[1]", {}),
    ],
)
def test_what_no_record_can_hold_is_not_told_on(told: str, kept: dict[str, Any]) -> None:
    message = message_of(f'{{"v": {told}, "leak": true}}'.encode())
    assert details(message, {"v": "v"}) == kept
    assert (
        heard(Known([leak, State.model_validate({"of": "v", "above": 5, "on": "x.much"})]), message)[0] == "water.alarm"
    )


def test_a_byte_order_mark_is_none_of_the_message() -> None:
    assert message_of(b"\xef\xbb\xbf{}") == {}


def test_more_than_one_value_says_nothing_of_a_state() -> None:
    assert heard(Known([leak]), {"leak": True}, {"leak": {"Action": "OFF"}}, {"leak": []}) == ["water.alarm"]


def test_an_argument_is_filled_in_once() -> None:
    order = Order.model_validate(
        {"topic": "t", "payload": '{"a": {a}, "b": "{b}", "c": {}}', "takes": ["a", "b"], "confirm": {"of": "x"}}
    )
    assert order.filled({"a": "{b}", "b": "{base}"}, "x") == b'{"a": {b}, "b": "{base}", "c": {}}'


def test_long_values_are_cut_and_structures_left_out() -> None:
    message = json.loads('{"a": "' + "x" * 500 + '", "b": [1], "c": 2}')
    assert details(message, {"a": "a", "b": "b", "c": "c", "d": "d"}) == {"a": "x" * 200, "c": 2}
