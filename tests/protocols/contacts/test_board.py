"""Everything of a line together: what was read goes in, what is to be written comes out."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import CommandFailed
from gateway.model import Words
from gateway.protocols.contacts.barrier import BarrierSpec, Relay, Sense
from gateway.protocols.contacts.board import Board, Drive, Gate, Point, Wiring
from gateway.protocols.contacts.contact import ContactSpec
from gateway.protocols.contacts.interlock import InterlockSpec
from gateway.protocols.contacts.output import OutputSpec

FIRE, SIREN, STRIKE = Point(1, "discrete", 0), Point(2, "coil", 0), Point(2, "coil", 1)
RELAYS = {Relay.OPEN: Point(3, "coil", 0), Relay.CLOSE: Point(3, "coil", 1)}
SENSES = {
    Sense.OPENED: Point(3, "discrete", 0),
    Sense.CLOSED: Point(3, "discrete", 1),
    Sense.LOOP: Point(3, "discrete", 2),
}
HOLD = {"siren": True, "strike": True, "barrier": True}


class House:
    """Units that do as they are told, and are looked at one after the other."""

    def __init__(self, latched: bool = True) -> None:
        self.points: dict[Point, bool] = dict.fromkeys((FIRE, SIREN, STRIKE, *RELAYS.values(), *SENSES.values()), False)
        self.points[SENSES[Sense.CLOSED]] = True
        self.now = 0.0
        self.told: list[tuple[str, str]] = []
        self.board = Board(
            Wiring(
                contacts=[(FIRE, ContactSpec("fire", "fire.alarm", "fire.restored"))],
                outputs=[(SIREN, OutputSpec("siren", longest=60.0)), (STRIKE, OutputSpec("strike"))],
                gates=[Gate(BarrierSpec("barrier", frozenset(SENSES)), RELAYS, SENSES)],
                interlocks=[InterlockSpec("linkage", "Fire linkage", ["fire"], HOLD, latched)],
            )
        )
        self.cycle()

    def cycle(self, *, away: frozenset[int] = frozenset()) -> None:
        self.now += 0.5
        for unit in (1, 2, 3):
            if unit in away:
                self.board.lose(unit)
            else:
                self.board.see(unit, {at: on for at, on in self.points.items() if at.unit == unit}, self.now)
                self.told += [(news.device, news.kind) for news in self.board.news(unit, self.now)]
            for at, on in self.board.drives(self.now):
                self.points[at] = on
        if self.points[RELAYS[Relay.OPEN]] or self.points[RELAYS[Relay.CLOSE]]:
            up = self.points[RELAYS[Relay.OPEN]]
            self.points |= {SENSES[Sense.OPENED]: up, SENSES[Sense.CLOSED]: not up}

    def order(self, device: str, action: str, **arguments):
        return self.board.order(device, action, arguments)

    def held(self) -> tuple[bool, bool, bool]:
        return self.points[SIREN], self.points[STRIKE], self.points[SENSES[Sense.OPENED]]


def test_an_order_is_written_and_confirmed() -> None:
    house = House()
    order = house.order("siren", "on")
    assert house.board.drives(house.now) == [Drive(SIREN, True)]
    assert not order.over
    house.cycle()  # written in the turn of unit 1, read back in that of unit 2
    assert order.done


def test_a_unit_that_is_away_takes_no_order() -> None:
    house = House()
    house.cycle(away=frozenset({2}))
    with pytest.raises(CommandFailed, match="unit 2 does not answer"):
        house.order("siren", "on")


@pytest.mark.parametrize("seconds", [0, -1, "x", True, 61, None])
def test_a_pulse_has_its_bounds(seconds) -> None:
    with pytest.raises(CommandFailed, match="at most 60"):
        House().order("siren", "pulse", seconds=seconds)


def test_fire_holds_all_at_once_and_no_command_undoes_it() -> None:
    house = House()
    house.points[FIRE] = True
    house.cycle()
    assert house.held()[:2] == (True, True)
    house.cycle()
    assert house.held() == (True, True, True)
    for device, action in (("siren", "off"), ("strike", "off"), ("strike", "pulse"), ("barrier", "close")):
        with pytest.raises(CommandFailed, match=r"is held (on|open) by Fire linkage: fire is active") as refused:
            house.order(device, action)
        held = "保持抬杆，不能落杆" if device == "barrier" else "保持接通，不能断开"
        assert refused.value.why == Words(f"Fire linkage启动中，{held}", str(refused.value))
    assert house.order("siren", "on").failed is None
    with pytest.raises(CommandFailed, match="can't be reset while fire is active"):
        house.order("linkage", "reset")


def test_a_latch_waits_for_a_person() -> None:
    house = House()
    house.points[FIRE] = True
    house.cycle()
    house.points[FIRE] = False
    for _ in range(5):
        house.cycle()
    assert house.held() == (True, True, True)
    with pytest.raises(CommandFailed, match="until a person resets linkage"):
        house.order("strike", "off")
    assert house.order("linkage", "reset").done
    house.cycle()
    assert house.held() == (False, False, True)  # a barrier stays where it is


def test_without_a_latch_the_contact_ends_it() -> None:
    house = House(latched=False)
    house.points[FIRE] = True
    house.cycle()
    house.cycle(away=frozenset({1}))  # its wire is cut: nobody knows, so it stays
    assert house.held()[:2] == (True, True)
    with pytest.raises(CommandFailed, match="held"):
        house.order("strike", "off")
    house.points[FIRE] = False
    house.cycle()
    assert house.held()[:2] == (False, False)


def test_what_somebody_switches_at_the_module_is_put_back_while_held() -> None:
    house = House()
    house.points[FIRE] = True
    house.cycle()
    house.points[STRIKE] = False
    house.cycle()
    assert house.points[STRIKE]


def test_at_a_start_nothing_is_written() -> None:
    house = House()
    assert house.board.drives(house.now) == []
    assert house.told == []


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
    house = House(latched)
    for device, action in steps:
        away: frozenset[int] = frozenset()
        match device:
            case "fire":
                house.points[FIRE] = action
            case "loop":
                house.points[SENSES[Sense.LOOP]] = action
            case "away":
                away = frozenset(action)
            case _:
                with suppress(CommandFailed):
                    house.order(device, action)
        house.cycle(away=away)
        if house.points[FIRE] and 1 not in away:
            if 2 not in away:
                assert house.held()[:2] == (True, True)
            if 3 not in away:
                assert not house.points[RELAYS[Relay.CLOSE]]
        if house.points[SENSES[Sense.LOOP]] and 3 not in away:
            assert not house.points[RELAYS[Relay.CLOSE]]
