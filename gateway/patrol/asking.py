"""Asks for rounds and duty logs when they are due, as signals of the gateway: from there on the rules judge."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from gateway.config.desk import DeskSettings
from gateway.errors import NotRecorded
from gateway.model import Signal
from gateway.patrol.schedule import ASKED, OPENED, Opening, openings, still_open
from gateway.store import Store, journal

log = structlog.get_logger(__name__)
CHECK_INTERVAL_S = 1.0
LOOK_BACK = timedelta(days=1)
"""What was due while the gateway did not run is asked for afterwards, at most so far back."""
_KNOWN = 1000


class Asking:
    """Emits each opening once: what is on record already is left out, also after a restart."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        emit: Callable[[Signal], Awaitable[int]],
        settings: Callable[[], tuple[DeskSettings, ZoneInfo]],
        device: str,
    ) -> None:
        self._store = store
        self._now = now
        self._emit = emit
        self._settings = settings
        self._device = device
        self._through: datetime | None = None
        self._known: dict[str, None] = {}

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                await self.check()
            except NotRecorded as error:
                log.error("a round or duty log can't be asked for yet", why=str(error))
            await asyncio.sleep(CHECK_INTERVAL_S)

    async def check(self) -> None:
        """Emit what has opened since the last check."""
        now, (desk, zone) = self._now(), self._settings()
        if self._through is None:
            since = await self._load(now)
            wanted = [*openings(desk, zone, since, now), *still_open(desk, zone, now)]
        else:
            # A clock that was set back repeats nothing: what is known is left out. One that was set forward by years,
            # as by the first NTP answer after a start, does not ask for years of rounds.
            wanted = openings(desk, zone, max(min(self._through, now), now - LOOK_BACK), now)
        for opening in wanted:
            if opening.key not in self._known:
                await self._ask(opening)
        self._through = now

    async def _ask(self, opening: Opening) -> None:
        await self._emit(Signal(device=self._device, kind=opening.kind, source_id=opening.key, data=opening.data))
        self._known[opening.key] = None
        while len(self._known) > _KNOWN:
            del self._known[next(iter(self._known))]

    async def _load(self, now: datetime) -> datetime:
        """Note what is on record; returns when the last one opened, or now when there is none."""
        last = now - LOOK_BACK
        found = [await self._newest(kind) for kind in (OPENED, ASKED)]
        for signals in found:
            self._known |= {signal.source_id: None for signal in reversed(signals) if signal.source_id}
        times = [signals[0].time for signals in found if signals]
        return min(now, max(last, *times)) if times else now

    async def _newest(self, kind: str) -> list[Signal]:
        return await self._store.read(lambda connection: journal.signals(connection, kind=kind, limit=_KNOWN // 2))
