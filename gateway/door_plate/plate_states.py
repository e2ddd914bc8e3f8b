"""The state of each room's plate: none, printed, hung, revoked. And what people do with plates, with its audit."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.door_plate import rows
from gateway.door_plate.positions import Position
from gateway.model import Action, Step
from gateway.people.door_plates import DoorPlate, DoorPlates, IssuedPlate
from gateway.store import Store, audit
from gateway.store.columns import from_us, maybe_time, to_us


class PlateStage(StrEnum):
    """What became of the newest plate of a room."""

    NONE = "none"
    PRINTED = "printed"
    HUNG = "hung"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class PlateState:
    """The newest plate of a room."""

    place: str
    stage: PlateStage
    issued_at: datetime | None = None
    revoked_at: datetime | None = None
    hung_at: datetime | None = None
    hung_by: str = ""


class Act(Protocol):
    """`Intake.act`."""

    def __call__(self, action: Action, unit: Callable[[sqlite3.Connection], object] | None = None) -> Awaitable[int]:
        """Commit what a person did, together with `unit`."""


def read_states(connection: sqlite3.Connection, places: Sequence[str]) -> list[PlateState]:
    """The state of each place's newest plate, in this order."""
    found = rows.newest_plates(connection, places)
    return [_state(place, found.get(place)) for place in places]


class PlateDesk:
    """What the property does with plates."""

    def __init__(self, store: Store, now: Callable[[], datetime], act: Act) -> None:
        self._store = store
        self._now = now
        self._act = act
        self._plates = DoorPlates(store)

    async def states(self, places: Sequence[str]) -> list[PlateState]:
        """The state of each place's newest plate, in this order."""
        return await self._store.read(lambda connection: read_states(connection, places))

    async def hung(self, plate: IssuedPlate, user: str, position: Position | None) -> None:
        """Somebody at the door says that this plate hangs there. Raises NotRecorded."""
        now, where = self._now(), None
        if position is not None:
            where = (round(position.lat, 5), round(position.lon, 5))  # a metre; a phone knows no more

        def unit(connection: sqlite3.Connection) -> None:
            rows.insert_hanging(connection, plate.id, to_us(now), user, where)
            audit.append(connection, Step("", "door-plate-hung", user, now, data={"place": plate.place}))

        await self._act(Action(kind="door_plate.hung", user=user, time=now, place=plate.place), unit)

    async def issue(self, places: Sequence[str], user: str) -> list[DoorPlate]:
        """The plates of these places for the printer; missing ones are made. Raises NotRecorded or VaultError."""
        now = self._now()
        plates = await self._plates.issue(places, now)
        step = Step("", "door-plate-issued", user, now, data={"places": _brief(places)})
        action = Action(kind="door_plate.issued", user=user, time=now, data={"places": len(places)})
        await self._act(action, lambda connection: audit.append(connection, step))
        return plates

    async def revoke(self, places: Sequence[str], user: str, why: str) -> int:
        """Revoke the plates of these places; returns how many there were. Raises NotRecorded."""
        now, count = self._now(), 0

        def unit(connection: sqlite3.Connection) -> None:
            nonlocal count
            count = self._plates.revoke_in(connection, places, now)
            audit.append(connection, Step("", "door-plate-revoked", user, now, why, {"places": _brief(places)}))

        await self._act(Action(kind="door_plate.revoked", user=user, time=now, data={"places": len(places)}), unit)
        return count


def _brief(places: Sequence[str]) -> str:
    return places[0] if len(places) == 1 else f"{places[0]} … {places[-1]} ({len(places)})"


def _state(place: str, row: sqlite3.Row | None) -> PlateState:
    if row is None:
        return PlateState(place, PlateStage.NONE)
    revoked, hung = maybe_time(row["revoked_at"]), maybe_time(row["hung_at"])
    stage = PlateStage.REVOKED if revoked else PlateStage.HUNG if hung else PlateStage.PRINTED
    return PlateState(place, stage, from_us(row["issued_at"]), revoked, hung, row["hung_by"] or "")
