"""The rules at work: each fed the journal in order, rebuilt after a crash by feeding it again."""

from __future__ import annotations

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
    wakes: dict[str, _Asked] = field(default_factory=dict)


class Rulebook:
    """`rules` as (rule, fingerprint of its settings). Feed it events in the journal's order."""

    def __init__(self, rules: Sequence[tuple[Rule, str]]) -> None:
        self._rules = rules
        self._watching: dict[str, _Watching] = {}
        self._due: list[tuple[datetime, str, str]] = []

    @property
    def names(self) -> list[str]:
        return [rule.name for rule, _ in self._rules]

    @property
    def horizon(self) -> timedelta:
        return max((rule.HORIZON for rule, _ in self._rules), default=timedelta())

    def start(self, held: Mapping[str, frozenset[str]], progress: Mapping[str, Progress], last: int) -> None:
        """Prime every rule. One that is new or whose settings changed starts from `last`, the journal's end."""
        for rule, fingerprint in self._rules:
            known = progress.get(rule.name)
            watch = _primed(rule, held.get(rule.name, frozenset()))
            if known and known.fingerprint == fingerprint:
                self._watching[rule.name] = _Watching(rule, fingerprint, watch, known.seen, starts_after=0)
            else:
                self._watching[rule.name] = _Watching(rule, fingerprint, watch, last, starts_after=last)

    def oldest_seen(self, last: int) -> int:
        return min((watching.seen for watching in self._watching.values()), default=last)

    def replay(self, events: Iterable[Signal | Wake]) -> list[Decided]:
        """Feed the horizon again. Decisions that are on record already are dropped, later ones count."""
        decided: list[Decided] = []
        for event in events:
            for watching in self._watching.values():
                if event.number is not None and event.number > watching.starts_after:
                    on_record = event.number <= watching.seen
                    decisions = self._feed_one(watching, event)
                    decided += [] if on_record else decisions
        return decided

    def feed(self, event: Signal | Wake) -> list[Decided]:
        """Every rule's decisions on this event; wake-ups are kept here."""
        return [decided for watching in self._watching.values() for decided in self._feed_one(watching, event)]

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
        return {name: Progress(w.fingerprint, w.seen) for name, w in self._watching.items()}

    def _feed_one(self, watching: _Watching, event: Signal | Wake) -> list[Decided]:
        if event.number is not None:
            watching.seen = max(watching.seen, event.number)
        if not _concerns(watching.rule, event):
            return []
        if isinstance(event, Wake) and event.key in watching.wakes and watching.wakes[event.key].time == event.time:
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
            asked = self._watching[rule].wakes.get(key)
            if asked is not None and asked.time == time:
                return
            heapq.heappop(self._due)


def _primed(rule: Rule, held: frozenset[str]) -> Watch:
    watch = rule.watch(held)
    next(watch)
    return watch


def _concerns(rule: Rule, event: Signal | Wake) -> bool:
    if isinstance(event, Wake):
        return event.rule == rule.name
    return not rule.KINDS or event.kind in rule.KINDS


def _broken(rule: str) -> Raise:
    reason = Words(
        f"规则 {rule} 出错,已重新启动,请通知安装人员", f"Rule {rule} broke and was restarted; tell the installer"
    )
    return Raise("rule-broken", Severity.HIGH, "", reason)
