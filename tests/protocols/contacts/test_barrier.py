"""A barrier is never driven closed on something that stands there, whatever comes in whatever order."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import CommandFailed
from gateway.model import Words
from gateway.protocols.contacts.barrier import Barrier
from gateway.protocols.contacts.barrier_spec import BarrierRelay, BarrierSensor, BarrierSpec
from gateway.protocols.contacts.pending_command import PendingCommand

ALL = frozenset(BarrierSensor)
SPEC = BarrierSpec("barrier", ALL, stops=True, pulse=1.0, travel=6.0)


@dataclass
class Lane:
    """A barrier with a motor of its own, as most have: a pulse sends it, its limits stop it."""

    barrier: Barrier
    way: float = 4.0
    """Seconds from one limit to the other."""
    relays: dict[BarrierRelay, bool] = field(default_factory=lambda: dict.fromkeys(BarrierRelay, False))
    height: float = 0.0
    heading: int = 0
    loop: bool = False
    edge: bool = False
    dead: bool = False
    now: float = 0.0
    reported: list[str] = field(default_factory=list)

    def run(self, seconds: float, step: float = 0.25) -> None:
        for _ in range(round(seconds / step)):
            self.now += step
            self._move(step)
            self.read()

    def read(self) -> None:
        limits = {BarrierSensor.OPENED: self.height >= 1, BarrierSensor.CLOSED: self.height <= 0}
        feels = {BarrierSensor.LOOP: self.loop, BarrierSensor.EDGE: self.edge}
        senses = {sense: on for sense, on in {**limits, **feels}.items() if sense in self.barrier.spec.sensors}
        self.barrier.update(senses, dict(self.relays), self.now)
        self.barrier.tick(self.now)
        self._drive()
        self.reported += [change.kind for change in self.barrier.take_changes()]

    def _drive(self) -> None:
        before = dict(self.relays)
        self.relays |= self.barrier.target_relays(self.now)
        for relay, heading in ((BarrierRelay.OPEN, 1), (BarrierRelay.CLOSE, -1), (BarrierRelay.STOP, 0)):
            if self.relays[relay] and not before[relay]:
                self.heading = heading

    def _move(self, step: float) -> None:
        if not self.dead:
            self.height = min(1.0, max(0.0, self.height + self.heading * step / self.way))

    def start(self, action: str) -> PendingCommand:
        command = PendingCommand(self.barrier.spec.id, action)
        self.barrier.start(command)
        return command


def a_lane(spec: BarrierSpec = SPEC, **more) -> Lane:
    lane = Lane(Barrier(spec), **more)
    lane.read()
    return lane


def test_it_opens_and_closes_and_says_when_it_is_there() -> None:
    lane = a_lane()
    command = lane.start("open")
    lane.run(3)
    assert not command.finished
    lane.run(2)
    assert command.done
    command = lane.start("close")
    lane.run(5)
    assert command.done
    assert lane.reported == ["barrier.opened", "barrier.closed"]


def test_a_pulse_is_a_pulse() -> None:
    lane = a_lane()
    lane.start("open")
    on = []
    for _ in range(12):
        lane.run(0.25)
        on.append(lane.relays[BarrierRelay.OPEN])
    assert on == [True] * 5 + [False] * 7  # a look to see it on, then a second


@pytest.mark.parametrize(("what", "zh"), [("loop", "地感有车，不能落杆"), ("edge", "防砸触边被碰，不能落杆")])
def test_it_is_not_closed_on_what_stands_there(what: str, zh: str) -> None:
    lane = a_lane(height=1.0)
    setattr(lane, what, True)
    lane.read()
    with pytest.raises(CommandFailed, match="is not closed: ") as refused:
        lane.start("close")
    assert Words.of(refused.value.why).zh == zh


def test_closed_already_it_is_closed_whoever_waits_before_it() -> None:
    lane = a_lane(loop=True)
    assert lane.start("close").done
    assert not any(lane.barrier.target_relays(lane.now).values())


def test_what_drives_up_between_the_order_and_the_look_is_seen() -> None:
    lane = a_lane(height=1.0)
    command = lane.start("close")
    lane.loop = True
    lane.run(5)
    assert str(command.failure) == "something stands on the loop"
    assert (lane.height, lane.reported) == (1.0, ["barrier.opened"])


@pytest.mark.parametrize("after", [0.25, 0.5, 1.5, 3.0])
def test_what_it_meets_on_the_way_down_sends_it_up_again(after: float) -> None:
    lane = a_lane(height=1.0)
    command = lane.start("close")
    lane.run(after)
    lane.edge = True
    lane.run(0.25)
    assert (lane.relays[BarrierRelay.CLOSE], lane.relays[BarrierRelay.OPEN]) == (False, True)
    lane.run(5)
    assert str(command.failure) == "the anti-crush edge is touched: it was opened again"
    assert lane.height == 1.0
    lane.edge = False
    lane.run(0.5)
    assert [kind for kind in lane.reported if "opened" not in kind] == ["barrier.blocked", "barrier.cleared"]


def test_a_way_that_takes_too_long_is_a_fault_until_it_stands_elsewhere() -> None:
    lane = a_lane(dead=True)
    command = lane.start("open")
    lane.run(7)
    assert str(command.failure) == "it was sent to open and did not arrive within 6 s"
    assert lane.reported == ["device.faulted"]
    lane.dead, lane.height = False, 1.0
    lane.run(0.25)
    assert lane.reported[1:] == ["barrier.opened", "device.restored"]


def test_limits_that_contradict_each_other_are_a_fault() -> None:
    barrier = Barrier(SPEC)
    barrier.update({BarrierSensor.OPENED: True, BarrierSensor.CLOSED: True}, {}, 0.0)
    assert [change.kind for change in barrier.take_changes()] == ["device.faulted"]


def test_held_open_it_goes_up_and_stays_up() -> None:
    lane = a_lane()
    lane.barrier.hold(True)
    with pytest.raises(CommandFailed, match="held open") as refused:
        lane.start("close")
    assert Words.of(refused.value.why).zh == "联动保持抬杆，不能落杆"
    lane.run(5)
    assert lane.height == 1.0
    lane.height, lane.heading = 0.5, 0  # somebody winds it down by hand
    lane.run(5)
    assert lane.height == 1.0
    lane.barrier.hold(False)
    assert lane.start("close").failure is None


def test_held_while_it_closes_it_turns() -> None:
    lane = a_lane(height=1.0)
    lane.start("close")
    lane.run(0.5)
    lane.barrier.hold(True)
    lane.run(0.25)
    assert (lane.relays[BarrierRelay.CLOSE], lane.relays[BarrierRelay.OPEN]) == (False, True)
    lane.run(5)
    assert lane.height == 1.0


def test_without_limits_it_is_done_when_the_pulse_was_seen() -> None:
    lane = a_lane(BarrierSpec("barrier", frozenset({BarrierSensor.LOOP})))
    command = lane.start("open")
    lane.run(0.5)
    assert not command.finished
    lane.run(1)
    assert command.done
    assert lane.reported == []


def test_blind_it_drives_nothing() -> None:
    lane = a_lane(height=1.0)
    command = lane.start("close")
    lane.run(0.5)
    lane.barrier.set_unknown()
    assert not any(lane.barrier.target_relays(lane.now).values())
    assert str(command.failure) == "its module does not answer"
    with pytest.raises(CommandFailed, match="can't be read"):
        lane.start("close")


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
                lane.start(value)
        case "hold":
            lane.barrier.hold(value)
        case "blind":
            lane.barrier.set_unknown()
        case "by hand":
            lane.height = value
        case "run":
            lane.run(value)
        case _:
            setattr(lane, what, value)
            lane.read()


def is_safe(lane: Lane) -> bool:
    """As the motor sees it: never closed on what the sensors feel, and never two ways at once."""
    feels = lane.barrier.spec.sensors
    occupied = (lane.loop and BarrierSensor.LOOP in feels) or (lane.edge and BarrierSensor.EDGE in feels)
    relays = lane.barrier.target_relays(lane.now)
    return not (relays[BarrierRelay.CLOSE] and occupied) and sum(relays.values()) <= 1


@settings(max_examples=400, deadline=None)
@given(st.lists(STEPS, max_size=40), st.sets(st.sampled_from(sorted(BarrierSensor))), st.floats(0.25, 8))
def test_never_driven_closed_while_occupied(steps: list, senses: set[BarrierSensor], pulse: float) -> None:
    lane = a_lane(BarrierSpec("barrier", frozenset(senses), stops=True, pulse=pulse, travel=6.0))
    held = False
    for what, value in steps:
        do(lane, what, value)
        held = value if what == "hold" else held
        assert is_safe(lane)
        assert not (held and lane.barrier.target_relays(lane.now)[BarrierRelay.CLOSE])
        assert what != "blind" or not any(lane.barrier.target_relays(lane.now).values())
    if held and not lane.dead and BarrierSensor.OPENED in senses:
        lane.run(20)
        assert lane.height == 1.0
