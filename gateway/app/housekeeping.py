"""What the flow needs done now and then: rule time kept true, and what is too old purged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from gateway.clock import Clock
from gateway.config.compound import Retention
from gateway.errors import NotRecorded
from gateway.store import Store, journal, retention

log = structlog.get_logger(__name__)
LOOK_AT_CLOCK_S = 60.0
DRIFT = timedelta(seconds=2)
"""Rule time this far from the wall clock is set anew, and the step is written down."""
PURGE_S = 600.0
PAUSE_S = 0.2
"""Between two small batches, so that a purge never holds up a signal's commit."""


async def keep_time(clock: Clock, store: Store, *followers: Callable[[timedelta], None]) -> None:
    """Re-anchor rule time when the wall clock was stepped, and tell who counts from times it noted; runs for good."""
    while True:
        await asyncio.sleep(LOOK_AT_CLOCK_S)
        if abs(clock.drift()) > DRIFT:
            step = clock.reanchor()
            log.warning("the wall clock was stepped; rule time follows", step_s=step.total_seconds())
            for follow in followers:
                follow(step)
            await _write_step(store, clock.now(), step)


async def _write_step(store: Store, at: datetime, step: timedelta) -> None:
    try:
        await store.write(lambda connection: journal.record_anchor(connection, at, step))
    except NotRecorded as error:
        log.error("the step of the clock is not on record", why=str(error))


async def purge(clock: Clock, store: Store, retained: Callable[[], Retention]) -> None:
    """Delete what is older than its retention, in small batches; runs for good."""
    while True:
        now, keep = clock.now(), retained()
        try:
            if not await asyncio.to_thread(store.is_whole):
                await asyncio.sleep(PURGE_S)  # the alert that holds a picture may not have been brought over yet
                continue
            await _purge_rows(store, now, keep)
            await _purge_snapshots(store, now - keep.snapshots)
        except (NotRecorded, OSError) as error:
            log.error("nothing could be purged", why=str(error))
        await asyncio.sleep(PURGE_S)


async def _purge_rows(store: Store, now: datetime, keep: Retention) -> None:
    """Looked for by a reader, so that the writer only deletes, a batch at a time."""
    before = now - keep.signals
    after: retention.JournalPosition | None = retention.JournalPosition()
    while after is not None:
        old, after = await store.read(partial(retention.old_signals, before=before, after=after))
        for begin in range(0, len(old), retention.BATCH_ROWS):
            await store.write(partial(retention.delete_signals, numbers=old[begin : begin + retention.BATCH_ROWS]))
            await asyncio.sleep(PAUSE_S)
    deleted = await store.write(partial(retention.purge_quarantine, before=now - keep.quarantine))
    while deleted:
        await asyncio.sleep(PAUSE_S)
        deleted = await store.write(partial(retention.purge_quarantine, before=now - keep.quarantine))


async def _purge_snapshots(store: Store, before: datetime) -> None:
    for folder in await asyncio.to_thread(store.media.subfolders):
        held = await store.read(partial(retention.snapshots_of_alerts, prefix=folder.name))
        if await asyncio.to_thread(store.media.purge, folder, before, held):
            await asyncio.sleep(PAUSE_S)
