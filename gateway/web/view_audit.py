"""Who looked at what: cameras and recordings show people, so each viewing is a row of the audit chain."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from gateway.errors import NotRecorded
from gateway.model import Step
from gateway.store import Store, audit

log = structlog.get_logger(__name__)
CAMERA, CLIP, PICTURE = "camera-view", "clip-view", "picture-view"
_NAMES = {CAMERA: "camera", CLIP: "clip", PICTURE: "picture"}
MERGE_WITHIN = timedelta(minutes=1)
"""A viewing that goes on within this time is the same one: a lost connection, the next piece of a film, the next of
many pictures.
"""
REPEAT_AFTER = timedelta(hours=1)
"""One that goes on is written down again: what lasts a whole shift must not look like a glance."""
_MOST = 1000


@dataclass(slots=True)
class _Viewing:
    noted: datetime
    seen: datetime


class ViewAudit:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._last: OrderedDict[tuple[str, str, str], _Viewing] = OrderedDict()

    async def note(self, user: str, action: str, what: str, alert: str = "") -> None:
        """Write it down, once for each viewing. A disk that would not take it keeps no guard from looking."""
        seen, at = (user, action, what), self._now()
        last = self._last.get(seen)
        if last is not None and at - last.seen < MERGE_WITHIN and at - last.noted < REPEAT_AFTER:
            last.seen = at
            return
        self._keep(seen, at)
        step = Step(alert, action, user, at, data={_NAMES[action]: what})
        try:
            await self._store.write(lambda connection: audit.append(connection, step))
        except NotRecorded as error:
            self._last.pop(seen, None)
            log.error("a viewing is not on record", user=user, what=what, why=str(error))

    def still(self, user: str, action: str, what: str) -> None:
        """It went on until now."""
        if (viewing := self._last.get((user, action, what))) is not None:
            viewing.seen = self._now()

    def _keep(self, seen: tuple[str, str, str], at: datetime) -> None:
        self._last[seen] = _Viewing(at, at)
        self._last.move_to_end(seen)
        while len(self._last) > _MOST:
            self._last.popitem(last=False)
