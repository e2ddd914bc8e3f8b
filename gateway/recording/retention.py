"""Deleting recordings that are older than they are kept, in small batches."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from gateway.errors import NotRecorded
from gateway.recording import rows
from gateway.recording.storage import ClipStorage
from gateway.store import Store

log = structlog.get_logger(__name__)
INTERVAL_S = 600.0
BATCH_SIZE = 50
PAUSE_S = 0.2


async def purge_periodically(
    store: Store, shelf: ClipStorage, now: Callable[[], datetime], keep: Callable[[], timedelta]
) -> None:
    """Runs for good; `keep` is asked each time."""
    while True:
        try:
            if not await asyncio.to_thread(store.is_whole):
                await asyncio.sleep(INTERVAL_S)  # the row that names a recording may not have been brought over yet
                continue
            await purge(store, shelf, now(), keep())
        except (NotRecorded, OSError) as error:
            log.error("no recording could be purged", why=str(error))
        await asyncio.sleep(INTERVAL_S)


async def purge(store: Store, shelf: ClipStorage, now: datetime, keep: timedelta) -> int:
    """Once through; returns how many clips expired. What is real or still open stays, however old."""

    def batch(connection: sqlite3.Connection) -> int:
        return rows.expire(connection, now - keep, now, BATCH_SIZE)

    gone = total = await store.write(batch)
    while gone == BATCH_SIZE:
        await asyncio.sleep(PAUSE_S)
        gone = await store.write(batch)
        total += gone
    in_use = await store.read(rows.files)
    await asyncio.to_thread(shelf.purge, in_use)
    return total
