"""Feed a rule signals and time in a small compound; it returns the decisions.

Such as:

    rule = made(LeftOpen, seconds=30)
    assert brief(feed(rule, [signal("door", "door.opened")], until=31)) == ["raise door medium"]
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.model import (
    Action,
    Clear,
    Decision,
    Device,
    DeviceType,
    Event,
    Perform,
    Place,
    Raise,
    Signal,
    Wake,
    WakeAt,
    Words,
)
from gateway.rule import Compound, Rule

START = datetime(2026, 11, 1, 8, tzinfo=UTC)


def _device(name: str, kind: DeviceType, place: str, part_of: str | None = None) -> Device:
    return Device(name, "any", kind, f"{name}号", place, part_of=part_of)


DEVICES = [
    _device("host", DeviceType.PANEL, "gate/east"),
    _device("z1", DeviceType.ZONE, "wall/n1", "host"),
    _device("z2", DeviceType.ZONE, "wall/n2", "host"),
    _device("shop", DeviceType.PANEL, "gate/east", "receiver"),
    _device("lane", DeviceType.CAMERA, "gate/east"),
    _device("door", DeviceType.DOOR, "b3/u1"),
    _device("station", DeviceType.INTERCOM, "gate/east"),
    _device("home", DeviceType.HOME, "b3/u1/101"),
    _device("home-window", DeviceType.ZONE, "b3/u1/101", "home"),
    *(_device(f"c{n}", DeviceType.CAMERA, f"wall/n{n}") for n in range(1, 7)),
]
NAMES = {
    "gate/east": Words("东门", "East gate"),
    "b3/u1": Words("3号楼1单元", "Building 3 Unit 1"),
    "b3/u1/101": Words("3号楼1单元101室", "Building 3 Unit 1 Room 101"),
    **{f"wall/n{n}": Words(f"北围墙{n}段", f"North wall {n}") for n in range(1, 7)},
}
COMPOUND = Compound(
    "西子御园", {device.id: device for device in DEVICES}, {path: Place(path, name) for path, name in NAMES.items()}
)


def made(rule: type[Rule], compound: Compound = COMPOUND, **settings: Any) -> Rule:
    """The rule with these settings, as rules.yaml would have them. Raises pydantic's ValidationError for a mistake."""
    return rule("r", rule.Settings.model_validate(settings), compound)


def signal(device: str, kind: str, after: float = 0, **data: Any) -> Signal:
    """A signal that the device sends `after` seconds after the start; `data` is its data."""
    at = START + timedelta(seconds=after)
    return Signal(device=device, kind=kind, data=data, received=at, number=1, id=f"s-{device}-{kind}-{after}")


def action(kind: str, user: str = "guard", after: float = 0, **about: Any) -> Action:
    """What a person does `after` seconds after the start; `about` are fields of Action: alert, rule, key, device…"""
    return Action(kind=kind, user=user, time=START + timedelta(seconds=after), number=1, **about)


def feed(rule: Rule, events: Iterable[Signal | Action], held: Iterable[str] = (), until: float = 0) -> list[Decision]:
    """The rule's decisions on `events`, without wake-ups: those come due in between, and until `until` seconds.

    `held` are the keys of alerts that the rule has open when it starts. Events of kinds that the rule does not name are
    left out, as the gateway would do.
    """
    state = rule.start(frozenset(held))
    kinds = rule.kinds(frozenset(held)) if rule.KINDS else None
    wakes: dict[str, datetime] = {}
    decisions: list[Decision] = []

    def send(event: Event) -> None:
        for decision in rule.on(state, event):
            if not isinstance(decision, WakeAt):
                decisions.append(decision)
            elif decision.time is None:
                wakes.pop(decision.key, None)
            else:
                wakes[decision.key] = decision.time

    def pass_until(time: datetime) -> None:
        while wakes and min(wakes.values()) <= time:
            key = min(wakes, key=lambda name: (wakes[name], name))
            send(Wake(rule.name, key, wakes.pop(key)))

    for event in events:
        if event.kind in kinds if kinds is not None else isinstance(event, Signal):
            pass_until(event.time)
            send(event)
    pass_until(START + timedelta(seconds=until))
    return decisions


def brief(decisions: Iterable[Decision]) -> list[str]:
    """Decisions as short texts to compare: `raise KEY SEVERITY`, `clear KEY`, `perform DEVICE ACTION`."""
    words = []
    for decision in decisions:
        if isinstance(decision, Raise):
            words.append(f"raise {decision.key} {decision.severity.word}")
        elif isinstance(decision, Clear):
            words.append(f"clear {decision.key}")
        elif isinstance(decision, Perform):
            words.append(f"perform {decision.device} {decision.action}")
    return words
