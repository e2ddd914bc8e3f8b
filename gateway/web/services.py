"""Everything the HTTP server needs from the rest of the gateway. `gateway/app` builds it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from gateway.access import AccessControl
from gateway.auth.accounts import Accounts
from gateway.auth.resident import ResidentSessions
from gateway.care.service import Care
from gateway.desk import Desk
from gateway.desk.presence import Presence
from gateway.door_plate import DoorPlateService
from gateway.figures.period import Shifts
from gateway.figures.response import Limits, default_limits
from gateway.flow.commands import Commit
from gateway.flow.device_status import DeviceStatus
from gateway.handover import Handovers
from gateway.history.search_index import SearchIndex
from gateway.homes import HomeAreas
from gateway.limits import RefusalLog
from gateway.links.http_push import PushRegistry
from gateway.model import Command, Device, Place, Signal, Words, with_names
from gateway.notify import NotifierStatus
from gateway.passes.service import Passes
from gateway.patrol.service import Patrols
from gateway.people import CurrentRegister, DoorPlates
from gateway.people.households import Households
from gateway.plan import SitePlan
from gateway.plan.edit import PlanChange, PlanEdit
from gateway.privacy import Privacy
from gateway.protocols.sip.link import IntercomLinks
from gateway.recording.camera_lookup import CameraLookup
from gateway.recording.snapshot_keeper import Act
from gateway.recording.storage import ClipStorage
from gateway.residents import Residents
from gateway.store import Store
from gateway.vision.view.broadcast import LiveViewer
from gateway.web.connections import MAX_CONNECTIONS
from gateway.web.desk_options import DeskOptions
from gateway.web.hub import Hub


@dataclass(frozen=True, slots=True)
class CompoundInfo:
    """What the pages show of the compound. `public_url` has no slash at its end."""

    name: str
    language: str
    property_phone: str
    public_url: str
    timezone: str
    version: str
    places: Mapping[str, Place]
    devices: Mapping[str, Device]
    desk: DeskOptions = field(default_factory=DeskOptions)

    def place_name(self, path: str) -> Words:
        """The full name of a place. The empty path is the compound itself; an unknown path is its own name."""
        if not path:
            return Words(self.name, self.name)
        place = self.places.get(path)
        return place.name if place else Words(path, path)


class PlanService(Protocol):
    """The compound's plan and its changes; see `gateway/app/plan_editor.py`."""

    async def current(self) -> SitePlan:
        """The plan of the present configuration."""

    async def version(self) -> str:
        """The version of plan.yaml on disk. Raises PlanRefused."""

    async def change(self, edit: PlanEdit, user: str, *, dry_run: bool) -> PlanChange:
        """Show the difference or put it into effect. Raises PlanRefused and NotRecorded."""


async def no_notifiers() -> Sequence[NotifierStatus]:
    """There are none."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What handlers may use.

    - `get_compound()` returns the present facts about the compound; a changed configuration replaces them.
    - `devices()` returns every device's status by id, `cameras` finds the camera at a place.
    - `actions(device)` returns the commands that a device takes, each with the names of its arguments.
    - `send_command` returns once the command is recorded; its result arrives as a signal.
    - `order_with` records several commands in one commit with what its second argument records.
    - `emit` passes a signal to the intake; it returns once the signal is committed.
    - `camera_snapshot(camera)` returns a camera's newest JPEG, or None.
    - `open_view(camera, main)` is a viewer of the packets of its sub or main stream. Raises LinkLost while there are
      none, NotFound when the camera has no main stream.
    - `readiness()` names each part of the gateway and whether it is ready.
    - `refusals` counts rejected clients, `max_connections` limits how many there may be at once.
    - `console_folder` holds the built guard-room app.
    """

    get_compound: Callable[[], CompoundInfo]
    now: Callable[[], datetime]
    store: Store
    desk: Desk
    hub: Hub
    register: CurrentRegister
    act: Act
    """Puts what a person did into the journal, in one transaction with its rows. Raises NotRecorded."""
    door_plates: DoorPlates
    door_plate_service: DoorPlateService
    patrols: Patrols
    homes: HomeAreas
    """Alarms at home: how each is armed, and to arm and disarm."""
    care: Care
    """Care for people who live alone."""
    passes: Passes
    accounts: Accounts
    devices: Callable[[], Mapping[str, DeviceStatus]]
    cameras: CameraLookup
    actions: Callable[[str], Mapping[str, Collection[str]]]
    send_command: Callable[[Command], Awaitable[None]]
    order_with: Callable[[Sequence[Command], Commit], Awaitable[None]]
    emit: Callable[[Signal], Awaitable[int]]
    camera_snapshot: Callable[[str], Awaitable[bytes | None]]
    open_view: Callable[[str, bool], AbstractContextManager[LiveViewer]]
    clip_storage: ClipStorage
    handovers: Handovers
    readiness: Callable[[], Mapping[str, bool]]
    registry: CollectorRegistry
    console_folder: Path
    resident_sessions: ResidentSessions
    """Residents who are signed in on their phones."""
    search_index: SearchIndex
    plan: PlanService
    access: AccessControl
    """Decides at doors and has them opened."""
    privacy: Privacy
    """Consents, exports and deletions of persons."""
    residents: Residents
    """Sign-in on phones, and what residents are told and ask for."""
    refusals: RefusalLog = field(default_factory=RefusalLog)
    max_connections: int = MAX_CONNECTIONS
    notifiers: Callable[[], Awaitable[Sequence[NotifierStatus]]] = no_notifiers
    """Raises NotRecorded."""
    calls: IntercomLinks = field(default_factory=IntercomLinks)
    pushes: PushRegistry = field(default_factory=PushRegistry)
    presence: Presence = field(default_factory=lambda: Presence(time.monotonic))
    shifts: Callable[[], Shifts] = Shifts
    """When the day shift and the night shift begin, as desk.yaml says."""
    limits: Callable[[], Limits] = lambda: default_limits
    """How soon an alert must be answered."""

    @property
    def compound(self) -> CompoundInfo:
        """The present facts about the compound."""
        return self.get_compound()

    @property
    def households(self) -> Households:
        """Rooms, read and changed."""
        zone = ZoneInfo(self.compound.timezone)
        return Households(self.store, self.register, self.now, self.act, zone)

    def name_of(self, person: str) -> str | None:
        """The name of the person with this id, from the register; None for an unknown or deleted one."""
        resident = self.register.snapshot.persons.get(person)
        return resident.person.name if resident else None

    def with_names(self, words: Words) -> Words:
        """A kept sentence as people may read it: with names in the place of ids (gateway/model/person_marks.py)."""
        return with_names(words, self.name_of)
