"""Puts scans and suspicions on record as signals of the gateway. They name the door, never who scanned it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from gateway.config.residents.door_plates import DoorPlateSection
from gateway.door_plate import rows
from gateway.door_plate.positions import Position
from gateway.door_plate.scan_watch import MINUTE, Scan, ScanWatch, Suspicion
from gateway.errors import NotRecorded
from gateway.model import Signal
from gateway.people.door_plates import IssuedPlate
from gateway.store import Store, journal

log = structlog.get_logger(__name__)
SCANNED, SUSPECTED = "door_plate.scanned", "door_plate.suspected"
_CHECKPOINT = "checkpoint.scanned"
_RECENT = 20
Emit = Callable[[Signal], Awaitable[int]]


class PlateScans:
    """`device` is the id of the gateway as a device."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        settings: Callable[[], DoorPlateSection],
        emit: Emit,
        device: str,
    ) -> None:
        self._store = store
        self._now = now
        self._emit = emit
        self._device = device
        self._watch = ScanWatch(settings)

    async def seen(self, plate: IssuedPlate, who: str = "", position: Position | None = None) -> None:
        """A plate's page was opened; `who` is signed in there. A page is shown also when this can't be recorded."""
        try:
            if plate.revoked_at is not None:
                await self.suspect(plate.place, "revoked")
                return
            scan = Scan(plate.place, self._now(), who, position, await self._door(plate, position), await self._at(who))
            count, suspicions = self._watch.scanned(scan)
            if count:
                await self._say(SCANNED, {"place": plate.place, "times": count})
            for each in suspicions:
                await self._suspected(each)
        except NotRecorded as error:
            log.error("a scan of a door plate is not on record", place=plate.place, why=str(error))

    async def suspect(self, place: str, why: str) -> None:
        """Tell of a suspicion, unless it was told within the last minutes. Raises NotRecorded."""
        suspicion = Suspicion(place, why)
        if self._watch.is_news(suspicion, self._now()):
            await self._suspected(suspicion)

    async def _door(self, plate: IssuedPlate, position: Position | None) -> Position | None:
        """Where the plate was hung, if somebody's phone told it; needed only to compare with `position`."""
        if position is None:
            return None
        row = await self._store.read(lambda connection: rows.last_hanging(connection, plate.id))
        return None if row is None or row["lat"] is None else Position(row["lat"], row["lon"])

    async def _at(self, who: str) -> tuple[str, ...]:
        """The places of checkpoints that this user scanned within the last minute."""
        if not who:
            return ()
        found = await self._store.read(lambda connection: journal.signals(connection, kind=_CHECKPOINT, limit=_RECENT))
        now = self._now()
        recent = [each for each in found if each.data.get("user") == who and _within(now, each)]
        return tuple(str(each.data.get("place") or "") for each in recent)

    async def _suspected(self, suspicion: Suspicion) -> None:
        log.warning("a door plate may be misused", place=suspicion.place, why=suspicion.why)
        await self._say(SUSPECTED, {"place": suspicion.place, "why": suspicion.why, **suspicion.data})

    async def _say(self, kind: str, data: dict[str, object]) -> None:
        await self._emit(Signal(device=self._device, kind=kind, data=data, fresh=True))


def _within(now: datetime, signal: Signal) -> bool:
    # A phone may have kept the scan: what counts is when it was made.
    made = signal.at or signal.time
    return timedelta() <= now - made <= MINUTE
