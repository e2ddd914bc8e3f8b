"""What silences make of a sequence of decisions: which are kept away, which end a silence, which source is throttled.

It reads no clock and no database. The same calls in the same order give the same result.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from gateway.config.desk import NoiseSection
from gateway.desk.lifecycle import DecisionOnEvent, device_of
from gateway.desk.noise.source import Source, parse_source
from gateway.model import (
    LASTING_KINDS,
    LIFE_SAFETY_KINDS,
    OTHER_KINDS,
    SIGHTING_KINDS,
    HeldAlarm,
    Raise,
    Signal,
    SilencedSource,
)

MAX_SILENCES = 500
"""In force at once. Beyond it nothing is throttled by itself; people get an error."""
MAX_COUNTED = 2000
"""Sources whose new alerts are counted; the one that raised longest ago is dropped."""
MAX_HOLDING = 100
"""Keys of alarms that one silence remembers as going on."""
AUTOMATIC_REASON = "自动限流 / throttled"
GATEWAY = "anju"
_THROTTLED_KINDS = SIGHTING_KINDS | OTHER_KINDS
"""Alarms and third parties' own kinds are never throttled; the repeats of one fold into its alert."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`silenced_by`: the silence that keeps a Raise away; `changed`: silences that changed by it."""

    silenced_by: str | None = None
    changed: tuple[SilencedSource, ...] = ()


@dataclass(slots=True)
class NoiseFold:
    """`silences` are those in force, by id."""

    settings: NoiseSection = field(default_factory=NoiseSection)
    silences: dict[str, SilencedSource] = field(default_factory=dict)
    _sources: dict[str, Source] = field(default_factory=dict)
    _recent: OrderedDict[tuple[str, str], deque[datetime]] = field(default_factory=OrderedDict)
    """When each rule and device raised its newest alerts."""

    def load(self, silences: Iterable[SilencedSource]) -> None:
        """Begin with what is on record."""
        self.silences = {silence.id: silence for silence in silences}
        self._sources = {silence.id: parse_source(silence.source) for silence in self.silences.values()}
        self._recent.clear()

    def begin(self, silence: SilencedSource) -> SilencedSource:
        """A person silences a source."""
        self.silences[silence.id] = silence
        self._sources[silence.id] = parse_source(silence.source)
        return silence

    def end(self, silence_id: str, at: datetime, because: str) -> SilencedSource:
        """It is over. Raises KeyError when it is not in force."""
        ended = replace(self.silences.pop(silence_id), ended_at=at, ended_because=because)
        del self._sources[silence_id]
        return ended

    def raised(self, decided: DecisionOnEvent, decision: Raise, *, is_new: bool) -> Verdict:
        """Whether a Raise is kept away; `is_new`: it would make a new alert and not repeat an open one."""
        kind = _kind(decided)
        if kind in LIFE_SAFETY_KINDS:
            return Verdict()
        device, at = decision.device or device_of(decided.event), decided.event.time
        changed = []
        for silence in self._covering(decided.rule, device, decision.place, at):
            if silence.kind is not None and kind is not None and kind != silence.kind:
                changed.append(self.end(silence.id, at, kind))
                continue
            counted = self._put(_counting(silence, decided, decision))
            return Verdict(counted.id, (*changed, counted))
        if is_new and device is not None and kind in _THROTTLED_KINDS:
            throttled = self._throttle(decided.rule, device, kind, at)
            if throttled is not None:
                counted = self._put(_counting(throttled, decided, decision))
                return Verdict(counted.id, (*changed, counted))
        return Verdict(None, tuple(changed))

    def cleared(self, rule: str, key: str, at: datetime) -> tuple[SilencedSource, ...]:
        """An alarm is over: the silences that kept it away hear of it."""
        return tuple(
            self._put(replace(silence, restored_at=at, holding=_without(silence, rule, key)))
            for silence in list(self.silences.values())
            if any((held.rule, held.key) == (rule, key) for held in silence.holding)
        )

    def due(self, now: datetime) -> list[str]:
        """Ids of those whose time has passed."""
        return [silence.id for silence in self.silences.values() if silence.until <= now]

    def _covering(self, rule: str, device: str | None, place: str, at: datetime) -> list[SilencedSource]:
        return [
            silence
            for silence in self.silences.values()
            if at < silence.until and self._sources[silence.id].covers(rule, device, place)
        ]

    def _throttle(self, rule: str, device: str, kind: str | None, at: datetime) -> SilencedSource | None:
        """A silence for a source that has raised too many alerts in too short a time."""
        limit = self.settings.throttle
        times = self._recent.setdefault((rule, device), deque(maxlen=limit.alerts))
        self._recent.move_to_end((rule, device))
        if len(self._recent) > MAX_COUNTED:
            self._recent.popitem(last=False)
        if times.maxlen != limit.alerts:
            times = self._recent[rule, device] = deque(times, maxlen=limit.alerts)
        too_many = len(times) == limit.alerts and abs(at - times[0]) <= limit.within and _in_order(times)
        times.append(at)
        if not too_many or len(self.silences) >= MAX_SILENCES:
            return None
        times.clear()
        source = Source(device=device, rule=rule)
        return self.begin(
            SilencedSource(
                id=_automatic_id(str(source), at),
                source=str(source),
                reason=AUTOMATIC_REASON,
                by=GATEWAY,
                begun_at=at,
                until=at + limit.rest,
                kind=kind,
                automatic=True,
            )
        )

    def _put(self, silence: SilencedSource) -> SilencedSource:
        self.silences[silence.id] = silence
        return silence


def _counting(silence: SilencedSource, decided: DecisionOnEvent, decision: Raise) -> SilencedSource:
    kind, holding = _kind(decided), silence.holding
    if kind is None or kind.startswith(LASTING_KINDS):
        device = decision.device or device_of(decided.event)
        held = HeldAlarm(decided.rule, decision.key, decision.severity, decision.place, decision.reason, device)
        holding = (*_without(silence, held.rule, held.key), held)[-MAX_HOLDING:]
    at = decided.event.time
    return replace(silence, kind=silence.kind or kind, count=silence.count + 1, last_at=at, holding=holding)


def _without(silence: SilencedSource, rule: str, key: str) -> tuple[HeldAlarm, ...]:
    return tuple(held for held in silence.holding if (held.rule, held.key) != (rule, key))


def _kind(decided: DecisionOnEvent) -> str | None:
    return decided.event.kind if isinstance(decided.event, Signal) else None


def _in_order(times: Iterable[datetime]) -> bool:
    """Whether no clock was set back meanwhile: then it is unknown how long they took."""
    return all(before <= after for before, after in pairwise(times))


def _automatic_id(source: str, at: datetime) -> str:
    digest = hashlib.blake2b(f"{source}\n{at.isoformat()}".encode(), digest_size=8)
    return f"q-{int(at.timestamp() * 1000):012x}{digest.hexdigest()}"
