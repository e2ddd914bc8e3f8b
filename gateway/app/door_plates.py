"""Wires what stands behind the pages of door plates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gateway.app.current_config import CurrentConfig
from gateway.clock import Clock
from gateway.config.residents import DoorPlateSection
from gateway.desk import Desk
from gateway.door_plate import DoorPlateService
from gateway.door_plate.matters import Matters
from gateway.door_plate.plate_states import PlateDesk
from gateway.door_plate.scans import PlateScans
from gateway.door_plate.visits import Visits
from gateway.flow.intake import Intake
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Signal
from gateway.store import Store


def make_door_plate_service(
    store: Store,
    clock: Clock,
    current_config: CurrentConfig,
    desk: Desk,
    intake: Intake,
    report: Callable[[Signal], Awaitable[int]],
) -> DoorPlateService:
    """Made once; nothing of it runs yet."""

    def settings() -> DoorPlateSection:
        return current_config.residents.door_plates

    return DoorPlateService(
        settings=settings,
        scans=PlateScans(store, clock.now, settings, report, GATEWAY),
        matters=Matters(store, desk, GATEWAY),
        visits=Visits(store, clock.now, settings),
        plates=PlateDesk(store, clock.now, intake.act),
    )
