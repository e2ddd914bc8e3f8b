"""Faces and plates that a guard should look at: unknown ones as configured, watch-listed ones always.

The same plate or person at the same camera raises nothing again within `quiet`; residents never raise anything.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from pydantic import Field

from gateway.model import Decisions, Event, Raise, Severity, Signal, Words, person_mark
from gateway.rule import Rule
from gateway.settings.durations import Duration, max_duration
from gateway.settings.selection import Selection, SeverityOrOff

HORIZON = timedelta(hours=1)
MAX_SIGHTINGS = 10_000
"""Sightings kept for `quiet`. Beyond it the oldest is dropped, and may raise again."""


class RecognitionSettings(Selection):
    """Severities (off: nothing is raised), and the pause between two alerts of one person or plate."""

    unknown_plate: Annotated[SeverityOrOff, Field(description="a plate on no list")] = Severity.LOW
    watched_plate: Annotated[SeverityOrOff, Field(description="a plate on the watch list (布控)")] = Severity.HIGH
    unknown_face: Annotated[SeverityOrOff, Field(description="a face of nobody enrolled")] = None
    watched_face: Annotated[SeverityOrOff, Field(description="a face on the watch list (布控)")] = Severity.HIGH
    quiet: Annotated[
        Duration, max_duration(HORIZON), Field(description="how long the same plate or face does not ring again")
    ] = timedelta(minutes=5)


class SightingAlert(NamedTuple):
    """A recognised face or plate as an alert: its key, its severity (None: off) and its reason."""

    key: str
    severity: Severity | None
    reason: Words


class Recognition(Rule):
    """Never clears: a sighting has no end."""

    Settings = RecognitionSettings
    KINDS = frozenset({"plate.read", "face.matched", "face.unknown", "face.watchlisted"})
    State = OrderedDict[str, datetime]  # when each key raised last, in that order
    HORIZON = HORIZON

    settings: RecognitionSettings

    def start(self, held: frozenset[str]) -> OrderedDict[str, datetime]:  # noqa: ARG002  # no sighting is ever cleared
        """Nothing was seen yet."""
        return OrderedDict()

    def on(self, state: OrderedDict[str, datetime], event: Event) -> Decisions:
        """Raise for a sighting, unless the same one raised within `quiet`."""
        return self._decide(event, state) if isinstance(event, Signal) else ()

    def _decide(self, signal: Signal, raised: OrderedDict[str, datetime]) -> Decisions:
        sighting = self._plate(signal) if signal.kind == "plate.read" else self._face(signal)
        if sighting.severity is None or not self.settings.covers(signal.device, self.compound):
            return ()
        last = raised.get(sighting.key)
        if last is not None and abs(signal.time - last) < self.settings.quiet:  # abs(): a clock was set back
            return ()
        raised[sighting.key] = signal.time
        raised.move_to_end(sighting.key)
        _forget(raised, signal.time)
        place = self.compound.place_of(signal.device)
        return [Raise(sighting.key, sighting.severity, place, sighting.reason, signal.device)]

    def _plate(self, signal: Signal) -> SightingAlert:
        text, listed = str(signal.data.get("text") or "?"), signal.data.get("list")
        where, key = self.compound.where(signal.device), f"{signal.device}/plate/{_fingerprint(text)}"
        if listed == "watch":
            zh, en = _assisted(signal)
            reason = Words(f"{where.zh} 发现布控车辆 {text}{zh}", f"Watch-listed vehicle {text} at {where.en}{en}")
            return SightingAlert(key, self.settings.watched_plate, reason)
        severity = self.settings.unknown_plate if listed is None else None
        return SightingAlert(
            key, severity, Words(f"{where.zh} 未登记车辆 {text}", f"Unknown vehicle {text} at {where.en}")
        )

    def _face(self, signal: Signal) -> SightingAlert:
        where, data = self.compound.where(signal.device), signal.data
        if signal.kind == "face.watchlisted":
            person = str(data.get("person") or "?")
            who, key = person_mark(person), f"{signal.device}/face/{person}"
            reason = Words(f"{where.zh} 发现布控人员 {who}", f"Watch-listed person {who} at {where.en}")
            return SightingAlert(key, self.settings.watched_face, reason)
        severity = self.settings.unknown_face if signal.kind == "face.unknown" else None
        reason = Words(f"{where.zh} 发现陌生人", f"Unknown person at {where.en}")
        return SightingAlert(f"{signal.device}/face", severity, reason)


def _forget(raised: OrderedDict[str, datetime], now: datetime) -> None:
    """Drop what `quiet` can't need any more: the oldest of too many, and those of longer ago than any `quiet`."""
    while len(raised) > MAX_SIGHTINGS or now - next(iter(raised.values()), now) > HORIZON:
        raised.popitem(last=False)


def _fingerprint(text: str) -> str:
    """Stands for a plate in keys: they are kept with the rule's state and the alert, longer than the plate itself."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _assisted(signal: Signal) -> tuple[str, str]:
    """A note for plates that were read with the register's help: a guard must know that not all of it was read."""
    note = signal.data.get("reason")
    return (f"({note.get('zh')})", f" ({note.get('en')})") if isinstance(note, dict) else ("", "")


RULE = Recognition
