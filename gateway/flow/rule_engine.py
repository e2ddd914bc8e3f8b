"""The rules at work: each fed the journal in order, and after a restart from where its saved state ends.

They change in the journal's order too: what came before the row of a new configuration is decided by
the rules of the old one, what comes after by those of the new. Starting is the change from none.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.desk.lifecycle import DecisionOnEvent
from gateway.flow.checkpoint import Asked, Checkpoint, OnRecord, Progress, dump, restore
from gateway.model import Decision, Raise, Severity, Signal, Wake, WakeAt, Words
from gateway.rule import Rule
from gateway.store.journal import NEVER, EventFilter

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NewRules:
    """`rules` as (rule, fingerprint) hold from the journal's `number` on; `taken` is set once they do."""

    rules: Sequence[tuple[Rule, str]]
    number: int = 0
    taken: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _Watching:
    """A rule at work. `seen` and `since` as in Progress; while it is behind, it is fed from `first` on."""

    rule: Rule
    fingerprint: str
    state: Any
    kinds: frozenset[str] | None
    """None: all."""
    seen: int
    since: int
    first: int
    wakes: dict[str, Asked] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)
    """Keys of wake-ups that came due and are not fed yet: pending still, if the gateway ends before they are."""
    behind: bool = False

    def hears(self, kind: str) -> bool:
        return self.kinds is None or kind in self.kinds


class RuleEngine:
    """Empty until the first `turn`. Feed it events in the journal's order."""

    def __init__(self) -> None:
        self._watching: dict[str, _Watching] = {}
        self._hearing: dict[str, list[_Watching]] = {}
        self._due: list[tuple[datetime, str, str]] = []
        self._fed = 0
        self._unsaved: set[str] = set()
        self.behind = False
        """Whether what the rules have missed is still to be fed by `replay`."""

    def turn(self, new: NewRules, held: Mapping[str, frozenset[str]], on_record: OnRecord) -> EventFilter | None:
        """Take the new rules; returns what they are to be fed by `replay`, None where none has missed anything.

        One that runs and is unchanged goes on with what it knows. One whose settings changed knows nothing of
        what the old one has seen, and decides on what came since. A new one starts from now.
        """
        former, self._watching = self._watching, {}
        for rule, fingerprint in new.rules:
            watching = former.get(rule.name)
            if watching is None or watching.fingerprint != fingerprint:
                keys = held.get(rule.name, frozenset())
                # What ran until now has seen all until now: what is on record of it is about another rule.
                known = OnRecord() if watching else on_record
                watching = _made(rule, fingerprint, keys, known, new.number)
                self._due += [(asked.time, rule.name, key) for key, asked in watching.wakes.items()]
            watching.rule.compound = rule.compound
            self._watching[rule.name] = watching
        heapq.heapify(self._due)
        self._hearing.clear()
        behind = [watching for watching in self._watching.values() if watching.behind]
        self.behind = bool(behind)
        return _wanted(behind) if behind else None

    def replay(self, events: Iterable[Signal | Wake]) -> list[DecisionOnEvent]:
        """Feed those that are behind. Decisions that are on record already are dropped, later ones count."""
        decided: list[DecisionOnEvent] = []
        for event in events:
            number = event.number or 0
            for watching in self._concerned(event):
                if watching.behind and number >= watching.first:
                    decisions = self._feed_one(watching, event)
                    decided += decisions if number > watching.seen else []
            self._fed = max(self._fed, number)
        return decided

    def caught_up(self, number: int) -> None:
        """All that was missed up to there has been fed."""
        self.behind = False
        self._fed = max(self._fed, number)
        for watching in self._watching.values():
            watching.behind = False

    def feed(self, event: Signal | Wake) -> list[DecisionOnEvent]:
        """Every rule's decisions on this event; wake-ups are kept here."""
        self._fed = max(self._fed, event.number or 0)
        return [decided for watching in self._concerned(event) for decided in self._feed_one(watching, event)]

    def clock_stepped(self, step: timedelta) -> None:
        """Rule time has jumped: set back, it must not keep what is to come waiting for that much longer.

        Set forward, what is to come comes early: of what a crash left over nobody knows how long it has waited.
        """
        if step > timedelta():
            return
        for watching in self._watching.values():
            for key in watching.wakes.keys() - watching.under_way:
                asked = watching.wakes[key]
                watching.wakes[key] = asked._replace(time=asked.time + step)
                heapq.heappush(self._due, (asked.time + step, watching.rule.name, key))

    def next_due(self) -> datetime | None:
        self._forget_moved()
        return self._due[0][0] if self._due else None

    def take_due(self, now: datetime) -> list[Wake]:
        """The wake-ups that have come due; each is to be journaled and fed.

        None while rules are behind: the row of one that came due before may be among what they have missed.
        """
        wakes: list[Wake] = []
        if self.behind:
            return wakes
        while (due := self.next_due()) is not None and due <= now:
            time, rule, key = heapq.heappop(self._due)
            watching = self._watching[rule]
            watching.under_way.add(key)
            wakes.append(Wake(rule, key, time, because=watching.wakes[key].because))
        return wakes

    def progress(self) -> dict[str, Progress]:
        return {
            name: Progress(watching.fingerprint, max(watching.seen, self._fed), watching.since)
            for name, watching in self._watching.items()
        }

    def checkpoints(self) -> dict[str, Checkpoint]:
        """Each rule as it is now, when none is behind; without those whose state can't be saved."""
        saved = {name: self._checkpoint(watching) for name, watching in self._watching.items()}
        return {name: checkpoint for name, checkpoint in saved.items() if checkpoint is not None}

    def _checkpoint(self, watching: _Watching) -> Checkpoint | None:
        name = watching.rule.name
        try:
            return dump(watching.rule, watching.fingerprint, self._fed, watching.state, watching.wakes)
        except Exception:  # a third party's State may hold anything
            if name not in self._unsaved:
                self._unsaved.add(name)
                log.exception("the state of a rule can't be saved; each start feeds it its horizon", rule=name)
            return None

    def _concerned(self, event: Signal | Wake) -> Sequence[_Watching]:
        """A wake-up that the rule asked for before it was changed is nobody's."""
        if isinstance(event, Signal):
            if event.kind not in self._hearing:
                self._hearing[event.kind] = [w for w in self._watching.values() if w.hears(event.kind)]
            return self._hearing[event.kind]
        watching = self._watching.get(event.rule)
        return [] if watching is None or (event.because or watching.since + 1) <= watching.since else [watching]

    def _feed_one(self, watching: _Watching, event: Signal | Wake) -> list[DecisionOnEvent]:
        if isinstance(event, Wake) and _is_due(watching, event):
            del watching.wakes[event.key]
            watching.under_way.discard(event.key)
        decided = []
        for decision in self._decisions(watching, event):
            if isinstance(decision, WakeAt):
                self._wake_at(watching, decision, event)
            else:
                decided.append(DecisionOnEvent(watching.rule.name, decision, event))
        return decided

    def _decisions(self, watching: _Watching, event: Signal | Wake) -> list[Decision]:
        try:
            return list(watching.rule.on(watching.state, event))
        except Exception:
            log.exception("a rule broke and was started anew", rule=watching.rule.name, signal=event.number)
            watching.state = watching.rule.start(frozenset())
            return [_broken(watching.rule.name)]

    def _wake_at(self, watching: _Watching, wanted: WakeAt, event: Signal | Wake) -> None:
        watching.under_way.discard(wanted.key)
        if wanted.time is None:
            watching.wakes.pop(wanted.key, None)
            return
        because = event.number if isinstance(event, Signal) else event.because
        watching.wakes[wanted.key] = Asked(wanted.time, because)
        heapq.heappush(self._due, (wanted.time, watching.rule.name, wanted.key))

    def _forget_moved(self) -> None:
        """Drop from the heap what was moved or forgotten since it was pushed."""
        while self._due:
            time, rule, key = self._due[0]
            watching = self._watching.get(rule)
            asked = watching.wakes.get(key) if watching else None
            if asked is not None and asked.time == time:
                return
            heapq.heappop(self._due)


def _made(rule: Rule, fingerprint: str, held: frozenset[str], on_record: OnRecord, now: int) -> _Watching:
    """With its saved state, or with a fresh one and all of its horizon before it. Nothing is before a new rule."""
    known, kinds = on_record.progress.get(rule.name), frozenset(rule.kinds(held)) if rule.KINDS else None
    if known is None:
        return _Watching(rule, fingerprint, rule.start(held), kinds, now, now, now + 1)
    seen = min(known.seen, now)  # beyond the journal's end where rows of it were lost: their numbers come again
    if known.fingerprint != fingerprint:
        return _Watching(rule, fingerprint, rule.start(held), kinds, seen, seen, seen + 1, behind=seen < now)
    restored = restore(rule, fingerprint, now, on_record.checkpoints.get(rule.name))
    if restored is None:
        first = max(min(on_record.first.get(rule.HORIZON, 0), seen + 1), known.since + 1)
        return _Watching(rule, fingerprint, rule.start(held), kinds, seen, known.since, first, behind=first <= now)
    first = restored.seen + 1
    watching = _Watching(rule, fingerprint, restored.state, kinds, seen, known.since, first, restored.wakes)
    watching.behind = first <= now
    return watching


def _wanted(behind: Sequence[_Watching]) -> EventFilter:
    kinds: dict[str | None, int] = defaultdict(lambda: NEVER)
    for watching in behind:
        for kind in (None,) if watching.kinds is None else watching.kinds:
            kinds[kind] = min(kinds[kind], watching.first)
    every = kinds.pop(None, NEVER)
    return EventFilter({kind: first for kind, first in kinds.items() if kind}, every, min(w.first for w in behind))


def _is_due(watching: _Watching, wake: Wake) -> bool:
    """Whether it is the one that is to come: fed again, it may stand at the time a clock that was set moved it to."""
    asked = watching.wakes.get(wake.key)
    if asked is None:
        return False
    return asked.time == wake.time or (watching.behind and asked.because == wake.because)


def _broken(rule: str) -> Raise:
    reason = Words(
        f"规则 {rule} 出错,已重新启动,请通知安装人员", f"Rule {rule} broke and was restarted; tell the installer"
    )
    return Raise("rule-broken", Severity.HIGH, "", reason)
