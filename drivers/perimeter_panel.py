"""Perimeter alarm host (周界报警主机) on a serial line; its frames are drawn in gateway/links/perimeter.py.

An event is acknowledged once it is committed, and until then the host sends it again. What
the host forgot while the line was down shows up as a difference between its status and what
the driver knows, and is told then. A host that leaves polls unanswered is a lost link.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.driver import Driver, DriverSettings, Emit, Part
from gateway.errors import CommandFailed, LinkLost, NotRecorded
from gateway.links.allowance import Aside
from gateway.links.perimeter import (
    ANSWER,
    EVENT,
    EVENT_LENGTH,
    POLL,
    ZONE_CONDITIONS,
    Condition,
    Decoder,
    Frame,
    Status,
    Unreadable,
    read_status,
    read_time,
)
from gateway.links.serial import SerialLine, SerialLink, SerialSettings
from gateway.model import Command, Device, DeviceType, Json, Signal
from gateway.settings.context import PlaceRef
from gateway.settings.durations import Duration
from gateway.settings.mend import Wrong

ORDERS = {"arm": (0x11, "area"), "disarm": (0x12, "area"), "bypass": (0x13, "zone"), "unbypass": (0x14, "zone")}
RESULTS = {1: "the host refused it", 2: "the host has no such zone or area"}
HEARD = frozenset({EVENT, POLL | ANSWER, *(function | ANSWER for function, _ in ORDERS.values())})
"""What a host sends; anything else on the line is another's, or our own echo on RS-485."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event's code says; `condition` is what lasts from it, `starts` whether it begins or ends."""

    kind: str
    condition: str
    starts: bool = True


MEANINGS = {
    0x01: Meaning("zone.alarm", "alarm"),
    0x02: Meaning("zone.restored", "alarm", starts=False),
    0x03: Meaning("zone.tampered", "tamper"),
    0x04: Meaning("zone.restored", "tamper", starts=False),
    0x05: Meaning("zone.faulted", "fault"),
    0x06: Meaning("zone.restored", "fault", starts=False),
    0x07: Meaning("zone.bypassed", "bypass"),
    0x08: Meaning("zone.restored", "bypass", starts=False),
    0x11: Meaning("area.armed", "armed"),
    0x12: Meaning("area.disarmed", "armed", starts=False),
    0x21: Meaning("panel.mains_lost", "mains"),
    0x22: Meaning("panel.mains_restored", "mains", starts=False),
    0x23: Meaning("panel.battery_low", "battery"),
    0x24: Meaning("panel.battery_restored", "battery", starts=False),
    0x25: Meaning("zone.tampered", "cover"),
    0x26: Meaning("zone.restored", "cover", starts=False),
    0x27: Meaning("panel.tested", ""),
    0x31: Meaning("panic.pressed", ""),
}
_BY_CONDITION = {(meaning.condition, meaning.starts): meaning for meaning in MEANINGS.values() if meaning.condition}


class Zone(BaseModel):
    """One zone (防区) of the host, as a device of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Annotated[int, Field(ge=1, le=64, description="the zone's number on the host")]
    id: Annotated[str, Field(description="what the zone is called in rules and in the guard room")]
    name: str
    place: PlaceRef | None = None


class PanelSettings(SerialSettings):
    address: Annotated[int, Field(ge=1, le=247, description="the host's address on the line")] = 1
    zones: tuple[Zone, ...] = ()
    poll: Annotated[
        Duration, Field(ge=timedelta(milliseconds=50), le=timedelta(minutes=1), description="how often it is asked")
    ] = timedelta(seconds=2)
    missed_polls: Annotated[int, Field(ge=1, le=100, description="polls without an answer that mean a line fault")] = 3
    timezone: Annotated[str, Field(description="of the host's clock")] = "Asia/Shanghai"

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError) as error:
            raise Wrong(f"{name!r} is no time zone", "write one like Asia/Shanghai") from error
        return name

    @model_validator(mode="after")
    def _unlike(self) -> Self:
        numbers = [zone.number for zone in self.zones]
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        if twice:
            raise Wrong(f"zone number {twice[0]} is given to two zones", "number each as on the host")
        return self


class PerimeterPanel(Driver):
    """One host; its zones are devices of their own and speak through it."""

    Settings: ClassVar[type[DriverSettings]] = PanelSettings
    LINK = "serial"
    TYPE = DeviceType.PANEL
    ACTIONS: ClassVar = {action: frozenset({what}) for action, (_, what) in ORDERS.items()}
    RETRY_WINDOW = timedelta(hours=24)

    settings: PanelSettings

    def __init__(self, device: Device, settings: PanelSettings, link: SerialLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._zones = {zone.number: zone for zone in settings.zones}
        self._clock = ZoneInfo(settings.timezone)
        self._line: SerialLine | None = None
        self._asked: dict[tuple[int, int], asyncio.Future[int]] = {}
        self._sequence = 0
        self._missed = 0
        self._rubbish = 0
        self._known: set[Condition] = set()
        self._aside = Aside(emit)

    @classmethod
    def parts(cls, settings: PanelSettings) -> Sequence[Part]:
        return [Part(zone.id, DeviceType.ZONE, zone.name, zone.place) for zone in settings.zones]

    async def run(self) -> None:
        async with self.link.open() as line:
            self._line = line
            self._missed = self._rubbish = 0
            try:
                await self._serve(line)
            finally:
                self._line = None
                for waiting in self._asked.values():
                    if not waiting.done():
                        waiting.set_exception(LinkLost("the line was lost"))

    async def perform(self, command: Command) -> Json | None:
        if command.action not in ORDERS:
            raise CommandFailed(f"device {self.device.id} takes no command {command.action!r}")
        function, what = ORDERS[command.action]
        number = self._number(command, what)
        try:
            async with asyncio.timeout(command.limit.total_seconds()):
                result = await self._ask(function, number)
        except TimeoutError:
            raise CommandFailed(f"{self.device.id} did not answer {command.action} {what} {number}") from None
        if result:
            why = RESULTS.get(result, f"result {result:#04x}")
            raise CommandFailed(f"{command.action} {what} {number} on {self.device.id}: {why}")
        return {what: number}

    def _number(self, command: Command, what: str) -> int:
        given = command.arguments.get(what, 1 if what == "area" else command.device)
        number = next((zone.number for zone in self._zones.values() if zone.id == given), given)
        limit = 8 if what == "area" else 64
        if not isinstance(number, int) or not 1 <= number <= limit:
            raise CommandFailed(f"{command.action} needs {what}: 1 to {limit}, and got {given!r}")
        return number

    async def _ask(self, function: int, number: int) -> int:
        line = self._line
        if line is None:
            raise CommandFailed(f"the line to {self.device.id} is down")
        frame = self._frame(function, bytes((number,)))
        key = (function | ANSWER, frame.sequence)
        waiting: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._asked[key] = waiting
        try:
            await line.write(frame.encode())
            return await waiting
        except LinkLost as error:
            raise CommandFailed(f"the line to {self.device.id} was lost before it answered") from error
        finally:
            del self._asked[key]

    def _frame(self, function: int, payload: bytes = b"") -> Frame:
        self._sequence = self._sequence + 1 & 0xFFFF
        return Frame(self.settings.address, function, self._sequence, payload)

    async def _serve(self, line: SerialLine) -> None:
        decoder = Decoder()
        loop = asyncio.get_running_loop()
        next_poll = loop.time()
        while True:
            try:
                async with asyncio.timeout_at(next_poll):
                    chunk = await line.read()
            except TimeoutError:
                next_poll = loop.time() + self.settings.poll.total_seconds()
                await self._poll(line)
                continue
            for item in decoder.feed(chunk) if chunk else decoder.reset():
                await self._take(line, item)

    async def _poll(self, line: SerialLine) -> None:
        if self._missed >= self.settings.missed_polls:
            raise LinkLost(self._silence())
        self._missed += 1
        await line.write(self._frame(POLL).encode())

    def _silence(self) -> str:
        name, settings = self.device.id, self.settings
        if self._rubbish:
            return (
                f"{name} on {settings.port}: {self._rubbish} bytes came and none could be read: "
                f"check baud ({settings.baud}), parity ({settings.parity}) and the pair A/B"
            )
        return (
            f"{name} on {settings.port} left {self._missed} polls unanswered: "
            f"check its power, the line and its address ({settings.address})"
        )

    async def _take(self, line: SerialLine, item: Frame | Unreadable) -> None:
        if isinstance(item, Unreadable):
            self._rubbish += len(item.data)
            await self._aside.put(item.why, item.data)
        elif item.address == self.settings.address and item.function in HEARD:
            self._missed = self._rubbish = 0
            self.emit.heard()
            if item.function == EVENT:
                await self._take_event(line, item)
            elif item.function == POLL | ANSWER:
                await self._take_status(item)
            else:
                self._take_answer(item)

    async def _take_status(self, frame: Frame) -> None:
        try:
            status = read_status(frame.payload)
        except ValueError as error:
            await self._aside.put(str(error), frame.encode())
            return
        if not status.pending:
            await self._reconcile(status)

    async def _reconcile(self, status: Status) -> None:
        """Tell what the host's events did not: it forgot them, or nobody listened."""
        for condition, number in sorted(status.conditions ^ self._known):
            starts = (condition, number) in status.conditions
            meaning = _BY_CONDITION[condition, starts]
            source = f"{status.boot}.{status.last}.{condition}.{number}.{int(starts)}"
            if not await self._tell(meaning, number, source, None, {"from_status": True}):
                return

    async def _take_event(self, line: SerialLine, frame: Frame) -> None:
        payload = frame.payload
        meaning = MEANINGS.get(payload[2]) if len(payload) == EVENT_LENGTH else None
        if meaning is None:
            told = await self._aside.put("an event of unknown code or length", frame.encode())
        else:
            source = f"{int.from_bytes(payload[:2])}.{frame.sequence}"
            told = await self._tell(meaning, payload[3], source, read_time(payload[4:], self._clock), {})
        if told:
            await line.write(Frame(frame.address, EVENT | ANSWER, frame.sequence, payload[:2]).encode())

    def _take_answer(self, frame: Frame) -> None:
        waiting = self._asked.get((frame.function, frame.sequence))
        if waiting and not waiting.done() and frame.payload:
            waiting.set_result(frame.payload[0])

    async def _tell(self, meaning: Meaning, number: int, source: str, at: datetime | None, more: Json) -> bool:
        """Whether it is committed; when it is not, the host is left to send it again."""
        condition = (meaning.condition, number)
        zone = self._zones.get(number) if meaning.condition in ZONE_CONDITIONS else None
        device = zone.id if zone else self.device.id
        data = {**_details(meaning, number), **more}
        try:
            await self.emit(Signal(device=device, kind=meaning.kind, at=at, source_id=source, data=data))
        except NotRecorded:
            return False
        if meaning.condition:
            (self._known.add if meaning.starts else self._known.discard)(condition)
        return True


def _details(meaning: Meaning, number: int) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if meaning.condition in ZONE_CONDITIONS or meaning.kind == "panic.pressed":
        details["zone"] = number
    elif meaning.condition == "armed":
        details["area"] = number
    if not meaning.starts and meaning.kind == "zone.restored":
        details["from"] = meaning.condition
    return details


DRIVER = PerimeterPanel
