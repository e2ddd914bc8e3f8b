"""Tells what was presented once from what is reported twice."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.access.request import PresentedCredential
from gateway.config.access import DoorSection
from gateway.model import CredentialKind, Signal
from gateway.store.columns import to_json

MOST = 10_000
SENT_AGAIN_WITHIN = timedelta(minutes=10)
"""A device that was not answered sends again far sooner."""
LASTING = frozenset({CredentialKind.FACE, CredentialKind.PLATE, CredentialKind.PASS})
"""Kinds that a camera reads again and again while they are in its view."""


@dataclass(frozen=True, slots=True)
class _Told:
    at: datetime
    on_record: bool


class Repeats:
    """Signals that their devices send again, and credentials that stay in a camera's view."""

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, ...], _Told] = OrderedDict()
        self._seen: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()

    def is_repeated(self, signal: Signal, now: datetime) -> bool:
        """Whether this signal was told before: its device sends it until it is on record, and then it is told again."""
        key, on_record = _key(signal), signal.number is not None
        last = self._told.pop(key, None)
        self._told[key] = _Told(now, on_record)
        if len(self._told) > MOST:
            self._told.popitem(last=False)
        if last is None or now - last.at > SENT_AGAIN_WITHIN:
            return False
        # Of two that are on record the journal knows that they are two: a device's counter began anew.
        return not (on_record and last.on_record)

    def is_still_there(self, credential: PresentedCredential, door: DoorSection, now: datetime) -> bool:
        """Whether a camera at this door saw the same one just before."""
        if credential.kind not in LASTING or not door.repeat:
            return False
        key = (door.device, credential.kind, credential.value)
        last = self._seen.pop(key, None)
        if last is not None and now - last < door.repeat:
            self._seen[key] = last
            return True
        self._seen[key] = now
        if len(self._seen) > MOST:
            self._seen.popitem(last=False)
        return False


def _key(signal: Signal) -> tuple[str, ...]:
    if signal.source_id is None or signal.fresh:
        return (signal.device, signal.id)
    return (signal.device, signal.kind, signal.source_id, to_json(signal.data))
