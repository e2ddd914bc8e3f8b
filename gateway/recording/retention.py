"""Deletes recordings that are older than the retention time, in small batches."""

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
"""Between batches, so that other writes are not delayed."""


async def purge_periodically(
    store: Store, storage: ClipStorage, now: Callable[[], datetime], retention: Callable[[], timedelta]
) -> None:
    """Runs until cancelled. `retention` is read each time, because the configuration may change."""
    while True:
        try:
            # After a damaged database was replaced, its rows are copied over little by little: until that is done, a
            # file without a row is not unreferenced.
            if not await asyncio.to_thread(store.is_whole):
                await asyncio.sleep(INTERVAL_S)
                continue
            await purge(store, storage, now(), retention())
        except (NotRecorded, OSError) as error:
            log.error("purging recordings failed", why=str(error))
        await asyncio.sleep(INTERVAL_S)


async def purge(store: Store, storage: ClipStorage, now: datetime, retention: timedelta) -> int:
    """Purge once; returns how many clips expired. Those of open alerts and of real ones are kept, however old."""

    def batch(connection: sqlite3.Connection) -> int:
        return rows.expire(connection, now - retention, now, BATCH_SIZE)

    expired = total = await store.write(batch)
    while expired == BATCH_SIZE:
        await asyncio.sleep(PAUSE_S)
        expired = await store.write(batch)
        total += expired
    referenced = await store.read(rows.files)
    await asyncio.to_thread(storage.delete_unreferenced, referenced)
    return total
