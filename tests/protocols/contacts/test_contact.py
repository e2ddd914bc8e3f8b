"""One contact and one output, with time that is told and not waited for."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocols.contacts.contact import Contact, ContactSpec
from gateway.protocols.contacts.debounce import Debounce
from gateway.protocols.contacts.output import FAULT_DELAY_S, Output, OutputSpec
from gateway.protocols.contacts.pending_command import PendingCommand

ZONE = ContactSpec("zone-1", "zone.alarm", "zone.restored")
LOOP = ContactSpec("zone-2", "zone.alarm", "zone.restored", normally_closed=True)
DOOR = ContactSpec("door-1", "door.opened", "door.closed")
BUTTON = ContactSpec("exit-1", "exit.requested", None)


def reported(spec: ContactSpec, *closed: bool | None) -> list[str]:
    """What a contact tells for these looks a second apart; None: its module does not answer."""
    contact, said = Contact(spec), []
    for second, position in enumerate(closed):
        if position is None:
            contact.set_unknown()
        else:
            contact.update(position, second)
        if change := contact.take_change():
            said.append(change.kind + (" found" if change.data.get("from_status") else ""))
    return said


def test_a_position_counts_once_it_has_lasted() -> None:
    debounce = Debounce(0.2)
    assert debounce.update(False, 0.0)
    assert [debounce.update(p, t) for p, t in ((True, 1.0), (False, 1.1), (True, 1.2), (True, 1.3))] == [False] * 4
    assert debounce.update(True, 1.5)
    assert debounce.position is True


@given(st.lists(st.booleans(), min_size=1), st.floats(0, 3))
def test_it_never_turns_faster_than_it_may(readings: list[bool], seconds: float) -> None:
    debounce, changed_at = Debounce(seconds), []
    for second, reading in enumerate(readings):
        if debounce.update(reading, float(second)):
            changed_at.append(second)
            assert debounce.position is reading
    assert all(later - earlier >= seconds for earlier, later in pairwise(changed_at))


def test_what_closes_is_told_and_what_opens_again_too() -> None:
    assert reported(ZONE, False, True, True, False) == ["zone.alarm", "zone.restored"]
    assert reported(LOOP, True, False, True) == ["zone.alarm", "zone.restored"]


def test_the_first_look_tells_states_and_no_events() -> None:
    assert reported(ZONE, True, False) == ["zone.alarm found", "zone.restored"]
    assert reported(DOOR, True) == ["door.opened found"]
    assert reported(DOOR, False) == []
    assert reported(BUTTON, True, False, True) == ["exit.requested"]


def test_what_changed_unseen_is_found() -> None:
    assert reported(DOOR, False, None, True, None, True, False) == ["door.opened found", "door.closed"]
    assert reported(BUTTON, False, None, True) == []


def an_output(**more) -> Output:
    output = Output(OutputSpec("siren", **more))
    output.update(False, 0.0)
    return output


def test_an_order_is_done_when_the_module_says_so() -> None:
    output, command = an_output(), PendingCommand("siren", "on")
    output.start(command, True, None)
    assert (output.state_to_write(), command.finished) == (True, False)
    output.update(False, 1.0)
    assert (output.state_to_write(), command.finished) == (True, False)
    output.update(True, 2.0)
    assert (output.state_to_write(), command.done) == (None, True)


def test_a_pulse_ends_by_itself_and_is_counted_from_its_confirmation() -> None:
    output, command = an_output(), PendingCommand("strike", "pulse")
    output.start(command, True, 3.0)
    output.update(True, 10.0)
    assert output.next_at() == 13.0
    output.tick(12.9)
    assert output.state_to_write() is None
    output.tick(13.0)
    assert output.state_to_write() is False


def test_what_nobody_waits_for_is_not_done_late() -> None:
    output, command = an_output(), PendingCommand("siren", "on")
    output.start(command, True, None)
    output.cancel(command)
    assert output.state_to_write() is None
    output.start(command, True, 3.0)  # a pulse that was never confirmed may have begun all the same
    output.cancel(command)
    output.update(True, 5.0)
    assert output.state_to_write() is False


def test_a_module_that_goes_away_fails_the_order() -> None:
    output, command = an_output(), PendingCommand("siren", "on")
    output.start(command, True, None)
    output.set_unknown()
    assert str(command.failure) == "its module does not answer"
    output.update(False, 9.0)
    assert output.state_to_write() is None


def test_what_is_on_for_too_long_goes_off_whoever_switched_it() -> None:
    output = an_output(max_active=180.0)
    output.update(True, 100.0)
    output.tick(279.0)
    assert output.state_to_write() is None
    output.tick(280.0)
    assert output.state_to_write() is False


def test_held_it_stays_and_let_go_it_rests() -> None:
    output, command = an_output(), PendingCommand("siren", "on")
    output.start(command, True, None)
    output.hold(True)
    assert command.failure
    output.update(True, 1.0)
    output.update(False, 2.0)  # somebody switches it at the module
    assert output.state_to_write() is True
    output.update(True, 3.0)
    output.hold(None)
    assert output.state_to_write() is False


def test_an_output_that_stays_amiss_is_a_fault() -> None:
    output = an_output()
    output.hold(True)
    output.tick(1.0)
    assert list(output.take_changes(1.0)) == []
    output.tick(1.0 + FAULT_DELAY_S)
    assert [change.kind for change in output.take_changes(1.0 + FAULT_DELAY_S)] == ["device.faulted"]
    output.update(True, 9.0)
    assert [change.kind for change in output.take_changes(9.0)] == ["device.restored"]


@pytest.mark.parametrize(("first", "kinds"), [(False, []), (True, ["door.unlocked"])])
def test_the_turns_of_a_strike_are_told(first: bool, kinds: list[str]) -> None:
    output = Output(OutputSpec("strike", on="door.unlocked", off="door.locked"))
    output.update(first, 0.0)
    assert [change.kind for change in output.take_changes(0.0)] == kinds
    output.update(not first, 1.0)
    assert [change.kind for change in output.take_changes(1.0)] == ["door.locked" if first else "door.unlocked"]
