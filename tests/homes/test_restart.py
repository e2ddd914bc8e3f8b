"""Random weeks of a home with stops at random points decide what a week without a stop decides."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from gateway.homes import NAME, HomesRule, HomesState, own_zones
from gateway.model import Action, Raise, Signal
from gateway.rule import Compound
from gateway.testing.rules import COMPOUND, START
from tests.flow.random_streams import Machine
from tests.homes.homes import DEVICES, PANEL, ROOM, home

SETTINGS = (home(), home(exit_delay="0s", entry_delay="10s", sirens=["siren"]), home(left_out={}))
SPOKEN = [("home", kind, zone) for kind in ("zone.alarm", "zone.restored") for zone in (1, 2, 4, 5, 77)]
SPOKEN += [("home-window", kind, None) for kind in ("zone.alarm", "zone.restored", "door.opened", "door.closed")]
SPOKEN += [("panel", "area.armed", None), ("panel", "area.disarmed", None)]
SPOKEN += [("home", "device.offline", None), ("home", "device.online", None)]


class HomeMachine(Machine):
    """As Machine, and what people do is in its journal too."""

    def _missed(self, wanted):
        missed = []
        for event in self.journal:
            if isinstance(event, Signal | Action):
                first = min(wanted.any_kind, wanted.kinds.get(event.kind, wanted.any_kind))
                missed += [event] if (event.number or 0) >= first else []
            elif event is not None:
                missed += [event] if (event.number or 0) >= wanted.others else []
        return missed


def stream(rng: random.Random, count: int = 600) -> list[Signal | Action]:
    found, at = [], START
    for number in range(count):
        at += timedelta(seconds=rng.expovariate(1 / rng.choice((2.0, 15.0, 60.0, 600.0))))
        if rng.random() < 0.35:
            kind = rng.choice(("area.arm_asked", "area.arm_asked", "area.disarm_asked", "area.bypass_asked"))
            data = {
                "by": rng.choice(("phone", "keypad", "guard", "schedule")),
                "mode": rng.choice(("away", "home", "night")),
                "bypass": rng.sample(["window", "hall", "door", "safe"], rng.choice((0, 0, 1, 2))),
            }
            if rng.random() < 0.2:
                data["due"] = at.isoformat()
            found.append(Action(kind=kind, user="u", time=at, place=ROOM, data=data))
        else:
            device, kind, zone = rng.choice(SPOKEN)
            data = {} if zone is None else {"zone": zone}
            found.append(Signal(device=device, kind=kind, data=data, id=f"s{number}", received=at))
    return found


@dataclass
class Week:
    seed: int

    def run(self, *, stops: bool) -> Machine:
        rng = random.Random(self.seed)
        events, settings = stream(rng), SETTINGS[0]

        def rules():
            homes = (settings, PANEL)
            compound = Compound("x", DEVICES, COMPOUND.places, own_zones=own_zones(homes))
            return [(HomesRule(homes, compound), NAME)]

        machine = HomeMachine(rules)
        machine.turn(START)
        for event in events:
            machine.wake(event.time)
            machine.accept(event)
            if rng.random() < 0.8:
                machine.work()
            if rng.random() < 0.03:
                machine.checkpoint()
            if rng.random() < 0.01:  # a reload with other settings
                machine.work()
                settings = rng.choice(SETTINGS)
                machine.turn(event.time)
            if rng.random() < 0.02:
                if stops:
                    machine.rulebook.take_due(event.time + timedelta(hours=1))
                    machine.crash()
                else:
                    machine.work()
                machine.turn(event.time)
        machine.work()
        machine.wake(events[-1].time + timedelta(hours=2))
        return machine


@pytest.mark.parametrize("seed", range(40))
def test_stopped_at_random_points_a_home_decides_the_same(seed):
    straight, stopped = Week(seed).run(stops=False), Week(seed).run(stops=True)
    assert stopped.decided == straight.decided
    assert stopped.rulebook.state_of(NAME) == straight.rulebook.state_of(NAME)
    assert any(isinstance(decision, Raise) for _, _, decision in straight.decided)


def test_the_state_is_plain():
    [state, _] = Week(3).run(stops=False).rulebook.state_of(NAME)
    adapter = TypeAdapter(HomesState)
    assert adapter.validate_json(adapter.dump_json(state, warnings="error")) == state


def test_a_reload_with_other_settings_disarms_nobody():
    machine = HomeMachine(lambda: [(HomesRule((home(),), COMPOUND), NAME)])
    machine.turn(START)
    asked = Action(kind="area.arm_asked", user="u", time=START, place=ROOM, data={"by": "phone", "mode": "night"})
    machine.accept(asked)
    machine.work()
    machine.rules = lambda: [(HomesRule((home(entry_delay="5s"),), replace(COMPOUND, name="y")), NAME)]
    machine.turn(START)
    state, _ = machine.rulebook.state_of(NAME)
    assert (state.areas[ROOM].phase, state.areas[ROOM].mode) == ("armed", "night")
    machine.accept(Signal(device="home", kind="zone.alarm", data={"zone": 1}, received=START))
    machine.work()
    assert machine.rulebook.next_due() == START + timedelta(seconds=5), "the new entry delay"
