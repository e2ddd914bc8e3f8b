"""Stored clips for tests."""

from __future__ import annotations

import os
import time
from datetime import timedelta

from gateway.model import Alert
from gateway.recording import rows
from gateway.recording.clip import RecordedClip
from tests.recording.conftest import World


async def store_clip(
    world: World, alert: Alert, content: bytes = b"movie", age: timedelta = timedelta()
) -> RecordedClip:
    """A clip on disk and in the database that ended `age` ago."""
    draft = world.clip_storage.draft("film")
    draft.mp4.write_bytes(content)
    name, size = world.clip_storage.store(draft)
    ended = world.now - age
    clip = RecordedClip(
        alert=alert.id, camera="fence", began=ended - timedelta(seconds=30), ended=ended, file=name, size=size
    )
    await world.store.write(lambda c: rows.append(c, clip, ended))
    old = time.time() - age.total_seconds() - 7200
    os.utime(world.clip_storage._path(name), (old, old))
    return clip
