"""Invented lives of people who live alone: a year of signs of life, with habits, sleep, outings and journeys."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.care import CareRule, CareState
from gateway.care.rule import plan_data
from gateway.config.residents import CareSection
from gateway.model import Action, Clear, Device, DeviceType, Event, Raise, Signal, Wake, WakeAt
from gateway.testing.rules import COMPOUND

ZONE = ZoneInfo("Asia/Shanghai")
PLACE = "b3/u1/101"
FIRST = datetime(2026, 1, 1, tzinfo=ZONE)
DEVICES = {
    device.id: device
    for device in (
        Device("door", "any", DeviceType.SENSOR, "门磁", PLACE),
        Device("pir", "any", DeviceType.SENSOR, "红外", f"{PLACE}"),
        Device("meter", "any", DeviceType.SENSOR, "水表", PLACE),
        Device("unit-door", "any", DeviceType.DOOR, "单元门", "b3/u1"),
    )
}


def rule(**settings: Any) -> CareRule:
    return CareRule(CareSection.model_validate(settings), ZONE, replace(COMPOUND, devices=DEVICES))


@dataclass
class Watch:
    """The rule, run by hand over a stream of events in order of time."""

    rule: CareRule
    state: CareState = field(default_factory=CareState)
    wakes: dict[str, datetime] = field(default_factory=dict)
    decided: list[tuple[datetime, Raise | Clear]] = field(default_factory=list)
    number: int = 0

    def feed(self, event: Event) -> list[Raise | Clear]:
        self.pass_until(event.time)
        return self._feed(event)

    def pass_until(self, time: datetime) -> list[Raise | Clear]:
        found = []
        while self.wakes and min(self.wakes.values()) <= time:
            key = min(self.wakes, key=lambda name: (self.wakes[name], name))
            found += self._feed(Wake(self.rule.name, key, self.wakes.pop(key)))
        return found

    def _feed(self, event: Event) -> list[Raise | Clear]:
        self.number += 1
        made = []
        for decision in self.rule.on(self.state, replace(event, number=self.number)):
            if isinstance(decision, WakeAt):
                self.wakes.pop(decision.key, None)
                if decision.time is not None:
                    self.wakes[decision.key] = decision.time
            elif isinstance(decision, Raise | Clear):
                made.append(decision)
                self.decided.append((event.time, decision))
        return made


def said(kind: str, at: datetime, **data: Any) -> Action:
    return Action(kind=kind, user="resident:p1", time=at, place=PLACE, data=data)


def agreed(at: datetime, hours: float = 12, water: float = 0.01) -> Action:
    return said("care.agreed", at, **plan_data("p1", timedelta(hours=hours), water))


def heard(device: str, kind: str, at: datetime, **data: Any) -> Signal:
    return Signal(device=device, kind=kind, data=data, received=at)


@dataclass
class Life:
    """`regular`: how much hours stray. `trips`: journeys a year, `told`: the share of them that is said before."""

    seed: int
    regular: float = 0.5
    outings: float = 0.6
    day_trips: float = 0.03
    trips: int = 3
    told: float = 1.0
    motion: bool = True

    def events(self, days: int, first: datetime = FIRST) -> Iterator[Event]:
        """Signs of life in order of time, and what the person says."""
        rng = random.Random(self.seed)
        m3, away = 10.0, 0
        for number in range(days):
            day = first + timedelta(days=number)
            if away:
                away -= 1
                continue
            if rng.random() < self.trips / 365:
                away = rng.randint(2, 6)
                leaving = day + timedelta(hours=9 + rng.random())
                yield heard("door", "door.opened", leaving)
                if rng.random() < self.told:
                    back = day + timedelta(days=away + 1, hours=8)
                    yield said("care.away", leaving + timedelta(minutes=1), until=back.isoformat())
                continue
            found = sorted(self._day(rng, day), key=lambda each: each[0])
            for at, device in found:
                if device == "meter":
                    m3 += rng.choice((0.006, 0.012, 0.02))
                    yield heard("meter", "meter.read", at, m3=round(m3, 4))
                elif device == "door":
                    yield heard("door", "door.opened", at)
                elif self.motion:
                    yield heard("pir", "motion.started", at)

    def _day(self, rng: random.Random, day: datetime) -> Iterator[tuple[datetime, str]]:
        """Up at half past six, out most mornings or afternoons, to bed at ten; often up at night."""
        up = 6.5 + rng.gauss(0, self.regular)
        bed = 22 + rng.gauss(0, self.regular)
        out: list[tuple[float, float]] = []
        if rng.random() < self.day_trips:
            out = [(8.5, 8.5 + rng.uniform(8, 13))]
        elif rng.random() < self.outings:
            begins = rng.choice((9.0, 15.0)) + rng.gauss(0, self.regular)
            out = [(begins, begins + rng.uniform(0.7, 3.5))]
        for begins, ends in out:
            yield day + timedelta(hours=begins), "door"
            yield day + timedelta(hours=ends), "door"
        yield day + timedelta(hours=up + 0.1), "meter"
        yield day + timedelta(hours=bed), "meter"
        at = up
        while at < bed:
            if not any(begins <= at <= ends for begins, ends in out):
                yield day + timedelta(hours=at), "meter" if rng.random() < 0.25 else "pir"
            at += rng.expovariate(1 / 0.5)
        if rng.random() < 0.6:
            yield day + timedelta(hours=24 + rng.uniform(1, 5)), "meter" if rng.random() < 0.5 else "pir"
