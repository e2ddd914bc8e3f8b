"""Perimeter alarm host (周界报警主机) on a serial line; its frames are drawn in gateway/links/perimeter/wire.py.

An event is acknowledged once it is committed, and until then the host sends it again. What
the host forgot while the line was down shows up as a difference between its status and what
the driver knows, and is told then. A host that leaves polls unanswered is a lost link.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from gateway.driver import Driver, DriverSettings, Emit, Part
from gateway.errors import BadInput, NotRecorded
from gateway.links.rate_limit import QuarantineLimit
from gateway.links.serial import SerialLine, SerialLink
from gateway.links.serial.polls import Polls
from gateway.model import ALARM_KINDS, Command, Device, DeviceType, Json, Signal, Words
from gateway.protocols.perimeter.commands import COMMANDS, REPLY_FUNCTIONS, PerimeterCommands
from gateway.protocols.perimeter.event_codes import CODE_OF_CONDITION, EVENT_CODES, EVENT_LENGTH, EventCode, event_data
from gateway.protocols.perimeter.frames import EVENT, POLL, REPLY, PerimeterDecoder, PerimeterFrame
from gateway.protocols.perimeter.settings import PanelSettings
from gateway.protocols.perimeter.status import ZONE_CONDITIONS, HostStatus, ZoneCondition, read_status, read_time
from gateway.protocols.unreadable import UnreadableBytes

_UNKNOWN = Words("事件代码或长度未知", "an event of unknown code or length")
HEARD = frozenset({EVENT, POLL | REPLY}) | REPLY_FUNCTIONS
"""What a host sends; anything else on the line is another's, or our own echo on RS-485."""


class PerimeterPanel(Driver):
    """One host; its zones are devices of their own and speak through it."""

    Settings: ClassVar[type[DriverSettings]] = PanelSettings
    LINK = "serial"
    TYPE = DeviceType.PANEL
    ACTIONS: ClassVar = {action: frozenset({what}) for action, (_, what) in COMMANDS.items()}
    RETRY_WINDOW = timedelta(hours=24)
    LONGEST_PAUSE = timedelta(seconds=5)

    settings: PanelSettings

    def __init__(self, device: Device, settings: PanelSettings, link: SerialLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._zones = {zone.number: zone for zone in settings.zones}
        self._clock = ZoneInfo(settings.timezone)
        self._line: SerialLine | None = None
        self._sequence = 0
        link.kept = set() if link.kept is None else link.kept
        self._known: set[ZoneCondition] = link.kept
        self._orders = PerimeterCommands(device.id, settings, self._frame)
        hint = f" and its address ({settings.address})"
        self._polls = Polls(device.id, settings, settings.missed_polls, hint)
        self._aside = QuarantineLimit(emit)

    @classmethod
    def parts(cls, settings: PanelSettings) -> Sequence[Part]:
        return [Part(zone.id, DeviceType.ZONE, zone.name, zone.place) for zone in settings.zones]

    async def run(self) -> None:
        async with self.link.open() as line:
            self._line = line
            self._polls.heard()
            try:
                await self._serve(line)
            finally:
                self._line = None
                self._orders.line_lost()

    async def perform(self, command: Command) -> Json | None:
        return await self._orders.perform(self._line, command)

    def _frame(self, function: int, payload: bytes = b"") -> PerimeterFrame:
        self._sequence = self._sequence + 1 & 0xFFFF
        return PerimeterFrame(self.settings.address, function, self._sequence, payload)

    async def _serve(self, line: SerialLine) -> None:
        decoder = PerimeterDecoder()
        loop = asyncio.get_running_loop()
        next_poll = loop.time()
        while True:
            try:
                async with asyncio.timeout_at(next_poll):
                    chunk = await line.read()
            except TimeoutError:
                next_poll = loop.time() + self.settings.poll.total_seconds()
                self._polls.asks()
                await line.write(self._frame(POLL).encode())
                continue
            for item in decoder.feed(chunk) if chunk else decoder.reset():
                await self._take(line, item)

    async def _take(self, line: SerialLine, item: PerimeterFrame | UnreadableBytes) -> None:
        if isinstance(item, UnreadableBytes):
            self._polls.unreadable(item.data)
            await self._aside.put(item.why, item.data)
        elif item.address == self.settings.address and item.function in HEARD:
            self._polls.heard()
            if item.function == EVENT:
                await self._take_event(line, item)
            elif item.function == POLL | REPLY:
                await self._take_status(item)
            else:
                self.emit.heard()
                self._orders.answered(item)

    async def _take_status(self, frame: PerimeterFrame) -> None:
        try:
            status = read_status(frame.payload)
        except BadInput as error:
            await self._aside.refuse(error.why, frame.encode())
            return
        self.emit.heard()
        if not status.pending:
            await self._reconcile(status)

    async def _reconcile(self, status: HostStatus) -> None:
        """Tell what the host's events did not: it forgot them, or nobody listened."""
        well = True
        for condition, number in sorted(status.conditions ^ self._known):
            starts = (condition, number) in status.conditions
            meaning = CODE_OF_CONDITION[condition, starts]
            source = f"{status.boot}.{status.last}.{condition}.{number}.{int(starts)}"
            if well or meaning.kind in ALARM_KINDS:  # which show from memory whatever the disk does
                well &= await self._tell(meaning, number, source, None, {"from_status": True})

    async def _take_event(self, line: SerialLine, frame: PerimeterFrame) -> None:
        payload = frame.payload
        meaning = EVENT_CODES.get(payload[2]) if len(payload) == EVENT_LENGTH else None
        if meaning is None:
            told = await self._aside.refuse(_UNKNOWN, frame.encode())
        else:
            source = f"{int.from_bytes(payload[:2])}.{frame.sequence}"
            told = await self._tell(meaning, payload[3], source, read_time(payload[4:], self._clock), {})
        if told:
            await line.write(PerimeterFrame(frame.address, EVENT | REPLY, frame.sequence, payload[:2]).encode())

    async def _tell(self, meaning: EventCode, number: int, source: str, at: datetime | None, more: Json) -> bool:
        """Whether it is committed; when it is not, the host is left to send it again."""
        condition = (meaning.condition, number)
        zone = self._zones.get(number) if meaning.condition in ZONE_CONDITIONS else None
        device = zone.id if zone else self.device.id
        data = {**event_data(meaning, number), **more}
        try:
            await self.emit(Signal(device=device, kind=meaning.kind, at=at, source_id=source, data=data))
        except NotRecorded:
            return False
        if meaning.condition:
            (self._known.add if meaning.starts else self._known.discard)(condition)
        return True


DRIVER = PerimeterPanel
