"""Any device on a serial line whose frames are described in YAML: see config/examples/framed_serial.yaml.

An event is acknowledged once it is committed; until then the device repeats it. A frame that the YAML does not
describe is kept in quarantine, reported to the guard, and acknowledged after that. A device that does not reply to
polls counts as a lost link.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Self

from pydantic import model_validator

from gateway.driver import Driver, DriverSettings, Emit, Part
from gateway.links.emit_all import emit_all
from gateway.links.rate_limit import QuarantineLimit, Unread
from gateway.links.serial import SerialLine, SerialLink
from gateway.links.serial.polls import Polls
from gateway.model import Command, Device, DeviceType, Json, Signal
from gateway.protocols.framed.commands import ZONE, FramedCommands
from gateway.protocols.framed.decoder import FramedDecoder
from gateway.protocols.framed.examples import check_examples
from gateway.protocols.framed.frame_builder import FrameBuilder
from gateway.protocols.framed.frame_parser import FrameEvent, FrameParser, ParsedFrame
from gateway.protocols.framed.settings import FramedSettings
from gateway.protocols.framed.validation import validate
from gateway.protocols.unreadable import UnreadableBytes


class FramedSerialSettings(FramedSettings):
    """The settings, checked against each other and against the examples of the manual."""

    @model_validator(mode="after")
    def _check_all(self) -> Self:
        validate(self)
        check_examples(self)
        return self


class FramedSerial(Driver):
    """One host; its zones are devices of their own and report through it."""

    Settings: ClassVar[type[DriverSettings]] = FramedSerialSettings
    LINK = "serial"
    TYPE = DeviceType.PANEL
    RETRY_WINDOW = timedelta(hours=24)
    LONGEST_PAUSE = timedelta(seconds=5)

    settings: FramedSerialSettings

    def __init__(self, device: Device, settings: FramedSerialSettings, link: SerialLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._zones = {str(zone.number): zone.id for zone in settings.zones}
        link.kept = link.kept or FrameParser(settings)
        self._parser: FrameParser = link.kept
        self._builder = FrameBuilder(settings)
        self._commands = FramedCommands(device.id, settings, self._builder)
        self._polls = Polls(device.id, settings, settings.poll.missed if settings.poll else 0)
        self._quarantine_limit, self._unread = QuarantineLimit(emit), Unread(emit)
        self._line: SerialLine | None = None

    @classmethod
    def parts(cls, settings: FramedSerialSettings) -> Sequence[Part]:
        """Return the zones. Commands with an argument `zone` can be given to a zone itself."""
        actions = {
            action: frozenset(command.arguments) - {ZONE}
            for action, command in settings.commands.items()
            if ZONE in command.arguments
        }
        return [Part(zone.id, DeviceType.ZONE, zone.name, zone.place, actions=actions) for zone in settings.zones]

    @classmethod
    def actions(cls, settings: FramedSerialSettings) -> Mapping[str, frozenset[str]]:
        """Return the commands that the YAML describes, with the names of their arguments."""
        return {action: frozenset(command.arguments) for action, command in settings.commands.items()}

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
        """Send the command and wait for the device's reply."""
        return await self._commands.perform(self._line, command)

    async def _serve(self, line: SerialLine) -> None:
        decoder, poll = FramedDecoder(self.settings.frame), self.settings.poll
        loop = asyncio.get_running_loop()
        next_poll = loop.time() if poll else None
        while True:
            try:
                async with asyncio.timeout_at(next_poll):
                    chunk = await line.read()
            except TimeoutError:
                if poll:
                    next_poll = loop.time() + poll.every.total_seconds()
                    self._polls.asks()
                    await line.write(self._builder.build(poll.send))
                continue
            # An empty chunk means that the line fell silent: a frame that has begun will not be completed.
            for item in decoder.feed(chunk) if chunk else decoder.reset():
                await self._handle(line, item)

    async def _handle(self, line: SerialLine, item: bytes | UnreadableBytes) -> None:
        if isinstance(item, UnreadableBytes):
            self._polls.unreadable(item.data)
            await self._quarantine_limit.put(item.why, item.data)
            self._unread.unread(item.why)
            return
        parsed = self._parser.parse(item)
        if parsed is None:
            return
        self._polls.heard()
        # Before the events: a reply may also be an event by `messages`, or be described nowhere.
        is_reply = self._commands.handle_reply(parsed.values)
        if parsed.error and not is_reply:
            self._unread.unread(parsed.error)
        else:
            self._unread.read()
            self.emit.heard()
        committed = await (self._quarantine(parsed, is_reply) if parsed.error else self._emit_events(parsed.events))
        if committed and parsed.acknowledgement:
            frame = self._builder.build_reply(parsed.acknowledgement, parsed.values)
            if frame:
                await line.write(frame)

    async def _quarantine(self, parsed: ParsedFrame, is_reply: bool) -> bool:
        """Return True if the frame may be acknowledged. A reply to a command needs no entry under `messages`."""
        return is_reply or await self._quarantine_limit.refuse(parsed.error, parsed.frame)

    async def _emit_events(self, events: Sequence[FrameEvent]) -> bool:
        """Return True if all events are committed. If not, the device gets no acknowledgement and repeats them."""
        signals = [self._signal(event) for event in events]
        by_id = {signal.id: event for signal, event in zip(signals, events, strict=True)}
        return await emit_all(self.emit, signals, lambda signal: self._parser.mark_committed(by_id[signal.id])) is None

    def _signal(self, event: FrameEvent) -> Signal:
        device = self._zones.get(event.zone or "", self.device.id)
        return Signal(device=device, kind=event.kind, at=event.at, source_id=event.source_id, data=event.data)


DRIVER = FramedSerial
