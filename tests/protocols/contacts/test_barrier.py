"""A barrier is never driven closed on something that stands there, whatever comes in whatever order."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import CommandFailed
from gateway.model import Words
from gateway.protocols.contacts.barrier import Barrier, BarrierSpec, Relay, Sense
from gateway.protocols.contacts.order import Order

ALL = frozenset(Sense)
SPEC = BarrierSpec("barrier", ALL, stops=True, pulse=1.0, travel=6.0)


@dataclass
class Lane:
    """A barrier with a motor of its own, as most have: a pulse sends it, its limits stop it."""

    barrier: Barrier
    way: float = 4.0
    """Seconds from one limit to the other."""
    relays: dict[Relay, bool] = field(default_factory=lambda: dict.fromkeys(Relay, False))
    height: float = 0.0
    heading: int = 0
    loop: bool = False
    edge: bool = False
    dead: bool = False
    now: float = 0.0
    told: list[str] = field(default_factory=list)

    def run(self, seconds: float, step: float = 0.25) -> None:
        for _ in range(round(seconds / step)):
            self.now += step
            self._move(step)
            self.look()

    def look(self) -> None:
        limits = {Sense.OPENED: self.height >= 1, Sense.CLOSED: self.height <= 0}
        feels = {Sense.LOOP: self.loop, Sense.EDGE: self.edge}
        senses = {sense: on for sense, on in {**limits, **feels}.items() if sense in self.barrier.spec.senses}
        self.barrier.see(senses, dict(self.relays), self.now)
        self.barrier.tick(self.now)
        self._drive()
        self.told += [news.kind for news in self.barrier.news()]

    def _drive(self) -> None:
        before = dict(self.relays)
        self.relays |= self.barrier.drives(self.now)
        for relay, heading in ((Relay.OPEN, 1), (Relay.CLOSE, -1), (Relay.STOP, 0)):
            if self.relays[relay] and not before[relay]:
                self.heading = heading

    def _move(self, step: float) -> None:
        if not self.dead:
            self.height = min(1.0, max(0.0, self.height + self.heading * step / self.way))

    def order(self, action: str) -> Order:
        order = Order(self.barrier.spec.id, action)
        self.barrier.order(order)
        return order


def a_lane(spec: BarrierSpec = SPEC, **more) -> Lane:
    lane = Lane(Barrier(spec), **more)
    lane.look()
    return lane


def test_it_opens_and_closes_and_says_when_it_is_there() -> None:
    lane = a_lane()
    order = lane.order("open")
    lane.run(3)
    assert not order.over
    lane.run(2)
    assert order.done
    order = lane.order("close")
    lane.run(5)
    assert order.done
    assert lane.told == ["barrier.opened", "barrier.closed"]


def test_a_pulse_is_a_pulse() -> None:
    lane = a_lane()
    lane.order("open")
    on = []
    for _ in range(12):
        lane.run(0.25)
        on.append(lane.relays[Relay.OPEN])
    assert on == [True] * 5 + [False] * 7  # a look to see it on, then a second


@pytest.mark.parametrize(("what", "zh"), [("loop", "地感有车，不能落杆"), ("edge", "防砸触边被碰，不能落杆")])
def test_it_is_not_closed_on_what_stands_there(what: str, zh: str) -> None:
    lane = a_lane(height=1.0)
    setattr(lane, what, True)
    lane.look()
    with pytest.raises(CommandFailed, match="is not closed: ") as refused:
        lane.order("close")
    assert Words.of(refused.value.why).zh == zh


def test_closed_already_it_is_closed_whoever_waits_before_it() -> None:
    lane = a_lane(loop=True)
    assert lane.order("close").done
    assert not any(lane.barrier.drives(lane.now).values())


def test_what_drives_up_between_the_order_and_the_look_is_seen() -> None:
    lane = a_lane(height=1.0)
    order = lane.order("close")
    lane.loop = True
    lane.run(5)
    assert str(order.failed) == "something stands on the loop"
    assert (lane.height, lane.told) == (1.0, ["barrier.opened"])


@pytest.mark.parametrize("after", [0.25, 0.5, 1.5, 3.0])
def test_what_it_meets_on_the_way_down_sends_it_up_again(after: float) -> None:
    lane = a_lane(height=1.0)
    order = lane.order("close")
    lane.run(after)
    lane.edge = True
    lane.run(0.25)
    assert (lane.relays[Relay.CLOSE], lane.relays[Relay.OPEN]) == (False, True)
    lane.run(5)
    assert str(order.failed) == "the anti-crush edge is touched: it was opened again"
    assert lane.height == 1.0
    lane.edge = False
    lane.run(0.5)
    assert [kind for kind in lane.told if "opened" not in kind] == ["barrier.blocked", "barrier.cleared"]


def test_a_way_that_takes_too_long_is_a_fault_until_it_stands_elsewhere() -> None:
    lane = a_lane(dead=True)
    order = lane.order("open")
    lane.run(7)
    assert str(order.failed) == "it was sent to open and was not there within 6 s"
    assert lane.told == ["device.faulted"]
    lane.dead, lane.height = False, 1.0
    lane.run(0.25)
    assert lane.told[1:] == ["barrier.opened", "device.restored"]


def test_limits_that_contradict_each_other_are_a_fault() -> None:
    barrier = Barrier(SPEC)
    barrier.see({Sense.OPENED: True, Sense.CLOSED: True}, {}, 0.0)
    assert [news.kind for news in barrier.news()] == ["device.faulted"]


def test_held_open_it_goes_up_and_stays_up() -> None:
    lane = a_lane()
    lane.barrier.hold(True)
    with pytest.raises(CommandFailed, match="held open") as refused:
        lane.order("close")
    assert Words.of(refused.value.why).zh == "联动保持抬杆，不能落杆"
    lane.run(5)
    assert lane.height == 1.0
    lane.height, lane.heading = 0.5, 0  # somebody winds it down by hand
    lane.run(5)
    assert lane.height == 1.0
    lane.barrier.hold(False)
    assert lane.order("close").failed is None


def test_held_while_it_closes_it_turns() -> None:
    lane = a_lane(height=1.0)
    lane.order("close")
    lane.run(0.5)
    lane.barrier.hold(True)
    lane.run(0.25)
    assert (lane.relays[Relay.CLOSE], lane.relays[Relay.OPEN]) == (False, True)
    lane.run(5)
    assert lane.height == 1.0


def test_without_limits_it_is_done_when_the_pulse_was_seen() -> None:
    lane = a_lane(BarrierSpec("barrier", frozenset({Sense.LOOP})))
    order = lane.order("open")
    lane.run(0.5)
    assert not order.over
    lane.run(1)
    assert order.done
    assert lane.told == []


def test_blind_it_drives_nothing() -> None:
    lane = a_lane(height=1.0)
    order = lane.order("close")
    lane.run(0.5)
    lane.barrier.forget()
    assert not any(lane.barrier.drives(lane.now).values())
    assert str(order.failed) == "its module does not answer"
    with pytest.raises(CommandFailed, match="can't be seen"):
        lane.order("close")


STEPS = st.one_of(
    st.tuples(st.just("order"), st.sampled_from(["open", "close", "stop"])),
    st.tuples(st.just("loop"), st.booleans()),
    st.tuples(st.just("edge"), st.booleans()),
    st.tuples(st.just("dead"), st.booleans()),
    st.tuples(st.just("hold"), st.booleans()),
    st.tuples(st.just("blind"), st.just(None)),
    st.tuples(st.just("by hand"), st.floats(0, 1)),
    st.tuples(st.just("run"), st.sampled_from([0.25, 0.5, 1.0, 5.0])),
)


def do(lane: Lane, what: str, value) -> None:
    match what:
        case "order":
            with suppress(CommandFailed):
                lane.order(value)
        case "hold":
            lane.barrier.hold(value)
        case "blind":
            lane.barrier.forget()
        case "by hand":
            lane.height = value
        case "run":
            lane.run(value)
        case _:
            setattr(lane, what, value)
            lane.look()


def is_safe(lane: Lane) -> bool:
    """As the motor sees it: never closed on what the sensors feel, and never two ways at once."""
    feels = lane.barrier.spec.senses
    occupied = (lane.loop and Sense.LOOP in feels) or (lane.edge and Sense.EDGE in feels)
    drives = lane.barrier.drives(lane.now)
    return not (drives[Relay.CLOSE] and occupied) and sum(drives.values()) <= 1


@settings(max_examples=400, deadline=None)
@given(st.lists(STEPS, max_size=40), st.sets(st.sampled_from(sorted(Sense))), st.floats(0.25, 8))
def test_never_driven_closed_while_occupied(steps: list, senses: set[Sense], pulse: float) -> None:
    lane = a_lane(BarrierSpec("barrier", frozenset(senses), stops=True, pulse=pulse, travel=6.0))
    held = False
    for what, value in steps:
        do(lane, what, value)
        held = value if what == "hold" else held
        assert is_safe(lane)
        assert not (held and lane.barrier.drives(lane.now)[Relay.CLOSE])
        assert what != "blind" or not any(lane.barrier.drives(lane.now).values())
    if held and not lane.dead and Sense.OPENED in senses:
        lane.run(20)
        assert lane.height == 1.0
