"""An alarm that no rule answers for is on the screen all the same."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta

import pytest

from gateway.flow.unhandled_alarms import UnhandledAlarms
from gateway.model import ALARM_KINDS, Clear, Device, DeviceType, Raise, Severity, Signal
from gateway.rule import Compound

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
DEVICES = {
    "home": Device("home", "x", DeviceType.HOME, "1502主机", "b3/u1/1502"),
    "wall": Device("wall", "x", DeviceType.ZONE, "北墙", "wall/n1"),
    "door": Device("door", "x", DeviceType.DOOR, "东门", "gate/east"),
}
COMPOUND = Compound("x", DEVICES, {})


def rule(kind: str, **settings):
    family = importlib.import_module(f"rules.{kind}").RULE
    return family(kind, family.Settings.model_validate(settings), COMPOUND)


def said(device: str, kind: str) -> Signal:
    return Signal(device=device, kind=kind, received=NOW + timedelta(seconds=1), number=1)


@pytest.mark.parametrize("kind", sorted(ALARM_KINDS))
def test_without_rules_every_alarm_shows(kind):
    uncovered = UnhandledAlarms([], COMPOUND)
    [decision] = uncovered.on(uncovered.start(frozenset()), said("wall", kind))
    assert isinstance(decision, Raise)
    assert decision.severity >= Severity.HIGH
    assert "rules.yaml" in decision.reason.zh


@pytest.mark.parametrize(
    ("rules", "device", "kind", "shows"),
    [
        ([("home_alarm", {})], "home", "zone.alarm", False),
        ([("home_alarm", {})], "wall", "zone.alarm", True),
        ([("home_alarm", {})], "wall", "fire.alarm", False),
        ([("home_alarm", {"severities": {"water.alarm": "off"}})], "home", "water.alarm", False),
        ([("home_alarm", {"places": ["b4"]})], "home", "panic.pressed", True),
        ([("perimeter", {})], "wall", "zone.alarm", False),
        ([("perimeter", {})], "home", "zone.alarm", True),
        ([("perimeter", {"places": ["wall/s"]})], "wall", "zone.alarm", True),
        ([("doorway", {})], "door", "door.forced", False),
        ([("doorway", {})], "door", "panic.pressed", True),
        ([("home_alarm", {}), ("perimeter", {}), ("doorway", {})], "door", "zone.tampered", False),
        ([], "wall", "motion.started", False),
        ([], "wall", "door.opened", False),
    ],
)
def test_only_what_no_rule_answers_for_shows(rules, device, kind, shows):
    uncovered = UnhandledAlarms([rule(name, **settings) for name, settings in rules], COMPOUND)
    assert bool(uncovered.on(uncovered.start(frozenset()), said(device, kind))) is shows


def test_its_end_ends_it():
    uncovered = UnhandledAlarms([], COMPOUND)
    state = uncovered.start(frozenset())
    [begun] = uncovered.on(state, said("wall", "gas.alarm"))
    [ended] = uncovered.on(state, said("wall", "gas.restored"))
    assert isinstance(ended, Clear)
    assert ended.key == begun.key
    assert uncovered.on(state, said("wall", "gas.restored")) == []
