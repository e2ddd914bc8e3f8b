"""Wires what stands behind the pages of door plates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from gateway.app.current_config import CurrentConfig
from gateway.care.service import Care
from gateway.clock import Clock
from gateway.config.residents import DoorPlateSection
from gateway.desk import Desk
from gateway.door_plate import DoorPlateService
from gateway.door_plate.matters import Matters
from gateway.door_plate.plate_states import PlateDesk
from gateway.door_plate.scans import PlateScans
from gateway.door_plate.service import Registration
from gateway.door_plate.visits import Visits
from gateway.errors import NotFound
from gateway.flow.intake import Intake
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Signal
from gateway.passes.draft import PassDraft, doors_to
from gateway.passes.service import Passes
from gateway.residents import Residents
from gateway.store import Store


def make_door_plate_service(
    store: Store,
    clock: Clock,
    current_config: CurrentConfig,
    desk: Desk,
    intake: Intake,
    report: Callable[[Signal], Awaitable[int]],
    residents: Residents,
    passes: Passes,
    care: Care,
) -> DoorPlateService:
    """Made once; nothing of it runs yet."""

    def settings() -> DoorPlateSection:
        return current_config.residents.door_plates

    async def register(asked: Registration) -> None:
        await residents.requests.register(asked.place, asked.name, asked.phone, asked.since, asked.until)

    async def make_pass(place: str, person: str, name: str, since: datetime, until: datetime) -> str:
        facts, draft = current_config.facts(), PassDraft(place=place, name=name, since=since, until=until, host=person)
        made = await passes.create(draft, f"resident:{person}", doors_to(place, facts.devices, facts.places))
        return f"{facts.public_url}/v/{made.token}"

    async def in_care(place: str) -> bool | None:
        if not settings().care_shown:
            return None
        try:
            await care.plan(place)
        except NotFound:
            return False
        return True

    return DoorPlateService(
        settings=settings,
        scans=PlateScans(store, clock.now, settings, report, GATEWAY),
        matters=Matters(store, desk, GATEWAY),
        visits=Visits(store, clock.now, settings, tell=residents.notices.tell, make_pass=make_pass),
        plates=PlateDesk(store, clock.now, intake.act),
        register=register,
        in_care=in_care,
    )
