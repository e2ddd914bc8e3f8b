"""What holds for every rule: it never raises, decides the same again, and no alarm falls between two."""

import json
from dataclasses import asdict
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.kinds import find_rule, known_kinds
from gateway.model import ALARM_KINDS, KINDS, Raise, Signal, Wake, WakeAt
from gateway.testing.rules import COMPOUND, DEVICES, START, feed, made, signal

RULES = {kind: find_rule(kind) for kind in known_kinds("rule")}
LOUD = {
    "recognition": {"unknown_face": "low", "quiet": "1m"},
    "perimeter": {"severities": {"motion.started": "low"}},
    "doorway": {"denied_times": 2},
    "silence": {"together": 2},
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
names = "text list person name place zone area from door category score credential distance event line class".split()
signals = st.builds(
    Signal,
    device=st.sampled_from([*(device.id for device in DEVICES), "anju", "nobody"]),
    kind=st.sampled_from(sorted(KINDS)),
    data=st.dictionaries(st.sampled_from(names), anything, max_size=3),
    id=st.uuids().map(str),
)
wakes = st.builds(Wake, st.just("r"), st.sampled_from(["door/held", "door/denied", "c1", "", "x"]), st.just(START))
held_keys = st.frozensets(st.sampled_from(["door/held", "z1/alarm", "c1/lost", "*/wall", "*/", "odd", "/"]))


def in_order(events):
    """As the intake would give them: each a little later, numbered."""
    for number, (event, gap) in enumerate(events, 1):
        at = START + timedelta(seconds=number * 7 + gap)
        if isinstance(event, Signal):
            yield Signal(**{**asdict(event), "received": at, "number": number})
        else:
            yield Wake(event.rule, event.key, at, number)


def decide(rule, events, held):
    state = rule.start(held)
    return [list(rule.on(state, event)) for event in events if isinstance(event, Wake) or event.kind in rule.KINDS]


@pytest.mark.parametrize("kind", RULES)
@given(st.lists(st.tuples(signals | wakes, st.integers(0, 90)), max_size=30), held_keys)
def test_any_sequence_is_decided_and_decided_the_same_again(kind, events, held):
    rule = made(RULES[kind], **LOUD.get(kind, {}))
    story = [event for event in in_order(events) if isinstance(event, Wake) or event.kind in rule.KINDS]
    decided = decide(rule, story, held)
    for cut in {0, len(story) // 2, len(story)}:
        assert decide(rule, story[:cut], held) == decided[:cut]
    for decision in (each for decisions in decided for each in decisions):
        json.dumps(asdict(decision), default=str)
        if isinstance(decision, Raise):
            assert decision.key
            assert decision.reason.zh
            assert decision.reason.en
        if isinstance(decision, WakeAt) and decision.time:
            assert decision.time >= START


@pytest.mark.parametrize("kind", sorted(ALARM_KINDS))
@pytest.mark.parametrize("device", ["z1", "host", "home", "home-window", "door", "lane", "nobody"])
def test_every_alarm_is_raised_by_exactly_one_rule_as_they_come(kind, device):
    raised = [name for name, rule in RULES.items() if feed(made(rule), [signal(device, kind)])]
    assert len(raised) == 1, raised


@pytest.mark.parametrize("kind", RULES)
def test_a_clear_never_comes_without_what_it_clears(kind):
    rule = made(RULES[kind])
    ends = [
        signal(device, end)
        for end in sorted(rule.KINDS)
        if end.endswith(("restored", "closed", "ended", "online"))
        for device in COMPOUND.devices
    ]
    assert feed(rule, ends) == []
