"""Perimeter alarm host (周界报警主机) on a serial line; gateway/protocols/perimeter/frames.py documents its frames.

An event is acknowledged once it is committed; until then the host repeats it. An event that the host dropped while
the line was down shows as a difference between its status and the conditions that the driver tracks, and becomes a
signal then. A host that does not reply to polls counts as a lost link.
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
_FROM_HOST = frozenset({EVENT, POLL | REPLY}) | REPLY_FUNCTIONS
"""Functions of frames that a host sends; others on an RS-485 line are another master's, or our own echo."""


class PerimeterPanel(Driver):
    """One host; its zones are devices of their own and report through it."""

    Settings: ClassVar[type[DriverSettings]] = PanelSettings
    LINK = "serial"
    TYPE = DeviceType.PANEL
    ACTIONS: ClassVar = {action: frozenset({argument}) for action, (_, argument) in COMMANDS.items()}
    RETRY_WINDOW = timedelta(hours=24)
    LONGEST_PAUSE = timedelta(seconds=5)

    settings: PanelSettings

    def __init__(self, device: Device, settings: PanelSettings, link: SerialLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._zones = {zone.number: zone for zone in settings.zones}
        self._timezone = ZoneInfo(settings.timezone)
        self._line: SerialLine | None = None
        self._sequence = 0
        # The link outlives the driver, which is rebuilt after a lost line: so the conditions are not reported twice.
        link.kept = set() if link.kept is None else link.kept
        self._active: set[ZoneCondition] = link.kept
        self._commands = PerimeterCommands(device.id, settings, self._make_frame)
        hint = f" and its address ({settings.address})"
        self._polls = Polls(device.id, settings, settings.missed_polls, hint)
        self._quarantine_limit = QuarantineLimit(emit)

    @classmethod
    def parts(cls, settings: PanelSettings) -> Sequence[Part]:
        """Return the zones."""
        return [Part(zone.id, DeviceType.ZONE, zone.name, zone.place) for zone in settings.zones]

    async def run(self) -> None:
        """Read frames and poll until cancelled. Raises LinkLost if the line is gone or polls stay unanswered."""
        async with self.link.open() as line:
            self._line = line
            self._polls.heard()
            try:
                await self._serve(line)
            finally:
                self._line = None
                self._commands.fail_pending()

    async def perform(self, command: Command) -> Json | None:
        """Send the command and wait for the host's reply."""
        return await self._commands.perform(self._line, command)

    def _make_frame(self, function: int, payload: bytes = b"") -> PerimeterFrame:
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
                await line.write(self._make_frame(POLL).encode())
                continue
            # An empty chunk means that the line fell silent: a frame that has begun will not be completed.
            for item in decoder.feed(chunk) if chunk else decoder.reset():
                await self._handle(line, item)

    async def _handle(self, line: SerialLine, item: PerimeterFrame | UnreadableBytes) -> None:
        if isinstance(item, UnreadableBytes):
            self._polls.unreadable(item.data)
            await self._quarantine_limit.put(item.why, item.data)
        elif item.address == self.settings.address and item.function in _FROM_HOST:
            self._polls.heard()
            if item.function == EVENT:
                await self._handle_event(line, item)
            elif item.function == POLL | REPLY:
                await self._handle_status(item)
            else:
                self.emit.heard()
                self._commands.handle_reply(item)

    async def _handle_status(self, frame: PerimeterFrame) -> None:
        try:
            status = read_status(frame.payload)
        except BadInput as error:
            # `refuse` reports it to the guard too: with another status layout, conditions are missed.
            await self._quarantine_limit.refuse(error.why, frame.encode())
            return
        self.emit.heard()
        if not status.pending:  # else the events that are still to come would be reported twice
            await self._reconcile(status)

    async def _reconcile(self, status: HostStatus) -> None:
        """Emit the changes that no event reported: the host dropped them, or the gateway was down."""
        committed = True
        for condition, number in sorted(status.conditions ^ self._active):
            starts = (condition, number) in status.conditions
            code = CODE_OF_CONDITION[condition, starts]
            source = f"{status.boot}.{status.last}.{condition}.{number}.{int(starts)}"
            # If the disk is full, only alarms are emitted: the screen shows them from memory.
            if committed or code.kind in ALARM_KINDS:
                committed &= await self._emit(code, number, source, None, {"from_status": True})

    async def _handle_event(self, line: SerialLine, frame: PerimeterFrame) -> None:
        payload = frame.payload
        code = EVENT_CODES.get(payload[2]) if len(payload) == EVENT_LENGTH else None
        if code is None:
            # Acknowledged once it is in quarantine: else the host would repeat it for ever.
            committed = await self._quarantine_limit.refuse(_UNKNOWN, frame.encode())
        else:
            source = f"{int.from_bytes(payload[:2])}.{frame.sequence}"
            committed = await self._emit(code, payload[3], source, read_time(payload[4:], self._timezone), {})
        if committed:
            await line.write(PerimeterFrame(frame.address, EVENT | REPLY, frame.sequence, payload[:2]).encode())

    async def _emit(self, code: EventCode, number: int, source: str, at: datetime | None, more: Json) -> bool:
        """Return True if the signal is committed. If not, the host gets no acknowledgement and repeats the event."""
        condition = (code.condition, number)
        zone = self._zones.get(number) if code.condition in ZONE_CONDITIONS else None
        device = zone.id if zone else self.device.id
        data = {**event_data(code, number), **more}
        try:
            await self.emit(Signal(device=device, kind=code.kind, at=at, source_id=source, data=data))
        except NotRecorded:
            return False
        if code.condition:
            (self._active.add if code.starts else self._active.discard)(condition)
        return True


DRIVER = PerimeterPanel
