import pytest

from gateway.model import Raise
from gateway.testing.rules import brief, feed, made, signal
from rules.doorway import RULE


def test_a_forced_door_rings_until_it_is_closed():
    decisions = feed(made(RULE), [signal("door", "door.forced"), signal("door", "door.closed", 30)])
    assert brief(decisions) == ["raise door/forced high", "clear door/forced"]


def test_a_door_left_open_rings_after_its_time():
    opened = signal("door", "door.opened")
    assert brief(feed(made(RULE), [opened], until=59)) == []
    assert brief(feed(made(RULE), [opened], until=60)) == ["raise door/held medium"]


def test_opening_again_does_not_start_the_time_anew():
    decisions = feed(made(RULE), [signal("door", "door.opened"), signal("door", "door.opened", 50)], until=61)
    assert brief(decisions) == ["raise door/held medium"]


def test_a_door_that_closes_in_time_is_nothing():
    assert feed(made(RULE), [signal("door", "door.opened"), signal("door", "door.closed", 20)], until=200) == []


def test_held_as_the_device_says_is_told_once_by_it_and_not_again_by_the_time():
    signals = [signal("door", "door.opened"), signal("door", "door.held", 30)]
    assert brief(feed(made(RULE), signals, until=99)) == ["raise door/held medium"]


def test_denied_too_often_and_then_no_more():
    tries = [signal("door", "access.denied", n * 10) for n in range(3)]
    assert brief(feed(made(RULE), tries[:2], until=200)) == []
    assert brief(feed(made(RULE), tries, until=200)) == ["raise door/denied medium", "clear door/denied"]


def test_denied_now_and_then_is_nothing():
    assert feed(made(RULE), [signal("door", "access.denied", n * 40) for n in range(9)]) == []


def test_doors_of_one_controller_are_apart():
    decisions = feed(made(RULE), [signal("door", "door.forced", door=1), signal("door", "door.closed", door=2)])
    assert brief(decisions) == ["raise door.1/forced high"]


def test_closing_clears_what_stood_before_the_start():
    assert brief(feed(made(RULE), [signal("door", "door.closed")], held=["door/held"])) == ["clear door/held"]


def test_off_is_off():
    rule = made(RULE, held="off", denied="off")
    assert feed(rule, [signal("door", "door.opened"), signal("door", "access.denied")] * 5, until=99) == []


@pytest.mark.parametrize(
    ("data", "raised"),
    [
        ({"credential": "card", "code": "unknown", "door": "door"}, 1),
        ({"credential": "plate", "code": "unknown"}, 0),
        ({"credential": "face", "code": "not_here"}, 0),
        ({"credential": "card", "code": "second_person"}, 0),
        ({"credential": "card", "code": "cut_off"}, 0),
    ],
)
def test_only_attempts_count(data, raised):
    tries = [signal("door", "access.denied", n * 10, **data) for n in range(3)]
    found = [each for each in feed(made(RULE), tries) if isinstance(each, Raise)]
    assert len(found) == raised
    assert all(each.key == "door/denied" for each in found), "the gateway names the door by its id"
