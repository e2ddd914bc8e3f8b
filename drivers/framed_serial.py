"""Any device on a serial line that sends frames, described in YAML: see config/examples/framed_serial.yaml.

An event is acknowledged once it is committed, and until then the device sends it again. A frame that the
YAML does not describe is kept in quarantine, the guard is told, and it is acknowledged after. A device that leaves
polls unanswered is a lost link.
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
    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        validate(self)
        check_examples(self)
        return self


class FramedSerial(Driver):
    """One host; its zones are devices of their own and speak through it."""

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
        self._reader: FrameParser = link.kept
        self._sender = FrameBuilder(settings)
        self._orders = FramedCommands(device.id, settings, self._sender)
        self._polls = Polls(device.id, settings, settings.poll.missed if settings.poll else 0)
        self._aside, self._unread = QuarantineLimit(emit), Unread(emit)
        self._line: SerialLine | None = None

    @classmethod
    def parts(cls, settings: FramedSerialSettings) -> Sequence[Part]:
        own = {
            action: frozenset(order.arguments) - {ZONE}
            for action, order in settings.commands.items()
            if ZONE in order.arguments
        }
        return [Part(zone.id, DeviceType.ZONE, zone.name, zone.place, actions=own) for zone in settings.zones]

    @classmethod
    def actions(cls, settings: FramedSerialSettings) -> Mapping[str, frozenset[str]]:
        return {action: frozenset(order.arguments) for action, order in settings.commands.items()}

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
                    await line.write(self._sender.made(poll.send))
                continue
            for item in decoder.feed(chunk) if chunk else decoder.reset():
                await self._take(line, item)

    async def _take(self, line: SerialLine, item: bytes | UnreadableBytes) -> None:
        if isinstance(item, UnreadableBytes):
            self._polls.unreadable(item.data)
            await self._aside.put(item.why, item.data)
            self._unread.unread(item.why)
            return
        heard = self._reader.read(item)
        if heard is None:
            return
        self._polls.heard()
        answers = self._orders.answered(heard.values)
        if heard.trouble and not answers:
            self._unread.unread(heard.trouble)
        else:
            self._unread.read()
            self.emit.heard()
        kept = await (self._put_aside(heard, answers) if heard.trouble else self._tell_all(heard.tells))
        if kept and heard.answer:
            answer = self._sender.answering(heard.answer, heard.values)
            if answer:
                await line.write(answer)

    async def _put_aside(self, heard: ParsedFrame, answers: bool) -> bool:
        """An answer that a command waited for needs no message of its own."""
        return answers or await self._aside.refuse(heard.trouble, heard.frame)

    async def _tell_all(self, tells: Sequence[FrameEvent]) -> bool:
        """Whether all is committed; when it is not, the device is left to send it again."""
        signals = [self._signal(tell) for tell in tells]
        said = {signal.id: tell for signal, tell in zip(signals, tells, strict=True)}
        return await emit_all(self.emit, signals, lambda kept: self._reader.committed(said[kept.id])) is None

    def _signal(self, tell: FrameEvent) -> Signal:
        device = self._zones.get(tell.zone or "", self.device.id)
        return Signal(device=device, kind=tell.kind, at=tell.at, source_id=tell.source_id, data=tell.data)


DRIVER = FramedSerial
