"""A home with five zones, and a run of its rule that keeps its state, so that tests can look at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from gateway.config.residents import HomeSection
from gateway.homes import HomesRule, HomesState, own_zones
from gateway.model import Action, Decision, Device, DeviceType, Event, Signal, Wake, WakeAt
from gateway.testing.rules import COMPOUND, START, brief

ROOM = "b3/u1/101"
ZONES: list[dict[str, Any]] = [
    {"id": "door", "device": "home", "zone": 1, "name": "入户门", "type": "entry"},
    {"id": "hall", "device": "home", "zone": 2, "name": "客厅红外", "type": "interior"},
    {"id": "window", "device": "home-window", "name": "卧室窗"},
    {"id": "safe", "device": "home", "zone": 4, "name": "保险柜", "type": "24h"},
    {"id": "step", "device": "home", "zone": 5, "name": "玄关红外", "type": "interior", "momentary": True},
]


def home(**settings: Any) -> HomeSection:
    given = {"place": ROOM, "zones": ZONES, "left_out": {"home": ["hall", "step"], "night": ["step"]}, **settings}
    return HomeSection.model_validate(given)


PANEL = HomeSection.model_validate(
    {
        "place": "b3/u1/102",
        "mirrored": True,
        "panel": "panel",
        "zones": [{"id": "window", "device": "panel", "zone": 9, "name": "窗"}],
    }
)
DEVICES = {
    **COMPOUND.devices,
    "panel": Device("panel", "any", DeviceType.HOME, "主机", "b3/u1/102"),
    "siren": Device("siren", "any", DeviceType.SIREN, "警号", ROOM),
}


class Run:
    """The rule of these homes, fed by hand. `at` is the time in seconds since the start."""

    def __init__(self, *homes: HomeSection) -> None:
        self.homes = homes or (home(), PANEL)
        compound = replace(COMPOUND, devices=DEVICES, own_zones=own_zones(self.homes))
        self.rule = HomesRule(self.homes, compound)
        self.state: HomesState = self.rule.start(frozenset())
        self.number = 0
        self.wakes: dict[str, datetime] = {}
        self.now = START

    @property
    def area(self):
        return self.state.areas[ROOM]

    @property
    def answer(self):
        return self.area.answers[-1]

    def feed(self, event: Event) -> list[Decision]:
        self.number += 1
        found = []
        for decision in self.rule.on(self.state, replace(event, number=self.number)):
            if not isinstance(decision, WakeAt):
                found.append(decision)
            elif decision.time is None:
                self.wakes.pop(decision.key, None)
            else:
                self.wakes[decision.key] = decision.time
        return found

    def after(self, seconds: float) -> list[str]:
        """Let time pass; returns what is decided meanwhile."""
        end, found = self.now + timedelta(seconds=seconds), []
        while self.wakes and min(self.wakes.values()) <= end:
            key = min(self.wakes, key=lambda name: (self.wakes[name], name))
            self.now = self.wakes.pop(key)
            found += self.feed(Wake(self.rule.name, key, self.now))
        self.now = end
        return brief(found)

    def hear(self, device: str, kind: str = "zone.alarm", **data: Any) -> list[str]:
        return brief(self.feed(Signal(device=device, kind=kind, data=data, received=self.now)))

    def zone(self, number: int, kind: str = "zone.alarm") -> list[str]:
        return self.hear("home", kind, zone=number)

    def ask(self, kind: str, **data: Any) -> list[str]:
        given = {"by": "phone", "person": "p1", **data}
        return brief(self.feed(Action(kind=kind, user="resident:p1", time=self.now, place=ROOM, data=given)))

    def arm(self, mode: str = "away", **data: Any) -> list[str]:
        return self.ask("area.arm_asked", mode=mode, **data)

    def disarm(self, **data: Any) -> list[str]:
        return self.ask("area.disarm_asked", mode="disarm", **data)

    def armed(self, mode: str = "away") -> Run:
        self.arm(mode)
        self.after(61)
        assert self.area.phase == "armed"
        return self
