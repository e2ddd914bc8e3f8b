"""One contact and one output, with time that is told and not waited for."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocols.contacts.contact import Contact, ContactSpec
from gateway.protocols.contacts.debounce import Debounce
from gateway.protocols.contacts.order import Order
from gateway.protocols.contacts.output import PATIENCE_S, Output, OutputSpec

ZONE = ContactSpec("zone-1", "zone.alarm", "zone.restored")
LOOP = ContactSpec("zone-2", "zone.alarm", "zone.restored", normally_closed=True)
DOOR = ContactSpec("door-1", "door.opened", "door.closed")
BUTTON = ContactSpec("exit-1", "exit.requested", None)


def told(spec: ContactSpec, *closed: bool | None) -> list[str]:
    """What a contact tells for these looks a second apart; None: its module does not answer."""
    contact, said = Contact(spec), []
    for second, position in enumerate(closed):
        if position is None:
            contact.forget()
        else:
            contact.see(position, second)
        if news := contact.news():
            said.append(news.kind + (" found" if news.data.get("from_status") else ""))
    return said


def test_a_position_counts_once_it_has_lasted() -> None:
    lasting = Debounce(0.2)
    assert lasting.see(False, 0.0)
    assert [lasting.see(p, t) for p, t in ((True, 1.0), (False, 1.1), (True, 1.2), (True, 1.3))] == [False] * 4
    assert lasting.see(True, 1.5)
    assert lasting.position is True


@given(st.lists(st.booleans(), min_size=1), st.floats(0, 3))
def test_it_never_turns_faster_than_it_may(looks: list[bool], seconds: float) -> None:
    lasting, turns = Debounce(seconds), []
    for second, look in enumerate(looks):
        if lasting.see(look, float(second)):
            turns.append(second)
            assert lasting.position is look
    assert all(later - earlier >= seconds for earlier, later in pairwise(turns))


def test_what_closes_is_told_and_what_opens_again_too() -> None:
    assert told(ZONE, False, True, True, False) == ["zone.alarm", "zone.restored"]
    assert told(LOOP, True, False, True) == ["zone.alarm", "zone.restored"]


def test_the_first_look_tells_states_and_no_events() -> None:
    assert told(ZONE, True, False) == ["zone.alarm found", "zone.restored"]
    assert told(DOOR, True) == ["door.opened found"]
    assert told(DOOR, False) == []
    assert told(BUTTON, True, False, True) == ["exit.requested"]


def test_what_changed_unseen_is_found() -> None:
    assert told(DOOR, False, None, True, None, True, False) == ["door.opened found", "door.closed"]
    assert told(BUTTON, False, None, True) == []


def an_output(**more) -> Output:
    output = Output(OutputSpec("siren", **more))
    output.see(False, 0.0)
    return output


def test_an_order_is_done_when_the_module_says_so() -> None:
    output, order = an_output(), Order("siren", "on")
    output.order(order, True, None)
    assert (output.wants(), order.over) == (True, False)
    output.see(False, 1.0)
    assert (output.wants(), order.over) == (True, False)
    output.see(True, 2.0)
    assert (output.wants(), order.done) == (None, True)


def test_a_pulse_ends_by_itself_and_is_counted_from_its_confirmation() -> None:
    output, order = an_output(), Order("strike", "pulse")
    output.order(order, True, 3.0)
    output.see(True, 10.0)
    assert output.next_at() == 13.0
    output.tick(12.9)
    assert output.wants() is None
    output.tick(13.0)
    assert output.wants() is False


def test_what_nobody_waits_for_is_not_done_late() -> None:
    output, order = an_output(), Order("siren", "on")
    output.order(order, True, None)
    output.withdraw(order)
    assert output.wants() is None
    output.order(order, True, 3.0)  # a pulse that was never confirmed may have begun all the same
    output.withdraw(order)
    output.see(True, 5.0)
    assert output.wants() is False


def test_a_module_that_goes_away_fails_the_order() -> None:
    output, order = an_output(), Order("siren", "on")
    output.order(order, True, None)
    output.forget()
    assert str(order.failed) == "its module does not answer"
    output.see(False, 9.0)
    assert output.wants() is None


def test_what_is_on_for_too_long_goes_off_whoever_switched_it() -> None:
    output = an_output(longest=180.0)
    output.see(True, 100.0)
    output.tick(279.0)
    assert output.wants() is None
    output.tick(280.0)
    assert output.wants() is False


def test_held_it_stays_and_let_go_it_rests() -> None:
    output, order = an_output(), Order("siren", "on")
    output.order(order, True, None)
    output.hold(True)
    assert order.failed
    output.see(True, 1.0)
    output.see(False, 2.0)  # somebody switches it at the module
    assert output.wants() is True
    output.see(True, 3.0)
    output.hold(None)
    assert output.wants() is False


def test_an_output_that_stays_amiss_is_a_fault() -> None:
    output = an_output()
    output.hold(True)
    output.tick(1.0)
    assert list(output.news(1.0)) == []
    output.tick(1.0 + PATIENCE_S)
    assert [news.kind for news in output.news(1.0 + PATIENCE_S)] == ["device.faulted"]
    output.see(True, 9.0)
    assert [news.kind for news in output.news(9.0)] == ["device.restored"]


@pytest.mark.parametrize(("first", "kinds"), [(False, []), (True, ["door.unlocked"])])
def test_the_turns_of_a_strike_are_told(first: bool, kinds: list[str]) -> None:
    output = Output(OutputSpec("strike", on="door.unlocked", off="door.locked"))
    output.see(first, 0.0)
    assert [news.kind for news in output.news(0.0)] == kinds
    output.see(not first, 1.0)
    assert [news.kind for news in output.news(1.0)] == ["door.locked" if first else "door.unlocked"]
