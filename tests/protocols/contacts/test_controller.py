"""Everything of a line together: what was read goes in, what is to be written comes out."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import CommandFailed
from gateway.model import Words
from gateway.protocols.contacts.barrier_spec import BarrierRelay, BarrierSensor, BarrierSpec
from gateway.protocols.contacts.contact import ContactSpec
from gateway.protocols.contacts.controller import IoController
from gateway.protocols.contacts.interlock import InterlockSpec
from gateway.protocols.contacts.output import OutputSpec
from gateway.protocols.contacts.wiring import BarrierWiring, CoilWrite, Point, Wiring

FIRE, SIREN, STRIKE = Point(1, "discrete", 0), Point(2, "coil", 0), Point(2, "coil", 1)
RELAYS = {BarrierRelay.OPEN: Point(3, "coil", 0), BarrierRelay.CLOSE: Point(3, "coil", 1)}
SENSES = {
    BarrierSensor.OPENED: Point(3, "discrete", 0),
    BarrierSensor.CLOSED: Point(3, "discrete", 1),
    BarrierSensor.LOOP: Point(3, "discrete", 2),
}
HOLD = {"siren": True, "strike": True, "barrier": True}


class SimulatedUnits:
    """Units that do as they are told, and are looked at one after the other."""

    def __init__(self, latched: bool = True) -> None:
        self.points: dict[Point, bool] = dict.fromkeys((FIRE, SIREN, STRIKE, *RELAYS.values(), *SENSES.values()), False)
        self.points[SENSES[BarrierSensor.CLOSED]] = True
        self.now = 0.0
        self.reported: list[tuple[str, str]] = []
        self.controller = IoController(
            Wiring(
                contacts=[(FIRE, ContactSpec("fire", "fire.alarm", "fire.restored"))],
                outputs=[(SIREN, OutputSpec("siren", max_active=60.0)), (STRIKE, OutputSpec("strike"))],
                barriers=[BarrierWiring(BarrierSpec("barrier", frozenset(SENSES)), RELAYS, SENSES)],
                interlocks=[InterlockSpec("linkage", "Fire linkage", ["fire"], HOLD, latched)],
            )
        )
        self.cycle()

    def cycle(self, *, away: frozenset[int] = frozenset()) -> None:
        self.now += 0.5
        for unit in (1, 2, 3):
            if unit in away:
                self.controller.unit_lost(unit)
            else:
                self.controller.update(unit, {at: on for at, on in self.points.items() if at.unit == unit}, self.now)
                self.reported += [
                    (change.device, change.kind) for change in self.controller.take_changes(unit, self.now)
                ]
            for at, on in self.controller.pending_writes(self.now):
                self.points[at] = on
        if self.points[RELAYS[BarrierRelay.OPEN]] or self.points[RELAYS[BarrierRelay.CLOSE]]:
            up = self.points[RELAYS[BarrierRelay.OPEN]]
            self.points |= {SENSES[BarrierSensor.OPENED]: up, SENSES[BarrierSensor.CLOSED]: not up}

    def start(self, device: str, action: str, **arguments):
        return self.controller.start(device, action, arguments)

    def held(self) -> tuple[bool, bool, bool]:
        return self.points[SIREN], self.points[STRIKE], self.points[SENSES[BarrierSensor.OPENED]]


def test_an_order_is_written_and_confirmed() -> None:
    line = SimulatedUnits()
    command = line.start("siren", "on")
    assert line.controller.pending_writes(line.now) == [CoilWrite(SIREN, True)]
    assert not command.finished
    line.cycle()  # written in the turn of unit 1, read back in that of unit 2
    assert command.done


def test_a_unit_that_is_away_takes_no_order() -> None:
    line = SimulatedUnits()
    line.cycle(away=frozenset({2}))
    with pytest.raises(CommandFailed, match="unit 2 does not answer"):
        line.start("siren", "on")


@pytest.mark.parametrize("seconds", [0, -1, "x", True, 61, None])
def test_a_pulse_has_its_bounds(seconds) -> None:
    with pytest.raises(CommandFailed, match="at most 60"):
        SimulatedUnits().start("siren", "pulse", seconds=seconds)


def test_fire_holds_all_at_once_and_no_command_undoes_it() -> None:
    line = SimulatedUnits()
    line.points[FIRE] = True
    line.cycle()
    assert line.held()[:2] == (True, True)
    line.cycle()
    assert line.held() == (True, True, True)
    for device, action in (("siren", "off"), ("strike", "off"), ("strike", "pulse"), ("barrier", "close")):
        with pytest.raises(CommandFailed, match=r"is held (on|open) by Fire linkage: fire is active") as refused:
            line.start(device, action)
        held = "保持抬杆，不能落杆" if device == "barrier" else "保持接通，不能断开"
        assert refused.value.why == Words(f"Fire linkage启动中，{held}", str(refused.value))
    assert line.start("siren", "on").failure is None
    with pytest.raises(CommandFailed, match="can't be reset while fire is active"):
        line.start("linkage", "reset")


def test_a_latch_waits_for_a_person() -> None:
    line = SimulatedUnits()
    line.points[FIRE] = True
    line.cycle()
    line.points[FIRE] = False
    for _ in range(5):
        line.cycle()
    assert line.held() == (True, True, True)
    with pytest.raises(CommandFailed, match="until a person resets linkage"):
        line.start("strike", "off")
    assert line.start("linkage", "reset").done
    line.cycle()
    assert line.held() == (False, False, True)  # a barrier stays where it is


def test_without_a_latch_the_contact_ends_it() -> None:
    line = SimulatedUnits(latched=False)
    line.points[FIRE] = True
    line.cycle()
    line.cycle(away=frozenset({1}))  # its wire is cut: nobody knows, so it stays
    assert line.held()[:2] == (True, True)
    with pytest.raises(CommandFailed, match="held"):
        line.start("strike", "off")
    line.points[FIRE] = False
    line.cycle()
    assert line.held()[:2] == (False, False)


def test_what_somebody_switches_at_the_module_is_put_back_while_held() -> None:
    line = SimulatedUnits()
    line.points[FIRE] = True
    line.cycle()
    line.points[STRIKE] = False
    line.cycle()
    assert line.points[STRIKE]


def test_at_a_start_nothing_is_written() -> None:
    line = SimulatedUnits()
    assert line.controller.pending_writes(line.now) == []
    assert line.reported == []


ACTIONS = st.one_of(
    st.tuples(st.sampled_from(["siren", "strike"]), st.sampled_from(["on", "off", "pulse"])),
    st.tuples(st.just("barrier"), st.sampled_from(["open", "close"])),
    st.tuples(st.just("linkage"), st.just("reset")),
    st.tuples(st.just("fire"), st.booleans()),
    st.tuples(st.just("loop"), st.booleans()),
    st.tuples(st.just("away"), st.sets(st.sampled_from([1, 2, 3]))),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ACTIONS, max_size=30), st.booleans())
def test_no_sequence_of_commands_overrides_the_fire(steps: list, latched: bool) -> None:
    line = SimulatedUnits(latched)
    for device, action in steps:
        away: frozenset[int] = frozenset()
        match device:
            case "fire":
                line.points[FIRE] = action
            case "loop":
                line.points[SENSES[BarrierSensor.LOOP]] = action
            case "away":
                away = frozenset(action)
            case _:
                with suppress(CommandFailed):
                    line.start(device, action)
        line.cycle(away=away)
        if line.points[FIRE] and 1 not in away:
            if 2 not in away:
                assert line.held()[:2] == (True, True)
            if 3 not in away:
                assert not line.points[RELAYS[BarrierRelay.CLOSE]]
        if line.points[SENSES[BarrierSensor.LOOP]] and 3 not in away:
            assert not line.points[RELAYS[BarrierRelay.CLOSE]]
