"""Keeps a camera's picture as evidence, on the order of a person."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from gateway.model import Action, Alert, Step
from gateway.recording import rows
from gateway.recording.snapshot import KeptSnapshot
from gateway.store import audit
from gateway.store.media import PictureFiles

SNAPSHOT_ACTION = "snapshot"


class Act(Protocol):
    """Commits what a person did, with the rows of `unit`, in one transaction. Raises NotRecorded."""

    def __call__(self, action: Action, unit: Callable[[sqlite3.Connection], object] | None = None) -> Awaitable[int]:
        """Returns its number in the journal."""


async def keep_snapshot(
    media: PictureFiles, act: Act, jpeg: bytes, *, camera: str, place: str, user: str, at: datetime, alert: Alert | None
) -> KeptSnapshot:
    """Store the picture, then record it. Raises OSError, NotRecorded."""
    picture = await asyncio.to_thread(media.keep, jpeg)
    kept = KeptSnapshot(camera, at, user, picture, len(jpeg), alert.id if alert else None)
    data = {"snapshot": kept.id, "camera": camera, "sha256": picture, "bytes": kept.size}

    def unit(connection: sqlite3.Connection) -> None:
        rows.append_snapshot(connection, kept)
        audit.append(connection, Step(kept.alert or "", SNAPSHOT_ACTION, user, at, data=data))

    action = Action(
        kind="snapshot.taken",
        user=user,
        time=at,
        alert=kept.alert or "",
        rule=alert.rule if alert else "",
        key=alert.key if alert else "",
        place=alert.place if alert else place,
        device=camera,
        data=data,
    )
    await act(action, unit)
    return kept
