"""The rules at work: each fed the journal in order, rebuilt after a crash by feeding it again.

They change in the journal's order too: what came before the row of a new configuration is decided by
the rules of the old one, what comes after by those of the new. Starting is the change from none.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from gateway.desk.fold import Decided
from gateway.model import Decisions, Raise, Severity, Signal, Wake, WakeAt, Words
from gateway.rule import Rule, Watch

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """`seen`: the number of the last event this rule's decisions are on record for."""

    fingerprint: str
    seen: int


@dataclass(frozen=True, slots=True)
class NewRules:
    """`rules` as (rule, fingerprint) hold from the journal's `number` on; `taken` is set once they do."""

    rules: Sequence[tuple[Rule, str]]
    number: int = 0
    taken: asyncio.Event = field(default_factory=asyncio.Event)


class _Asked(NamedTuple):
    """A wake-up that is to come, and the number of the event it was asked for on."""

    time: datetime
    because: int | None


@dataclass(slots=True)
class _Watching:
    rule: Rule
    fingerprint: str
    watch: Watch
    seen: int
    starts_after: int
    behind: bool = False
    wakes: dict[str, _Asked] = field(default_factory=dict)


class Rulebook:
    """Empty until the first `turn`. Feed it events in the journal's order."""

    def __init__(self) -> None:
        self._watching: dict[str, _Watching] = {}
        self._due: list[tuple[datetime, str, str]] = []

    def turn(
        self, new: NewRules, held: Mapping[str, frozenset[str]], progress: Mapping[str, Progress]
    ) -> timedelta | None:
        """Take the new rules; returns how far back they are to be fed again, None where none has missed anything.

        One that runs and is unchanged goes on with what it knows. One whose settings changed knows nothing of
        what the old one has seen, and decides on what came since. A new one starts from now.
        """
        former, self._watching = self._watching, {}
        for rule, fingerprint in new.rules:
            watching = former.get(rule.name)
            if watching is None or watching.fingerprint != fingerprint:
                known = None if watching else progress.get(rule.name)  # what ran until now has seen all until now
                watch = _primed(rule, held.get(rule.name, frozenset()))
                watching = _Watching(rule, fingerprint, watch, *_place(known, fingerprint, new.number))
            watching.rule.compound = rule.compound
            watching.behind = watching.seen < new.number and watching.rule.name not in former
            self._watching[rule.name] = watching
        behind = [watching for watching in self._watching.values() if watching.behind]
        horizons = [watching.rule.HORIZON for watching in behind if not watching.starts_after]
        return max(horizons, default=timedelta()) if behind else None

    def oldest_seen(self, last: int) -> int:
        """The number after which somebody has missed something."""
        return min((watching.seen for watching in self._watching.values() if watching.behind), default=last)

    def replay(self, events: Iterable[Signal | Wake]) -> list[Decided]:
        """Feed those that are behind. Decisions that are on record already are dropped, later ones count."""
        decided: list[Decided] = []
        behind = [watching for watching in self._watching.values() if watching.behind]
        for event in events:
            for watching in behind:
                if event.number is not None and event.number > watching.starts_after:
                    on_record = event.number <= watching.seen
                    decisions = self._feed_one(watching, event)
                    decided += [] if on_record else decisions
        for watching in behind:
            watching.behind = False
        return decided

    def feed(self, event: Signal | Wake) -> list[Decided]:
        """Every rule's decisions on this event; wake-ups are kept here."""
        return [decided for watching in self._watching.values() for decided in self._feed_one(watching, event)]

    def clock_stepped(self, step: timedelta) -> None:
        """Rule time has jumped: set back, it must not keep what is to come waiting for that much longer.

        Set forward, what is to come comes early: of what a crash left over nobody knows how long it has waited.
        """
        if step > timedelta():
            return
        for watching in self._watching.values():
            for key, asked in list(watching.wakes.items()):
                watching.wakes[key] = asked._replace(time=asked.time + step)
                heapq.heappush(self._due, (asked.time + step, watching.rule.name, key))

    def next_due(self) -> datetime | None:
        self._forget_moved()
        return self._due[0][0] if self._due else None

    def take_due(self, now: datetime) -> list[Wake]:
        """The wake-ups that have come due; each is to be journaled and fed."""
        wakes = []
        while (due := self.next_due()) is not None and due <= now:
            time, rule, key = heapq.heappop(self._due)
            asked = self._watching[rule].wakes.pop(key)
            wakes.append(Wake(rule, key, time, because=asked.because))
        return wakes

    def progress(self) -> dict[str, Progress]:
        return {name: _progress(watching) for name, watching in self._watching.items()}

    def _feed_one(self, watching: _Watching, event: Signal | Wake) -> list[Decided]:
        if event.number is not None:
            watching.seen = max(watching.seen, event.number)
        if not _concerns(watching, event):
            return []
        if isinstance(event, Wake) and _is_due(watching, event):
            del watching.wakes[event.key]
        decided = []
        for decision in self._decisions(watching, event):
            if isinstance(decision, WakeAt):
                self._wake_at(watching, decision, event)
            else:
                decided.append(Decided(watching.rule.name, decision, event))
        return decided

    def _decisions(self, watching: _Watching, event: Signal | Wake) -> Decisions:
        try:
            return watching.watch.send(event)
        except Exception:
            log.exception("a rule broke and was started anew", rule=watching.rule.name, signal=event.number)
            watching.watch = _primed(watching.rule, frozenset())
            return (_broken(watching.rule.name),)

    def _wake_at(self, watching: _Watching, wanted: WakeAt, event: Signal | Wake) -> None:
        if wanted.time is None:
            watching.wakes.pop(wanted.key, None)
            return
        because = event.number if isinstance(event, Signal) else event.because
        watching.wakes[wanted.key] = _Asked(wanted.time, because)
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


def _primed(rule: Rule, held: frozenset[str]) -> Watch:
    watch = rule.watch(held)
    next(watch)
    return watch


def _place(known: Progress | None, fingerprint: str, now: int) -> tuple[int, int]:
    """What is on record of the rule, and after which event it is fed: 0 for all of its horizon."""
    if known is None:
        return now, now
    return known.seen, 0 if known.fingerprint == fingerprint else known.seen


def _progress(watching: _Watching) -> Progress:
    return Progress(watching.fingerprint, watching.seen)


def _concerns(watching: _Watching, event: Signal | Wake) -> bool:
    """A wake-up that the rule asked for before it was changed is nobody's."""
    rule = watching.rule
    if isinstance(event, Wake):
        return event.rule == rule.name and (event.because is None or event.because > watching.starts_after)
    return not rule.KINDS or event.kind in rule.KINDS


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
