"""Random days of a compound, and a gateway over them that may be stopped at any point: enough of one to see what
its rules decide. The journal is a list; what is on record passes through JSON, as in the store.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.config.kinds import find_rule, known_kinds
from gateway.flow.checkpoint import Checkpoint, OnRecord, Progress
from gateway.flow.rule_engine import NewRules, RuleEngine
from gateway.model import ACTION_KINDS, Clear, Decision, Raise, Signal, Wake
from gateway.rule import Compound, Rule
from gateway.store.journal import EventFilter
from gateway.testing.rules import COMPOUND, DEVICES, START

LOUD: dict[str, dict[str, Any]] = {
    "recognition": {"unknown_face": "low", "quiet": "1m"},
    "perimeter": {"severities": {"motion.started": "low"}},
    "doorway": {"denied_times": 2, "held_after": "10m"},
    "silence": {"together": 2, "grace": "1m"},
    "intercom": {"after": "2m"},
}
DATA: dict[str, Sequence[Any]] = {
    "zone": (1, 2, "3"),
    "area": (1, None),
    "from": ("alarm", "tamper", "bypass"),
    "door": (1, 2),
    "call": ("a", "b", 7, None, ["odd"]),
    "direction": ("in", "in", "out"),
    "why": ("missed", {"zh": "断电", "en": "no power"}),
    "text": ("浙A12345", "苏M00001"),
    "list": ("watch", "resident", None),
    "person": ("p1", "p2"),
    "category": ("repair", "odd"),
    "event": ("crossed", "blocked", "cleared"),
}
MINUTE = 60.0
HOUR = 60 * MINUTE


def rule_set(compound: Compound, loud: frozenset[str]) -> list[tuple[Rule, str]]:
    """Every rule that comes with Anju; those in `loud` with settings of their own."""
    made = []
    for kind in known_kinds("rule"):
        rule = find_rule(kind)
        settings = rule.Settings.model_validate(LOUD.get(kind, {}) if kind in loud else {})
        made.append((rule(kind, settings, compound), f"{kind} {kind in loud}"))
    return made


def signals(rng: random.Random, count: int) -> list[Signal]:
    """Mostly seconds apart, now and then hours, over a week or so."""
    kinds = sorted({kind for name in known_kinds("rule") for kind in find_rule(name).KINDS} - ACTION_KINDS)
    weighed = kinds + ["device.offline", "device.online"] * 6 + ["door.opened", "door.closed", "zone.alarm"] * 3
    made, at = [], START
    for number in range(count):
        at += timedelta(seconds=rng.expovariate(1 / rng.choice((1.0, 20.0, MINUTE, 5 * MINUTE))))
        at += timedelta(seconds=rng.random() * rng.choice((HOUR, 30 * HOUR)) if rng.random() < 0.004 else 0)
        data = {name: rng.choice(values) for name, values in DATA.items() if rng.random() < 0.3}
        device = rng.choice(DEVICES).id
        made.append(Signal(device=device, kind=rng.choice(weighed), data=data, id=f"s{number}", received=at))
    return made


@dataclass
class Machine:
    """`rules()` makes them anew, as a start does. Keep `record` and `journal`, lose the rest: that is a crash."""

    rules: Callable[[], list[tuple[Rule, str]]]
    journal: list[Signal | Wake | None] = field(default_factory=list)
    record: OnRecord = field(default_factory=OnRecord)
    decided: list[tuple[int, str, Decision]] = field(default_factory=list)
    held: dict[str, set[str]] = field(default_factory=dict)
    rulebook: RuleEngine = field(default_factory=RuleEngine)
    fed: int = 0

    def turn(self, now: datetime) -> None:
        """An accepted configuration; the rules catch up in small slices."""
        self.journal.append(None)
        rules = self.rules()
        held = {name: frozenset(keys) for name, keys in self.held.items()}
        first = {rule.HORIZON: self._first_since(now - rule.HORIZON) for rule, _ in rules}
        record = OnRecord(self.record.progress, self.record.checkpoints, first)
        wanted = self.rulebook.switch(NewRules(rules, len(self.journal)), held, record)
        missed = self._missed(wanted) if wanted else []
        for begin in range(0, len(missed), 7):
            self._keep(self.rulebook.replay(missed[begin : begin + 7]))
        self.rulebook.caught_up(len(self.journal))
        self.fed = len(self.journal)
        self.checkpoint()

    def accept(self, signal: Signal) -> None:
        """On record, and not decided on yet."""
        self.journal.append(replace(signal, number=len(self.journal) + 1))

    def work(self) -> None:
        """Decide on what was accepted."""
        while self.fed < len(self.journal):
            event = self.journal[self.fed]
            self.fed += 1
            self._keep(self.rulebook.feed(event) if event else [])

    def wake(self, now: datetime) -> None:
        while due := self.rulebook.take_due(now):
            for wake in due:
                self.journal.append(replace(wake, number=len(self.journal) + 1))
            self.work()

    def checkpoint(self) -> None:
        self.record = OnRecord(self.rulebook.progress(), self.rulebook.checkpoints())

    def crash(self, *, states: bool = True) -> None:
        """Without `states` no state that was saved fits any more."""
        kept: dict[str, Checkpoint] = dict(self.record.checkpoints) if states else {}
        self.record, self.rulebook = OnRecord(self.record.progress, kept), RuleEngine()

    def _keep(self, decided: Sequence[Any]) -> None:
        for each in decided:
            self.decided.append((each.event.number, each.rule, each.decision))
            keys = self.held.setdefault(each.rule, set())
            if isinstance(each.decision, Raise):
                keys.add(each.decision.key)
            elif isinstance(each.decision, Clear):
                keys.discard(each.decision.key)
        progress: dict[str, Progress] = self.rulebook.progress()
        self.record = OnRecord(progress, self.record.checkpoints)

    def _first_since(self, since: datetime) -> int:
        times = ((number, event) for number, event in enumerate(self.journal, 1) if event)
        return next((number for number, event in times if event.time >= since), len(self.journal))

    def _missed(self, wanted: EventFilter) -> list[Signal | Wake]:
        missed = []
        for event in self.journal:
            if isinstance(event, Signal):
                first = min(wanted.any_kind, wanted.kinds.get(event.kind, wanted.any_kind))
                missed += [event] if (event.number or 0) >= first else []
            elif isinstance(event, Wake):
                missed += [event] if (event.number or 0) >= wanted.others else []
        return missed


def without(compound: Compound, device: str) -> Compound:
    return replace(compound, devices={name: each for name, each in compound.devices.items() if name != device})


@dataclass
class Day:
    """The same stream and the same changes of the configuration, with stops or without."""

    seed: int
    count: int = 800

    def run(self, *, stops: bool, states: bool = True) -> Machine:
        rng = random.Random(self.seed)
        stream = signals(rng, self.count)
        loud: frozenset[str] = frozenset(kind for kind in LOUD if rng.random() < 0.5)
        compound = COMPOUND
        machine = Machine(lambda: rule_set(compound, loud))
        machine.turn(START)
        for signal in stream:
            machine.wake(signal.time)
            machine.accept(signal)
            if rng.random() < 0.8:  # else a backlog grows
                machine.work()
            if rng.random() < 0.03:
                machine.checkpoint()
            if rng.random() < 0.006:
                machine.work()
                loud = loud ^ {rng.choice(sorted(LOUD))}
                compound = without(compound, rng.choice(DEVICES).id) if rng.random() < 0.3 else COMPOUND
                machine.turn(signal.time)
            if rng.random() < 0.02:
                if stops:
                    machine.rulebook.take_due(
                        signal.time + timedelta(hours=1)
                    )  # came due, and never got to the journal
                    machine.crash(states=states)
                else:
                    machine.work()
                machine.turn(signal.time)
        machine.work()
        machine.wake(stream[-1].time + timedelta(hours=2))
        return machine
