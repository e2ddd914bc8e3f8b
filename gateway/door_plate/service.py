"""Everything that the pages of door plates need, in one place for the wiring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date

from gateway.config.residents.door_plates import DoorPlateSection
from gateway.door_plate.matters import Matters
from gateway.door_plate.plate_states import PlateDesk
from gateway.door_plate.scans import PlateScans
from gateway.door_plate.visits import Visits


@dataclass(frozen=True, slots=True)
class Registration:
    """A tenant's own registration at a door, for the owner to confirm."""

    place: str
    name: str
    phone: str
    since: date
    until: date | None


async def _nobody_asks(registration: Registration) -> None:
    """Residents have no portal: the property registers tenants."""


async def _no_care(_place: str) -> bool | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorPlateService:
    """`settings` gives the present section of residents.yaml.

    - `register` passes a tenant's registration on to the owner. It takes as long whether anybody lives there.
    - `in_care(place)`: whether somebody there agreed to be looked after; None where that is not to be shown.
    """

    settings: Callable[[], DoorPlateSection]
    scans: PlateScans
    matters: Matters
    visits: Visits
    plates: PlateDesk
    register: Callable[[Registration], Awaitable[None]] = field(default=_nobody_asks)
    in_care: Callable[[str], Awaitable[bool | None]] = field(default=_no_care)
