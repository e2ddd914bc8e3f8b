"""Runs the rules: feeds each of them the journal in order, after a restart from where its saved state ends.

A new configuration has its place in the journal: the old rules decide on what came before it, the new ones on what
comes after. Starting is the change from no rules.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.config.desk import NoiseSection
from gateway.desk.incidents import Grouping
from gateway.desk.lifecycle import DecisionOnEvent
from gateway.desk.limits import Limits
from gateway.flow.checkpoint import Checkpoint, OnRecord, PendingWake, Progress, dump, restore
from gateway.model import Action, Decision, Event, Raise, Register, Severity, Signal, Wake, WakeAt, Words
from gateway.rule import Rule
from gateway.store.journal import NEVER, EventFilter

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NewRules:
    """`rules` as (rule, fingerprint) decide from the journal's `number` on; `applied` is set once they do.

    `grouping` says from there on which alerts belong together, `limits` which limits incidents have, `noise` what is
    throttled; None leaves that as it is.
    """

    rules: Sequence[tuple[Rule, str]]
    number: int = 0
    applied: asyncio.Event = field(default_factory=asyncio.Event)
    grouping: Grouping | None = None
    limits: Limits | None = None
    noise: NoiseSection | None = None


@dataclass(slots=True)
class _RunningRule:
    """A rule and its state. `seen` and `since` as in Progress; while it is behind, it is fed from `first` on."""

    rule: Rule
    fingerprint: str
    state: Any
    kinds: frozenset[str] | None
    """Of signals and actions; None: all signals."""
    seen: int
    since: int
    first: int
    wakes: dict[str, PendingWake] = field(default_factory=dict)
    fired: set[str] = field(default_factory=set)
    """Keys of wake-ups that came due and are not fed yet; still pending if the gateway ends before they are."""
    behind: bool = False

    def handles(self, event: Signal | Action) -> bool:
        """Whether the rule is to be fed this event. Actions only go to rules that name them."""
        if self.kinds is None:
            return isinstance(event, Signal)
        return event.kind in self.kinds


class RuleEngine:
    """Has no rules until the first `switch`. Feed it events in the journal's order.

    `register` gives the snapshot of people and vehicles; rules get it at the start and at each `register.changed`.
    """

    def __init__(self, register: Callable[[], Register] = Register) -> None:
        self._register = register
        self._rules: dict[str, _RunningRule] = {}
        self._by_kind: dict[str, list[_RunningRule]] = {}
        self._due: list[tuple[datetime, str, str]] = []
        """A heap of (time, rule, key)."""
        self._fed = 0
        self._unsaved: set[str] = set()
        self.behind = False
        """Whether rules are still to be fed by `replay` what they have missed."""

    def switch(self, new: NewRules, held: Mapping[str, frozenset[str]], on_record: OnRecord) -> EventFilter | None:
        """Switch to the new rules; returns the events that `replay` is to feed them, None when none has missed any.

        A running rule that is unchanged keeps its state, and the new object of the rule goes on with it. One whose
        settings changed starts with an empty state and decides on what comes from now on, as a new one does.
        """
        before, self._rules, register = self._rules, {}, self._register()
        for rule, fingerprint in new.rules:
            running = before.get(rule.name)
            if running is None or running.fingerprint != fingerprint:
                keys = held.get(rule.name, frozenset())
                # A rule of that name that ran until now has seen everything; what is on record belongs to it alone.
                known = OnRecord() if running else on_record
                running = _made(rule, fingerprint, keys, known, new.number)
                self._due += [(pending.time, rule.name, key) for key, pending in running.wakes.items()]
            running.rule = rule
            running.rule.compound = replace(rule.compound, register=register)
            self._rules[rule.name] = running
        heapq.heapify(self._due)
        self._by_kind.clear()
        behind = [running for running in self._rules.values() if running.behind]
        self.behind = bool(behind)
        return _wanted(behind) if behind else None

    def replay(self, events: Iterable[Event]) -> list[DecisionOnEvent]:
        """Feed the rules that are behind. Decisions that are on record already are dropped, later ones are returned."""
        decided: list[DecisionOnEvent] = []
        for event in events:
            number = event.number or 0
            for running in self._concerned(event):
                if running.behind and number >= running.first:
                    decisions = self._feed_one(running, event)
                    decided += decisions if number > running.seen else []
            self._fed = max(self._fed, number)
        return decided

    def caught_up(self, number: int) -> None:
        """Note that everything up to this number has been fed."""
        self.behind = False
        self._fed = max(self._fed, number)
        for running in self._rules.values():
            running.behind = False

    def feed(self, event: Event) -> list[DecisionOnEvent]:
        """Every rule's decisions on this event; wake-ups they ask for are kept here."""
        self._fed = max(self._fed, event.number or 0)
        if isinstance(event, Action) and event.kind == "register.changed":
            self._update_register()
        return [decided for running in self._concerned(event) for decided in self._feed_one(running, event)]

    def _update_register(self) -> None:
        register = self._register()
        for running in self._rules.values():
            running.rule.compound = replace(running.rule.compound, register=register)

    def clock_stepped(self, step: timedelta) -> None:
        """Move pending wake-ups along when rule time was set back, so that they are not late by that much."""
        if step > timedelta():
            return  # set forward: wake-ups come early, for how long one from before a crash has waited is unknown
        for running in self._rules.values():
            for key in running.wakes.keys() - running.fired:
                pending = running.wakes[key]
                running.wakes[key] = pending._replace(time=pending.time + step)
                heapq.heappush(self._due, (pending.time + step, running.rule.name, key))

    def state_of(self, name: str) -> tuple[Any, int]:
        """The rule's state, to be read only, and the number of the last event that was fed; None while it is behind."""
        running = self._rules.get(name)
        return (None if running is None or running.behind else running.state), self._fed

    def next_due(self) -> datetime | None:
        """When the next wake-up comes due, None when none is pending."""
        self._forget_moved()
        return self._due[0][0] if self._due else None

    def take_due(self, now: datetime) -> list[Wake]:
        """The wake-ups that have come due by `now`; each is to be recorded in the journal, then fed.

        None while rules are behind: the journal row of one that came due before the restart may be among what they
        have missed.
        """
        wakes: list[Wake] = []
        if self.behind:
            return wakes
        while (due := self.next_due()) is not None and due <= now:
            time, rule, key = heapq.heappop(self._due)
            running = self._rules[rule]
            if key in running.fired:
                continue  # asked for twice for the same time, with another time in between
            running.fired.add(key)
            wakes.append(Wake(rule, key, time, because=running.wakes[key].because))
        return wakes

    def progress(self) -> dict[str, Progress]:
        """How far each rule has come, by name."""
        return {
            name: Progress(running.fingerprint, max(running.seen, self._fed), running.since)
            for name, running in self._rules.items()
        }

    def checkpoints(self) -> dict[str, Checkpoint]:
        """Each rule's state by name, when none is behind. Rules whose state can't be saved are left out."""
        saved = {name: self._checkpoint(running) for name, running in self._rules.items()}
        return {name: checkpoint for name, checkpoint in saved.items() if checkpoint is not None}

    def _checkpoint(self, running: _RunningRule) -> Checkpoint | None:
        name = running.rule.name
        try:
            return dump(running.rule, running.fingerprint, self._fed, running.state, running.wakes)
        except Exception:  # the State of a third party's rule may hold anything
            if name not in self._unsaved:
                self._unsaved.add(name)
                log.exception("a rule's state can't be saved; each start feeds it its horizon again", rule=name)
            return None

    def _concerned(self, event: Event) -> Sequence[_RunningRule]:
        if isinstance(event, Wake):
            running = self._rules.get(event.rule)
            # A wake-up that the rule asked for before its settings changed is not for the new one.
            if running is None or (event.because or running.since + 1) <= running.since:
                return []
            return [running]
        if event.kind not in self._by_kind:
            self._by_kind[event.kind] = [running for running in self._rules.values() if running.handles(event)]
        return self._by_kind[event.kind]

    def _feed_one(self, running: _RunningRule, event: Event) -> list[DecisionOnEvent]:
        if isinstance(event, Wake) and _is_due(running, event):
            del running.wakes[event.key]
            running.fired.discard(event.key)
        decided = []
        for decision in self._decisions(running, event):
            if isinstance(decision, WakeAt):
                self._wake_at(running, decision, event)
            else:
                decided.append(DecisionOnEvent(running.rule.name, decision, event))
        return decided

    def _decisions(self, running: _RunningRule, event: Event) -> list[Decision]:
        try:
            return list(running.rule.on(running.state, event))
        except Exception:
            log.exception("a rule failed and was restarted", rule=running.rule.name, signal=event.number)
            running.state = running.rule.start(frozenset())
            return [_broken(running.rule.name)]

    def _wake_at(self, running: _RunningRule, wanted: WakeAt, event: Event) -> None:
        running.fired.discard(wanted.key)
        if wanted.time is None:
            running.wakes.pop(wanted.key, None)
            return
        because = event.because if isinstance(event, Wake) else event.number
        running.wakes[wanted.key] = PendingWake(wanted.time, because)
        heapq.heappush(self._due, (wanted.time, running.rule.name, wanted.key))

    def _forget_moved(self) -> None:
        """Drop from the heap the wake-ups that were moved or cancelled since they were pushed."""
        while self._due:
            time, rule, key = self._due[0]
            running = self._rules.get(rule)
            pending = running.wakes.get(key) if running else None
            if pending is not None and pending.time == time:
                return
            heapq.heappop(self._due)


def _made(rule: Rule, fingerprint: str, held: frozenset[str], on_record: OnRecord, now: int) -> _RunningRule:
    """A rule with its saved state, or with a fresh one and its horizon to be fed. A new rule is fed nothing."""
    known, kinds = on_record.progress.get(rule.name), frozenset(rule.kinds(held)) if rule.KINDS else None
    if known is None:
        return _RunningRule(rule, fingerprint, rule.start(held), kinds, now, now, now + 1)
    seen = min(known.seen, now)  # rows at the journal's end may have been lost; their numbers are given again
    if known.fingerprint != fingerprint:
        return _RunningRule(rule, fingerprint, rule.start(held), kinds, seen, seen, seen + 1, behind=seen < now)
    restored = restore(rule, fingerprint, now, on_record.checkpoints.get(rule.name))
    if restored is None:
        first = max(min(on_record.first.get(rule.HORIZON, 0), seen + 1), known.since + 1)
        return _RunningRule(rule, fingerprint, rule.start(held), kinds, seen, known.since, first, behind=first <= now)
    first = restored.seen + 1
    running = _RunningRule(rule, fingerprint, restored.state, kinds, seen, known.since, first, restored.wakes)
    running.behind = first <= now
    return running


def _wanted(behind: Sequence[_RunningRule]) -> EventFilter:
    kinds: dict[str | None, int] = defaultdict(lambda: NEVER)
    for running in behind:
        for kind in (None,) if running.kinds is None else running.kinds:
            kinds[kind] = min(kinds[kind], running.first)
    every = kinds.pop(None, NEVER)
    return EventFilter({kind: first for kind, first in kinds.items() if kind}, every, min(one.first for one in behind))


def _is_due(running: _RunningRule, wake: Wake) -> bool:
    """Whether this is the pending wake-up. Fed again after a restart, its time may differ: a set clock moved it."""
    pending = running.wakes.get(wake.key)
    if pending is None:
        return False
    return pending.time == wake.time or (running.behind and pending.because == wake.because)


def _broken(rule: str) -> Raise:
    reason = Words(
        f"规则 {rule} 出错,已重新启动,请通知安装人员", f"Rule {rule} broke and was restarted; tell the installer"
    )
    return Raise("rule-broken", Severity.HIGH, "", reason)
