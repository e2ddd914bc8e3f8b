"""Keeps the words of alerts up to date: it follows decisions and people's steps, a small batch at a time."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from gateway.errors import NotRecorded
from gateway.history import rows
from gateway.store import Store
from gateway.store.connection import Damaged

log = structlog.get_logger(__name__)
INTERVAL_S, PAUSE_S = 2.0, 0.01
BATCH = 100
"""Rows of each source in one unit of the writer: some milliseconds, so that live alarms are committed between two."""


class SearchIndex:
    """Run `run` in the background; `catch_up` before a search."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._one_at_a_time = asyncio.Lock()
        self._generation: int | None = None
        self._was_incomplete = False

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await self.catch_up()
            await asyncio.sleep(INTERVAL_S)

    async def catch_up(self, batches: int = 1_000_000) -> bool:
        """Read at most so many batches; returns whether the index is complete. Never raises for a faulty disk."""
        async with self._one_at_a_time:
            try:
                await self._follow_replacement()
                seen = await self._store.read(rows.progress)
                for _ in range(batches):
                    batch = await self._store.read(partial(rows.next_documents, seen=seen, limit=BATCH))
                    if batch.progress != seen:
                        await self._store.write(partial(rows.put_documents, documents=batch))
                    if not batch.more:
                        return not self._was_incomplete
                    seen = batch.progress
                    await asyncio.sleep(PAUSE_S)
            except (NotRecorded, Damaged) as error:
                log.error("the words of alerts can't be indexed; the next round tries again", why=str(error))
            return False

    async def _follow_replacement(self) -> None:
        """After a damaged database was replaced its older rows come in the background: read all again at the end."""
        if self._store.generation == self._generation and not self._was_incomplete:
            return
        whole = await asyncio.to_thread(self._store.is_whole)
        if whole and self._was_incomplete:
            await self._store.write(rows.start_over)
        self._generation, self._was_incomplete = self._store.generation, not whole
