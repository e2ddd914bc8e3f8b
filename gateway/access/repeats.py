"""Tells what was presented once from what is reported twice."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from gateway.access.request import PresentedCredential
from gateway.config.access import DoorSection
from gateway.model import CredentialKind, Signal
from gateway.store.columns import to_json

MOST = 10_000
LASTING = frozenset({CredentialKind.FACE, CredentialKind.PLATE, CredentialKind.PASS})
"""Kinds that a camera reads again and again while they are in its view."""


class Repeats:
    """Signals that their devices send again, and credentials that stay in a camera's view."""

    def __init__(self) -> None:
        self._unrecorded: OrderedDict[tuple[str, ...], None] = OrderedDict()
        self._seen: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()

    def is_repeated(self, signal: Signal) -> bool:
        """Whether this signal was told before, while the disk took nothing: its device sends it until it is taken.

        A repeat of a signal that is on record never gets here.
        """
        key = _key(signal)
        if key in self._unrecorded:
            return True
        if signal.number is None:
            self._unrecorded[key] = None
            if len(self._unrecorded) > MOST:
                self._unrecorded.popitem(last=False)
        return False

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
