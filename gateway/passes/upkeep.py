"""What happens to passes by themselves: hosts move out, kinds change their hours, old passes are deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

import structlog

from gateway.errors import AnjuError, NotFound
from gateway.passes import rows
from gateway.passes.service import Passes
from gateway.store import Store
from gateway.store.columns import to_us

log = structlog.get_logger(__name__)
INTERVAL_S = 30.0
_BATCH = 200
MOVED_OUT = "anju"
"""Who revokes the passes of hosts that no longer belong to the room: the gateway itself."""


class PassUpkeep:
    """`rooms_of` gives the rooms that a person belongs to at a time, `is_person` tells persons from users."""

    def __init__(
        self,
        passes: Passes,
        store: Store,
        now: Callable[[], datetime],
        rooms_of: Callable[[str, datetime], Collection[str]],
        is_person: Callable[[str], bool],
    ) -> None:
        self._passes = passes
        self._store = store
        self._now = now
        self._rooms_of = rooms_of
        self._is_person = is_person

    async def run(self) -> None:
        """Look after the passes until cancelled."""
        while True:
            try:
                await self.check()
            except AnjuError as error:
                log.error("the passes can't be looked after", why=str(error))
            await asyncio.sleep(INTERVAL_S)

    async def check(self) -> None:
        """Do all of it once. Raises NotRecorded."""
        await self._passes.tidy()
        now = self._now()
        for one in list(self._passes.held.values()):
            # The host's right to invite ends with the day they move out, and so do their invitations.
            is_open = one.revoked_at is None and one.until > now
            if is_open and self._is_person(one.host) and one.place not in self._rooms_of(one.host, now):
                await self._end(one.id)
        await self._purge(now)

    async def _end(self, pass_id: str) -> None:
        try:
            await self._passes.revoke(pass_id, MOVED_OUT, "the host no longer belongs to the room")
        except NotFound:  # revoked by somebody else meanwhile
            return

    async def _purge(self, now: datetime) -> None:
        before = to_us(now - self._passes.settings.keep)
        old = await self._store.read(lambda connection: rows.ended_before(connection, before))
        for start in range(0, len(old), _BATCH):
            await self._store.write(partial(rows.delete, pass_ids=old[start : start + _BATCH]))
