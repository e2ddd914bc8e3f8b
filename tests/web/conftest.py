"""A whole web on a free port: real store, desk, people and sockets; only the devices are made up."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from gateway.access import AccessControl, AccessRules, Links
from gateway.app.passes import PassCodeReader
from gateway.auth.throttle import LoginThrottle
from gateway.care import NAME as CARE
from gateway.care import CareRule
from gateway.care.service import Care
from gateway.config.access import AccessSettings
from gateway.config.desk import DeskSettings, Shift
from gateway.config.residents import (
    CareSection,
    DoorPlateSection,
    HomeSection,
    PersonalRetention,
    PrivacySection,
    SignInSection,
    VisitorSection,
)
from gateway.desk import DecisionOnEvent, Desk
from gateway.desk.presence import Presence
from gateway.door_plate import DoorPlateService
from gateway.door_plate.matters import Matters
from gateway.door_plate.plate_states import PlateDesk
from gateway.door_plate.scans import PlateScans
from gateway.door_plate.service import Registration
from gateway.door_plate.visits import Visits
from gateway.errors import LinkLost, NotFound, NotRecorded
from gateway.flow.checkpoint import OnRecord
from gateway.flow.device_status import DeviceStatus
from gateway.flow.rule_engine import NewRules, RuleEngine
from gateway.flow.tell import Tell
from gateway.handover import Handovers, ShiftPlan
from gateway.history.search_index import SearchIndex
from gateway.homes import NAME as HOMES
from gateway.homes import HomeAreas, HomesRule
from gateway.limits import RefusalLog
from gateway.model import (
    Action,
    Alert,
    Command,
    Device,
    DeviceType,
    Health,
    Place,
    Raise,
    Role,
    Severity,
    Signal,
    Text,
    Words,
)
from gateway.passes.service import Passes
from gateway.patrol.service import Patrols
from gateway.people import CurrentRegister, DoorPlates
from gateway.people.households import ChangeRequests
from gateway.people.roster import read_roster
from gateway.people.roster_import import import_roster
from gateway.plan import SitePlan
from gateway.plan.edit import NO_FILE, PlanChange, PlanEdit
from gateway.privacy import make_privacy
from gateway.privacy.consents import ConsentBook
from gateway.recording.camera_lookup import CameraLookup
from gateway.recording.storage import ClipStorage
from gateway.residents import Residents, make_residents
from gateway.rule import Compound
from gateway.store import Store, journal
from gateway.vision.view.broadcast import LiveBroadcast, LiveViewer
from gateway.web import Accounts, CompoundInfo, Hub, Passwords, Services, Users, serve
from gateway.web.connections import MAX_CONNECTIONS

NAMES = ("王建国", "李秀英")
PHONES = ("13812345678", "13987654321")
PEOPLE = f"""place,name,phone,role,plates,list
b3/u1/1502,{NAMES[0]},{PHONES[0]},业主,苏M12345,
b3/u1/1502,{NAMES[1]},{PHONES[1]},家属,,
b3/u1/1503,赵敏,13700001111,租户,苏M99999,
"""
PLACES = {
    path: Place(path, Words(zh, en))
    for path, zh, en in (
        ("b3/u1/1502", "3号楼1单元1502室", "Building 3 Unit 1 Room 1502"),
        ("b3/u1/1503", "3号楼1单元1503室", "Building 3 Unit 1 Room 1503"),
        ("gate/east", "东门", "East gate"),
    )
}
DEVICES = (
    Device("home-1502", "mqtt_device", DeviceType.HOME, "1502 室内主机", "b3/u1/1502"),
    Device("east-door", "mqtt_device", DeviceType.DOOR, "东门门禁", "gate/east"),
    Device("east-cam", "camera", DeviceType.CAMERA, "东门摄像机", "gate/east"),
)
ZONE = ZoneInfo("Asia/Shanghai")
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"


class FixedPlan:
    """No drawings; tests of the plan itself run a whole gateway (tests/app/test_plan_editor.py)."""

    async def current(self) -> SitePlan:
        return SitePlan({}, {})

    async def version(self) -> str:
        return NO_FILE

    async def change(self, edit: PlanEdit, user: str, *, dry_run: bool) -> PlanChange:
        return PlanChange(f"{user}: {', '.join(edit.devices)}", NO_FILE, applied=not dry_run)


@dataclass
class World:
    """The server and what stands behind it; `clock` is moved by tests."""

    store: Store
    desk: Desk
    hub: Hub
    register: CurrentRegister
    door_plates: DoorPlates
    users: Users
    url: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    ordered: list[Command] = field(default_factory=list)
    reported: list[Signal] = field(default_factory=list)
    acted: list[Action] = field(default_factory=list)
    notices: list[Signal] = field(default_factory=list)
    """Scans and suspicions of door plates."""
    registrations: list[Registration] = field(default_factory=list)
    told: list[tuple[str, str, str, str]] = field(default_factory=list)
    """What households were told."""
    ready: dict[str, bool] = field(default_factory=lambda: {"store": True})
    fault: Text | None = None
    """Why every device is lost."""
    pauses: list[float] = field(default_factory=list)
    """Seconds that sign-ins had to wait; nobody waits here."""
    broken_disk: bool = False
    shifts: Sequence[Shift] = ()
    plan: FixedPlan = field(default_factory=FixedPlan)
    services: Services | None = None
    plate_settings: DoorPlateSection = field(default_factory=DoorPlateSection)
    """What residents.yaml says of door plates."""
    access_settings: AccessSettings = field(default_factory=AccessSettings)
    """What access.yaml says."""
    sent: list[Command] = field(default_factory=list)
    """What was sent to doors."""
    desk_settings: DeskSettings = field(default_factory=DeskSettings)
    """What desk.yaml says."""
    visitors: VisitorSection = field(default_factory=VisitorSection)
    """What residents.yaml says of passes."""
    passes: Passes | None = None
    codes: list[tuple[str, str]] = field(default_factory=list)
    """Numbers and the codes that went out to them."""
    refusals: RefusalLog = field(default_factory=RefusalLog)
    homes: Sequence[HomeSection] = ()
    """What residents.yaml says of alarms at home; `arming` has their rule run."""
    rules: RuleEngine = field(default_factory=RuleEngine)
    broadcast: LiveBroadcast | None = None
    """What the cameras show; None: they show nothing."""

    @property
    def clip_storage(self) -> ClipStorage:
        return ClipStorage.in_data_folder(self.store.path.parent)

    @contextmanager
    def view(self, camera: str, main: bool) -> Iterator[LiveViewer]:
        if main:
            raise NotFound(f"camera {camera} has no main stream")
        if self.broadcast is None:
            raise LinkLost(f"camera {camera} is not connected")
        viewer = LiveViewer()
        self.broadcast.add(viewer)
        try:
            yield viewer
        finally:
            self.broadcast.remove(viewer)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def act(self, action: Action, unit: Callable[[sqlite3.Connection], object] | None = None) -> int:
        if self.broken_disk:
            raise NotRecorded("disk full")
        if unit is not None:
            await self.store.write(unit)
        self.acted.append(action)
        self.rules.feed(replace(action, number=len(self.acted)))
        return len(self.acted)

    def arming(self, *homes: HomeSection) -> None:
        """Run the rule of these homes."""
        self.homes = homes
        compound = Compound("西子御园", {device.id: device for device in DEVICES}, PLACES)
        rules = [(HomesRule(homes, compound), HOMES), (CareRule(CareSection(), ZONE, compound), CARE)]
        self.rules.switch(NewRules(rules), {}, OnRecord())

    async def send_code(self, number: str, code: str) -> None:
        self.codes.append((number, code))

    async def order(self, command: Command) -> None:
        self.ordered.append(command)

    async def order_with(self, commands, commit) -> None:
        await commit([], lambda _connection: None)
        self.ordered += commands

    async def report(self, signal: Signal) -> int:
        if self.broken_disk:
            raise NotRecorded("disk full")
        self.reported.append(signal)
        return len(self.reported)

    async def record(self, signal: Signal) -> int:
        """A signal of the gateway itself, on record at the test's time."""
        number = await self.report(signal)
        data = {**signal.data, "snapshot": "aa"} if signal.picture else signal.data
        kept = replace(signal, received=self.now, data=data, picture=None)
        await self.store.write(lambda c: journal.record_signal(c, kept, timedelta(days=1)))
        return number

    async def noticed(self, signal: Signal) -> int:
        """What the gateway itself notices of door plates."""
        if self.broken_disk:
            raise NotRecorded("disk full")
        self.notices.append(signal)
        return len(self.notices)

    async def tell(self, place: str, words: Words, kind: str, about: str = "") -> None:
        """Tell a household."""
        self.told.append((place, words.zh, kind, about))

    async def in_care(self, place: str) -> bool | None:
        """Somebody there agreed to be looked after."""
        return place == "b3/u1/1502" if self.plate_settings.care_shown else None

    async def take_registration(self, registration: Registration) -> None:
        """A tenant registered at a door."""
        self.registrations.append(registration)

    async def make_pass(self, place: str, person: str, name: str, since: datetime, until: datetime) -> str:
        """A visitor's pass."""
        return f"{self.url}/v/{place.replace('/', '-')}-{person}"

    @cached_property
    def access(self) -> AccessControl:
        """The doors' real control; commands end here."""
        places = {device.id: device.place for device in DEVICES}
        return AccessControl(
            Links(
                store=self.store,
                now=lambda: self.now,
                register=lambda: self.register.snapshot,
                rules=lambda: AccessRules(self.access_settings, places, ZONE),
                commit=self.commit,
                send=self.sent.append,
                perform=self.perform,
                codes=None if self.passes is None else PassCodeReader(self.passes),
            )
        )

    async def commit(self, signal: Signal, unit: Callable[[sqlite3.Connection], object]) -> int:
        """A decision at a door, with its rows."""
        if self.broken_disk:
            raise NotRecorded("disk full")
        await self.store.write(unit)
        return await self.record(signal)

    async def perform(self, command: Command) -> None:
        self.sent.append(command)

    async def picture(self, _camera: str) -> bytes | None:
        return JPEG

    def devices(self) -> dict[str, DeviceStatus]:
        return {device.id: DeviceStatus(device, Health.ONLINE, self.now, fault=self.fault) for device in DEVICES}

    async def hear(self, device: str, kind: str, *, called: str | None = None, **data: object) -> Signal:
        """A signal that is on record; `called` is its device's own id of it."""
        signal = Signal(device=device, kind=kind, data=data, received=self.now, source_id=called)
        recorded = await self.store.write(lambda c: journal.record_signal(c, signal, timedelta(hours=1)))
        return replace(signal, number=recorded.number)

    async def alert(
        self,
        key: str = "k",
        place: str = "b3/u1/1502",
        device: str = "home-1502",
        kind: str = "fire.alarm",
        called: str | None = None,
        **data: object,
    ) -> Alert:
        signal = await self.hear(device, kind, called=called, **data)
        decision = Raise(key, Severity.CRITICAL, place, Words("厨房烟雾报警", "Smoke in the kitchen"), device)
        [alert] = await self.desk.decide([DecisionOnEvent("home", decision, signal)], lambda _c: None)
        return alert


def plate_service(made: World) -> DoorPlateService:
    """What stands behind the pages of door plates; its signals are on record."""

    def settings() -> DoorPlateSection:
        return made.plate_settings

    return DoorPlateService(
        settings=settings,
        scans=PlateScans(made.store, lambda: made.now, settings, made.noticed, "anju"),
        matters=Matters(made.store, made.desk, "anju"),
        visits=Visits(made.store, lambda: made.now, settings, tell=made.tell, make_pass=made.make_pass),
        plates=PlateDesk(made.store, lambda: made.now, made.act),
        register=made.take_registration,
        in_care=made.in_care,
    )


@asynccontextmanager
async def world(
    folder: Path, tls=None, console: Path | None = None, connections: int = MAX_CONNECTIONS, **facts
) -> AsyncIterator[World]:
    async with Store.open(folder) as store:
        hub = Hub()

        async def made_act(action: Action, unit=None) -> int:
            return await made.act(action, unit)

        made = World(
            store,
            Desk(store, lambda: made.now),
            hub,
            CurrentRegister(store, lambda: made.now, made_act),
            DoorPlates(store),
            Users(store, FAST),
        )
        made.passes = Passes(
            store, lambda: made.now, lambda: (made.visitors, ZONE), made.act, made.register.replace_passes
        )
        presence = Presence(time.monotonic)
        residents = _residents(made)
        services = Services(
            get_compound=lambda: CompoundInfo(
                **{
                    "name": "西子御园",
                    "language": "zh",
                    "property_phone": "0523-8320 1234",
                    "public_url": "https://anju.example",
                    "timezone": "Asia/Shanghai",
                    "version": "0.1.0",
                    "places": PLACES,
                    "devices": {device.id: device for device in DEVICES},
                    **facts,
                }
            ),
            now=lambda: made.now,
            store=store,
            desk=made.desk,
            hub=hub,
            register=made.register,
            act=made.act,
            door_plates=made.door_plates,
            door_plate_service=plate_service(made),
            patrols=Patrols(store, lambda: made.now, lambda: (made.desk_settings, ZONE), made.record, made.act, "anju"),
            passes=made.passes,
            accounts=Accounts(store, FAST, lambda: made.now, throttle=LoginThrottle(made.pause)),
            devices=made.devices,
            cameras=CameraLookup({device.id: device for device in DEVICES}),
            actions=lambda device: {"unlock": {"seconds"}} if device == "east-door" else {},
            send_command=made.order,
            order_with=made.order_with,
            emit=made.record,
            camera_snapshot=made.picture,
            open_view=made.view,
            plan=made.plan,
            access=made.access,
            residents=residents,
            care=Care(
                store,
                lambda: made.now,
                made.act,
                lambda: made.rules.state_of(CARE)[0],
                lambda: (CareSection(), ZONE),
                lambda: made.register.snapshot,
                ConsentBook(store.vault, lambda: made.now, PrivacySection),
            ),
            privacy=make_privacy(store, lambda: made.now, PrivacySection, made.register.refresh, made.desk),
            homes=HomeAreas(
                store,
                lambda: made.now,
                made.act,
                made.record,
                lambda: made.rules.state_of(HOMES),
                lambda: made.homes,
                lambda: made.register.snapshot,
            ),
            resident_sessions=residents.devices,
            refusals=made.refusals,
            clip_storage=made.clip_storage,
            presence=presence,
            handovers=Handovers(
                store,
                made.desk,
                lambda: made.now,
                presence,
                plan=lambda: ShiftPlan(made.shifts, timedelta(minutes=45), ZoneInfo("Asia/Shanghai")),
                devices=made.devices,
                place_name=lambda path: PLACES[path].name if path in PLACES else Words(path, path),
            ),
            readiness=lambda: made.ready,
            registry=CollectorRegistry(),
            search_index=SearchIndex(store),
            console_folder=console or folder / "no-console",
            max_connections=connections,
        )
        made.services = services
        for role in Role:
            await made.users.add(role.value, role, role.value, made.now)
        list_of_people = folder / "people.csv"
        list_of_people.write_text(PEOPLE, encoding="utf-8")
        await import_roster(store, read_roster(list_of_people, PLACES), made.now)
        await made.register.refresh()
        async with serve(services, "127.0.0.1", 0, tls) as url, asyncio.TaskGroup() as tasks:
            telling = tasks.create_task(Tell(made.desk.changed, hub).run())
            opening = tasks.create_task(made.access.run())
            sending = tasks.create_task(residents.run())
            made.url = url
            yield made
            telling.cancel()
            sending.cancel()
            opening.cancel()


def _residents(made: World) -> Residents:
    settings = SignInSection(notifier="sms")
    return make_residents(
        made.store,
        made.register,
        lambda: made.now,
        lambda: settings,
        made.act,
        made.send_code,
        made.refusals,
        ChangeRequests(made.store.vault, lambda: made.now, lambda: ZONE).apply_change_request,
        PersonalRetention,
    )


class _Fast(Passwords):
    """argon2id with the least work: the tests sign in hundreds of times."""

    def __init__(self) -> None:
        super().__init__()
        self._hasher = type(self._hasher)(time_cost=1, memory_cost=8, parallelism=1)


FAST = _Fast()


@pytest.fixture
async def anju(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path / "data") as made:
        yield made


@pytest.fixture
async def open_client(anju: World) -> AsyncIterator:
    """Makes browsers: with a name one that is signed in, without one that is not."""
    clients: list[aiohttp.ClientSession] = []

    async def make(user: str | None = None) -> aiohttp.ClientSession:
        client = aiohttp.ClientSession(anju.url, cookie_jar=aiohttp.CookieJar(unsafe=True))
        clients.append(client)
        if user:
            async with client.post("/api/v1/session", json={"user": user, "password": user}) as answer:
                assert answer.status == 200, await answer.text()
        return client

    yield make
    for client in clients:
        await client.close()
