"""Periodic work: rule time follows the wall clock, and expired rows and pictures are purged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from gateway.access import rows as access_rows
from gateway.clock import Clock
from gateway.config.compound import Retention
from gateway.errors import NotRecorded
from gateway.store import Store, journal, retention

log = structlog.get_logger(__name__)
CLOCK_CHECK_INTERVAL_S = 60.0
MAX_DRIFT = timedelta(seconds=2)
"""When rule time is further than this from the wall clock, it is set again and the step recorded."""
PURGE_INTERVAL_S = 600.0
BATCH_PAUSE_S = 0.2
"""Between two batches, so that a purge never delays a signal's commit."""


async def follow_wall_clock(clock: Clock, store: Store, *followers: Callable[[timedelta], None]) -> None:
    """Set rule time again when the wall clock was stepped, until cancelled.

    `followers` are called with the step: they hold times that must move with it.
    """
    while True:
        await asyncio.sleep(CLOCK_CHECK_INTERVAL_S)
        if abs(clock.drift()) > MAX_DRIFT:
            step = clock.reanchor()
            log.warning("wall clock stepped, rule time follows", step_s=step.total_seconds())
            for follow in followers:  # before the journal row: nothing may use old times meanwhile
                follow(step)
            await _write_step(store, clock.now(), step)


async def _write_step(store: Store, at: datetime, step: timedelta) -> None:
    try:
        await store.write(lambda connection: journal.record_anchor(connection, at, step))
    except NotRecorded as error:
        log.error("the step of the clock could not be stored", why=str(error))


async def purge(clock: Clock, store: Store, retained: Callable[[], Retention]) -> None:
    """Delete rows and pictures older than their retention, in small batches, until cancelled."""
    while True:
        now, keep = clock.now(), retained()
        try:
            if not await asyncio.to_thread(store.is_whole):
                await asyncio.sleep(
                    PURGE_INTERVAL_S
                )  # the alert that holds a picture may not have been brought over yet
                continue
            await _purge_rows(store, now, keep)
            await _purge_snapshots(store, now - keep.snapshots)
        except (NotRecorded, OSError) as error:
            log.error("purging failed", why=str(error))
        await asyncio.sleep(PURGE_INTERVAL_S)


async def _purge_rows(store: Store, now: datetime, keep: Retention) -> None:
    # A reader finds the rows, so that the writer only deletes, a batch at a time.
    before = now - keep.signals
    after: retention.JournalPosition | None = retention.JournalPosition()
    while after is not None:
        old, after = await store.read(partial(retention.old_signals, before=before, after=after))
        for begin in range(0, len(old), retention.BATCH_ROWS):
            await store.write(partial(retention.delete_signals, numbers=old[begin : begin + retention.BATCH_ROWS]))
            await asyncio.sleep(BATCH_PAUSE_S)
    for delete in (
        partial(access_rows.purge, before=before),
        partial(retention.purge_quarantine, before=now - keep.quarantine),
    ):
        deleted = await store.write(delete)
        while deleted:
            await asyncio.sleep(BATCH_PAUSE_S)
            deleted = await store.write(delete)


async def _purge_snapshots(store: Store, before: datetime) -> None:
    for folder in await asyncio.to_thread(store.media.subfolders):  # one is a batch of 1/256 of all pictures
        held = await store.read(partial(retention.snapshots_of_alerts, prefix=folder.name))
        if await asyncio.to_thread(store.media.purge, folder, before, held):
            await asyncio.sleep(BATCH_PAUSE_S)
