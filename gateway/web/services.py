"""All the web is given: it makes nothing of this itself and knows no wiring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry

from gateway.auth.accounts import Accounts
from gateway.desk import Desk
from gateway.flow.device_status import DeviceStatus
from gateway.limits import RefusalLog
from gateway.links.http_push import Pushes
from gateway.model import Action, Command, Device, Place, Signal, Words
from gateway.people import CurrentRegister, DoorPlates
from gateway.protocols.sip.link import Calls
from gateway.recording.cameras import Cameras
from gateway.recording.storage import ClipStorage
from gateway.store import Store
from gateway.vision.view.broadcast import LiveViewer
from gateway.web.connections import MOST
from gateway.web.hub import Hub


@dataclass(frozen=True, slots=True)
class Facts:
    """What the pages say about the compound. `public_url` without a slash at its end."""

    name: str
    language: str
    property_phone: str
    public_url: str
    timezone: str
    version: str
    places: Mapping[str, Place]
    devices: Mapping[str, Device]

    def place_name(self, path: str) -> Words:
        """The place's full name; the compound's own for the empty path."""
        if not path:
            return Words(self.name, self.name)
        place = self.places.get(path)
        return place.name if place else Words(path, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`told()` are the facts as they are now.

    `actions(device)` are the commands a device takes, each with its arguments' names.

    `order` returns once a command is on record; its result comes as a signal. `report` is the
    intake: it returns once the signal is committed. `picture(camera)` is the newest
    JPEG of a camera or None, `view(camera, main)` a viewer of the live packets of its sub or main stream
    (LinkLost while there are none, NotFound where it has no main stream), `shelf` where recordings lie.
    `refusals` counts what is turned away, `connections` is how many there may be at once.
    `calls` are those of the intercoms. `ready` names each part and whether it is. `console` is the
    folder of the built guard-room app.
    """

    told: Callable[[], Facts]
    now: Callable[[], datetime]
    store: Store
    desk: Desk
    hub: Hub
    register: CurrentRegister
    act: Callable[[Action], Awaitable[int]]
    """Puts what a person did into the journal. Raises NotRecorded."""
    door_plates: DoorPlates
    accounts: Accounts
    devices: Callable[[], Mapping[str, DeviceStatus]]
    cameras: Cameras
    actions: Callable[[str], Mapping[str, Collection[str]]]
    order: Callable[[Command], Awaitable[None]]
    report: Callable[[Signal], Awaitable[int]]
    picture: Callable[[str], Awaitable[bytes | None]]
    view: Callable[[str, bool], AbstractContextManager[LiveViewer]]
    shelf: ClipStorage
    ready: Callable[[], Mapping[str, bool]]
    registry: CollectorRegistry
    console: Path
    refusals: RefusalLog = field(default_factory=RefusalLog)
    connections: int = MOST
    calls: Calls = field(default_factory=Calls)
    pushes: Pushes = field(default_factory=Pushes)

    @property
    def facts(self) -> Facts:
        return self.told()
