"""OSDP v2 card readers (读卡器) on one RS-485 line, by libosdp; its traps are told in gateway/links/osdp.

A card becomes `credential.presented`; who sees its number is told in gateway/links/credential. A PIN becomes
`pin.entered` with how many digits it had: they are counted and forgotten, never held. A reader whose event is not
on record yet is not asked for its next one: its own memory keeps what comes meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import structlog

from gateway.driver import Driver, DriverSettings, Emit, Part
from gateway.errors import BadInput, CommandFailed, NotRecorded
from gateway.links.rate_limit import QuarantineLimit
from gateway.links.serial import SerialLink
from gateway.model import Command, Device, DeviceType, Json, Signal, Words
from gateway.protocols.credential.masking import mask_bits
from gateway.protocols.osdp import commands, diagnosis
from gateway.protocols.osdp.bus import OsdpBus, ReaderPoll
from gateway.protocols.osdp.events import ReaderEvents
from gateway.protocols.osdp.session import STATUS_COMMAND, OsdpSession
from gateway.protocols.osdp.settings import OsdpReader, ReadersSettings
from gateway.protocols.osdp.timing import worst_card_time

log = structlog.get_logger(__name__)
ALIVE_INTERVAL_S = 1.0
"""How often the supervisor is told that a reader lives."""
RETRY_S = 1.0
"""After which a signal is offered again to a record that did not take it."""
MAX_UNREADABLE_CARDS = 3
"""Cards that no layout fits, before it is told that those of a reader can't be read."""
CARD_LATENCY_S = 0.1
"""What a card may take from the reader to the record."""


@dataclass(slots=True)
class ReaderMemory:
    """What outlives a loss of the line: how a reader was told to be, and what is still to be told of it."""

    told: ReaderEvents
    untold: deque[Signal] = field(default_factory=deque)


@dataclass(slots=True)
class ReaderConnection:
    """One reader, while the line is open."""

    reader: OsdpReader
    session: OsdpSession
    told: ReaderEvents
    untold: deque[Signal]
    up: bool = False
    heard_at: float = 0.0
    unread: int = 0
    """Cards in a row that no layout fits."""
    lost: Words | None = None
    """Why it is told as lost, if it is."""


class OsdpReaders(Driver):
    """One line; its readers are devices of their own and speak through it."""

    Settings: ClassVar[type[DriverSettings]] = ReadersSettings
    LINK = "serial"
    TYPE = DeviceType.PANEL

    settings: ReadersSettings

    def __init__(self, device: Device, settings: ReadersSettings, link: SerialLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._heads: Mapping[int, ReaderConnection] = {}
        pause = settings.pin_pause.total_seconds()
        link.kept = link.kept or {
            reader.address: ReaderMemory(ReaderEvents(reader, pause)) for reader in settings.readers
        }
        self._kept: Mapping[int, ReaderMemory] = link.kept
        self._aside = QuarantineLimit(emit)

    @classmethod
    def parts(cls, settings: ReadersSettings) -> Sequence[Part]:
        return [
            Part(reader.id, DeviceType.READER, reader.name, reader.place, actions=commands.ACTIONS)
            for reader in settings.readers
        ]

    async def run(self) -> None:
        async with self.link.open() as line:
            self._heads = {reader.address: self._head(reader) for reader in self.settings.readers}
            try:
                bus = OsdpBus(line, [head.session for head in self._heads.values()], self.settings.baud)
                self.emit.heard()
                self._warn()
                while True:
                    await self._serve(bus)
            finally:
                heads, self._heads = self._heads, {}
                for head in heads.values():
                    head.session.close()

    async def perform(self, command: Command) -> Json | None:
        """Done once the reader has answered that it took it."""
        head = next((head for head in self._heads.values() if head.reader.id == command.device), None)
        if head is None:
            en = f"{command.device} is no reader of {self.device.id}, or its line is down"
            raise CommandFailed(Words("读卡器线路中断", en))
        orders = commands.build_commands(command.action, command.arguments)
        if not head.session.up:
            raise CommandFailed(Words("读卡器无应答", f"{command.device} does not answer"))
        able = [order for order in orders if head.session.can(commands.NEEDS[order["command"]])]
        if not able:
            en = f"{command.device} has nothing for {command.action}: no such LED, buzzer or display"
            raise CommandFailed(Words("读卡器没有这种灯、蜂鸣器或显示屏", en))
        try:
            async with asyncio.timeout(command.limit.total_seconds()):
                taken = await asyncio.gather(*[_submit(head, order) for order in able])
        except TimeoutError:
            raise CommandFailed(Words("读卡器无应答", f"{command.device} did not answer {command.action}")) from None
        if not all(taken):
            en = f"{command.device} refused {command.action}, or was lost before it answered"
            raise CommandFailed(Words("读卡器拒绝执行，或应答前断线", en))
        return None

    def _head(self, reader: OsdpReader) -> ReaderConnection:
        session = OsdpSession(reader.address, reader.secret, install=reader.install)
        kept = self._kept[reader.address]
        return ReaderConnection(reader, session, kept.told, kept.untold)

    def _warn(self) -> None:
        slowest = worst_card_time(len(self._heads), self.settings.baud)
        if slowest > CARD_LATENCY_S:
            log.warning(
                "cards are told late: set a higher baud at the readers, or share them among lines",
                device=self.device.id,
                readers=len(self._heads),
                baud=self.settings.baud,
                slowest_ms=round(slowest * 1000),
            )

    async def _serve(self, bus: OsdpBus) -> None:
        turn = await bus.next()
        head = self._heads[turn.session.address]
        now = asyncio.get_running_loop().time()
        self._judge(head, turn, now)
        await self._hear(head, now)
        if not await self._tell(head):
            turn.due = now + RETRY_S
        while bus.rubbish:
            piece = bus.rubbish.popleft()
            await self._aside.put(piece.why, piece.data)

    def _judge(self, head: ReaderConnection, turn: ReaderPoll, now: float) -> None:
        """Tell how the reader is, and ask one that came up how its cover and its power are."""
        up, was_up = head.session.up, head.up
        head.up = up
        why = self._trouble(head, turn, now)
        if why and why != head.lost:
            head.lost = why
            self.emit.lost(head.reader.id, why)
        elif up and not turn.tries and (not was_up or now - head.heard_at > ALIVE_INTERVAL_S):
            head.lost, head.heard_at = None, now
            if head.unread < MAX_UNREADABLE_CARDS:
                self.emit.heard(head.reader.id)
        if up and not was_up and not turn.status_refused:
            head.session.submit(STATUS_COMMAND)

    def _trouble(self, head: ReaderConnection, turn: ReaderPoll, now: float) -> Words | None:
        if turn.silent(now):
            return diagnosis.no_reply(head.reader.address, self.settings.port, self.settings.baud)
        return diagnosis.rejected(turn, has_key=head.reader.key is not None) if turn.refused else None

    async def _hear(self, head: ReaderConnection, now: float) -> None:
        for event in head.session.take():
            try:
                head.untold += head.told.take(event, now)
            except BadInput as error:
                said, reader = Words.of(error.why), head.reader.id
                why = Words(f"{reader}：{said.zh}；请检查其 `format`", f"{reader}: {said.en}; is its `format` right?")
                await self._aside.put(why, mask_bits(error.data))
                head.unread += 1
                if head.unread >= MAX_UNREADABLE_CARDS:
                    self.emit.refused(reader, why)
            else:
                head.unread = 0
        head.untold += head.told.due(now)

    async def _tell(self, head: ReaderConnection) -> bool:
        """Whether all that it told is on record; what is not is offered again."""
        while head.untold:
            try:
                await self.emit(head.untold[0])
            except NotRecorded:
                return False
            head.untold.popleft()
        return True


async def _submit(head: ReaderConnection, order: commands.OsdpCommand) -> bool:
    """Whether the reader took it."""
    taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    if not head.session.submit(order, lambda well: None if taken.done() else taken.set_result(well)):
        raise CommandFailed(Words("读卡器正忙或已断线", f"{head.reader.id} has too much to do already, or was lost"))
    return await taken


DRIVER = OsdpReaders
