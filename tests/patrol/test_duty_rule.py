"""The duty log's rule: what is not written in time, written late, or written by too few."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.model import Action, Signal, Wake, WakeAt
from gateway.patrol.duty_rule import DutyRule
from gateway.testing.rules import COMPOUND
from tests.patrol.rounds import DUE, at

KEY = "fire@20261130T1400Z"


def asked(key=KEY):
    data = {
        "key": key,
        "log": "fire",
        "name": {"zh": "消防控制室", "en": "Fire control room"},
        "place": "gate/east",
        "due": DUE.isoformat(),
        "until": at(20).isoformat(),
        "people": 2,
        "severity": "medium",
        "items": [],
    }
    return Signal(device="anju", kind="duty.asked", data=data, source_id=key, received=DUE, number=1)


def written(minutes, *people):
    data = {"key": KEY, "people": list(people)}
    return Action(kind="duty.logged", user=people[0], time=at(minutes), data=data, number=2)


def decided(*events, due=True):
    rule = DutyRule(COMPOUND)
    state, found, wakes = rule.start(frozenset()), [], {}
    for event in events:
        if due and wakes and event.time >= min(wakes.values()):
            found += list(rule.on(state, Wake("duty", KEY, wakes.pop(KEY))))
        for one in rule.on(state, event):
            if isinstance(one, WakeAt):
                wakes = {KEY: one.time} if one.time else {}
            else:
                found.append(one)
    for key, time in wakes.items():
        found += list(rule.on(state, Wake("duty", key, time)))
    return [f"{type(one).__name__.lower()} {one.key.partition('/')[2]}" for one in found]


@pytest.mark.parametrize(
    ("events", "decisions"),
    [
        ([asked()], ["raise missed"]),
        ([asked(), written(5, "a", "b")], []),
        ([asked(), written(5, "a")], ["raise people"]),
        ([asked(), written(25, "a", "b")], ["raise missed", "clear missed"]),
        ([asked(), written(25, "a")], ["raise missed", "clear missed", "raise people"]),
    ],
)
def test_an_entry(events, decisions):
    assert decided(*events) == decisions


def test_it_waits_until_the_grace_is_over():
    [wake] = DutyRule(COMPOUND).on(DutyRule(COMPOUND).start(frozenset()), asked())
    assert wake == WakeAt(KEY, DUE + timedelta(minutes=20))
