"""States and events read from any message, whatever comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput, CommandFailed
from gateway.protocols.mapping.formats import FORMATS
from gateway.protocols.mapping.mapped_commands import MappedCommand
from gateway.protocols.mapping.paths import MAX_BYTES, look_up, read_message
from gateway.protocols.mapping.states import MappedEvent, MappedState, StateTracker, ValueMatch, details

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
leak = MappedState.model_validate({"of": "leak", "on": "water.alarm", "off": "water.restored"})
hot = MappedState.model_validate({"of": "temp", "above": 57.5, "on": "fire.alarm", "off": "fire.restored"})


def heard(known: StateTracker, *messages: Any) -> list[str]:
    kinds = []
    for message in messages:
        for said in known.changes(message):
            kinds.append(said.kind)
            known.commit(said)
    return kinds


def test_a_state_is_told_when_it_changes() -> None:
    assert heard(StateTracker([leak]), *({"leak": value} for value in (False, True, True, False, False))) == [
        "water.alarm",
        "water.restored",
    ]


def test_what_holds_at_the_start_is_told_as_a_state_and_what_does_not_is_no_news() -> None:
    (said,) = StateTracker([leak]).changes({"leak": True})
    assert said.data == {"from_status": True}
    assert heard(StateTracker([leak]), {"leak": False}) == []


def state(holds: object, **more: object) -> MappedState:
    return MappedState.model_validate({"of": "v", "is": holds, "on": "zone.alarm", "off": "zone.restored", **more})


NO_END = ["unknown", "unavailable", "", None, "null", [], {}, {"a": 1, "b": 2}, float("nan"), float("inf"), "NaN"]


@pytest.mark.parametrize(
    ("one", "ends", "says_no_more"),
    [
        (state(False), [True, "true", "True"], [*NO_END, 1, 0, "garbage", "ON"]),
        (state(True), [False, "false", "False"], [*NO_END, 0, "garbage", "OFF"]),
        (state("on"), ["off", "OFF"], [*NO_END, "garbage", "toggle", False, 0]),
        (state("open"), ["closed", "close"], [*NO_END, "half", "opening"]),
        (state("UNLOCK"), ["LOCK", "locked"], [*NO_END, "not_fully_locked"]),
        (state("alarm"), ["normal", "ok"], [*NO_END, "garbage"]),
        (state(1), [0], [*NO_END, 2, -1, "0", False]),
        (state([1, 2]), [0], [*NO_END, 3, "0"]),
        (state(["mild", "heavy"], **{"not": "none"}), ["none"], [*NO_END, "test", "garbage"]),
        (state("AUSGELÖST"), ["RUHE"], [*NO_END, 0, False]),
        (state(7), [5, 6.5], [*NO_END, "5", True]),
        (state(False, **{"not": [True, "true"]}), [True, "TRUE"], [*NO_END, "garbage"]),
    ],
)
def test_a_state_ends_with_its_opposite_alone(one: MappedState, ends: list[Any], says_no_more: list[Any]) -> None:
    values = one.values if isinstance(one.values, tuple) else (one.values,)
    known = StateTracker([one])
    for value in ends:
        kinds = heard(known, {"v": values[0]}, *({"v": each} for each in says_no_more), {"v": value})
        assert kinds == ["zone.alarm", "zone.restored"]
    assert [one.unknown_value({"v": each}) is None for each in says_no_more if each is None] == [True]
    assert all(one.unknown_value({"v": each}) for each in says_no_more if each is not None)
    assert one.unknown_value({"v": ends[0]}) is one.unknown_value({"v": values[0]}) is one.unknown_value({}) is None


@pytest.mark.parametrize("measure", [{"above": 50}, {"below": 50}])
def test_no_number_is_above_or_below(measure: dict[str, Any]) -> None:
    known = StateTracker([state(True, **measure)])
    for value in (*NO_END, "Infinity", "-inf", True, "hot", 10**400):
        assert heard(known, {"v": value}) == []


@pytest.mark.parametrize(
    "value", ["60.5 °C", "60.5°C", "60,5", "60,5 C", "+60.5℃", "60.5", " 60 ", "60%", "61 ppm", "61 mg/m3"]
)
def test_a_number_with_its_unit_is_a_number(value: str) -> None:
    assert hot.is_on({"temp": value}) is True
    assert hot.is_on({"temp": value.replace("6", "1")}) is False
    assert hot.is_on({"temp": f"about {value}"}) is None


def test_what_tasmota_says_at_once_and_in_telemetry_is_one_value() -> None:
    switch = MappedState.model_validate({"of": "Switch1", "is": "ON", "on": "zone.tampered", "off": "zone.restored"})
    read, base = FORMATS["tasmota"].read, "siren_gate"
    said = [
        ("stat/siren_gate/RESULT", {"Switch1": {"Action": "ON"}}),
        ("tele/siren_gate/SENSOR", {"Time": "2026-11-22T08:00:00", "Switch1": "ON"}),
        ("stat/siren_gate/RESULT", {"Switch1": {"Action": "OFF"}}),
        ("stat/siren_gate/SWITCH1", "ON"),
        ("stat/siren_gate/SWITCH1", {"ACTION": "OFF"}),
        ("stat/siren_gate/RESULT", {"Switch1": {"Action": "TOGGLE"}}),
        ("tele/siren_gate/STATE", {"POWER": "ON"}),
        ("stat/siren_gate/SWITCH1", {"STATE": "ON"}),
        ("stat/siren_gate/STATUS10", {"StatusSNS": {"Time": "2026-11-22T08:00:00", "Switch1": "OFF"}}),
    ]
    known = StateTracker([switch])
    assert heard(known, *(read(topic, base, each) for topic, each in said)) == [
        "zone.tampered",
        "zone.restored",
        "zone.tampered",
        "zone.restored",
        "zone.tampered",
        "zone.restored",
    ]
    pressed = MappedEvent.model_validate({"of": "Button1", "is": "SINGLE", "kind": "panic.pressed"})
    assert pressed.fits({"Button1": {"Action": "SINGLE"}})
    assert pressed.fits(read("stat/siren_gate/BUTTON1", base, {"ACTION": "SINGLE"}))
    assert not pressed.fits({"Button1": {"Action": "CLEAR"}})


def test_what_was_not_committed_is_told_again() -> None:
    known = StateTracker([leak])
    assert [said.kind for said in known.changes({"leak": True})] == ["water.alarm"]
    assert [said.kind for said in known.changes({"leak": True})] == ["water.alarm"]


def test_a_message_that_does_not_speak_of_it_changes_nothing() -> None:
    assert heard(StateTracker([leak, hot]), {"leak": True}, {"temp": "warm"}, {"other": 1}, {"temp": True}, 7) == [
        "water.alarm"
    ]


@pytest.mark.parametrize(
    ("value", "wanted", "fits"),
    [
        ("ON", "on", True),
        ("True", True, True),
        (" false", False, True),
        ("1", True, False),
        (1, True, False),
        (True, True, True),
        (1, 1.0, True),
        ("1", 1, False),
        (0, False, False),
    ],
)
def test_sameness(value: object, wanted: object, fits: bool) -> None:
    assert ValueMatch.model_validate({"of": "v", "is": wanted}).fits({"v": value}) is fits


@given(anything)
def test_no_message_upsets_any_format(message: Any) -> None:
    for known in FORMATS.values():
        message = known.read("b/status/x", "b", message)
        list(StateTracker(known.states).changes(message, {"topic"}))
        for event in known.events:
            event.fits(message)
        details(message, dict(known.details))


@given(st.binary(max_size=300))
def test_any_payload_is_a_message_or_bad(payload: bytes) -> None:
    try:
        message = read_message(payload)
    except BadInput:
        return
    look_up("a.b[0] || @", message)


def test_what_is_too_much_is_bad() -> None:
    for payload in (b"x" * (MAX_BYTES + 1), b"[" * 50 + b"]" * 50, b"\xff"):
        with pytest.raises(BadInput):
            read_message(payload)
    assert read_message(b"[" * 60_000).startswith("[")  # no JSON: its text


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "\ud800", [float("-inf")], {1, 2}])
def test_what_no_device_can_be_sent_is_no_argument(value: Any) -> None:
    order = MappedCommand.model_validate(
        {"topic": "t", "payload": '{"on": {v}}', "takes": ["v"], "confirm": {"of": "v"}}
    )
    with pytest.raises(CommandFailed, match="argument v can't be sent"):
        order.render({"v": value}, "b")
    assert order.render({"v": [1, "开"]}, "b") == '{"on": [1, "开"]}'.encode()


def test_an_expression_that_does_not_suit_the_message_finds_nothing() -> None:
    assert look_up("length(@)", 7) is None
    assert MappedEvent.model_validate({"of": "sum(v)", "is": 3, "kind": "panic.pressed"}).fits({"v": "x"}) is False


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
    message = read_message(f'{{"v": {told}, "leak": true}}'.encode())
    assert details(message, {"v": "v"}) == kept
    assert (
        heard(StateTracker([leak, MappedState.model_validate({"of": "v", "above": 5, "on": "x.much"})]), message)[0]
        == "water.alarm"
    )


def test_a_byte_order_mark_is_none_of_the_message() -> None:
    assert read_message(b"\xef\xbb\xbf{}") == {}


def test_more_than_one_value_says_nothing_of_a_state() -> None:
    assert heard(StateTracker([leak]), {"leak": True}, {"leak": {"Action": "OFF"}}, {"leak": []}) == ["water.alarm"]


def test_an_argument_is_filled_in_once() -> None:
    order = MappedCommand.model_validate(
        {"topic": "t", "payload": '{"a": {a}, "b": "{b}", "c": {}}', "takes": ["a", "b"], "confirm": {"of": "x"}}
    )
    assert order.render({"a": "{b}", "b": "{base}"}, "x") == b'{"a": {b}, "b": "{base}", "c": {}}'


def test_long_values_are_cut_and_structures_left_out() -> None:
    message = json.loads('{"a": "' + "x" * 500 + '", "b": [1], "c": 2}')
    assert details(message, {"a": "a", "b": "b", "c": "c", "d": "d"}) == {"a": "x" * 200, "c": 2}
