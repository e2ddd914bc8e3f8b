"""Writes who viewed what into the audit log: cameras, recordings, pictures and looks back, all of which show people."""

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
HANDOVER = "handover-view"
PASSES = "pass-view"
SEARCH, TIMELINE, AUDIT, REPORT = "history-search", "timeline-view", "audit-view", "report-view"
PASSAGES = "access-view"
HOUSEHOLD, PEOPLE_SEARCH = "household-view", "people-search"
_NAMES = {
    CAMERA: "camera",
    CLIP: "clip",
    PICTURE: "picture",
    HANDOVER: "handover",
    PASSES: "of",
    SEARCH: "of",
    TIMELINE: "of",
    AUDIT: "of",
    REPORT: "of",
    PASSAGES: "of",
    HOUSEHOLD: "place",
    PEOPLE_SEARCH: "of",
}
MERGE_WITHIN = timedelta(minutes=1)
"""A view that continues within this time is the same one: after a reconnect, for the next range of a recording, for the
next of many pictures.
"""
REPEAT_AFTER = timedelta(hours=1)
"""A view that goes on is recorded again after this time, so that a whole shift does not look like a glance."""
_MAX_VIEWS = 1000


@dataclass(slots=True)
class _View:
    recorded_at: datetime
    last_at: datetime


class ViewAudit:
    """Records each view once."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._views: OrderedDict[tuple[str, str, str], _View] = OrderedDict()

    async def record(self, user: str, action: str, target: str, alert: str = "", why: str = "", role: str = "") -> None:
        """Record that `user` viewed `target` (the id of a camera, clip or picture, or what was looked for).

        `action` says which, `why` is the reason that the user gave. `role` is shown to residents in the place of the
        user, for a look at their household.

        When the disk can't be written, the view is allowed all the same and the failure is logged.
        """
        key, at = (user, action, f"{target}\n{why}" if why else target), self._now()
        view = self._views.get(key)
        if view is not None and at - view.last_at < MERGE_WITHIN and at - view.recorded_at < REPEAT_AFTER:
            view.last_at = at
            return
        self._remember(key, at)
        data = {_NAMES[action]: target, **({"role": role} if role else {})}
        step = Step(alert, action, user, at, why, data=data)
        try:
            await self._store.write(lambda connection: audit.append(connection, step))
        except NotRecorded as error:
            self._views.pop(key, None)  # so that the next request tries again
            log.error("view not recorded", user=user, target=target, why=str(error))

    def extend(self, user: str, action: str, target: str) -> None:
        """The view went on until now."""
        if (view := self._views.get((user, action, target))) is not None:
            view.last_at = self._now()

    def _remember(self, key: tuple[str, str, str], at: datetime) -> None:
        self._views[key] = _View(at, at)
        self._views.move_to_end(key)
        while len(self._views) > _MAX_VIEWS:
            self._views.popitem(last=False)
