"""OSDP v2 card readers (读卡器) on one RS-485 line, by libosdp; gateway/protocols/osdp documents its peculiarities.

A card becomes `credential.presented`; gateway/protocols/credential/__init__.py says who sees its number. A PIN becomes
`pin.entered` with its number of digits; the PIN itself goes with it to the decision at the door, in memory, and is
never stored. A reader has no list of its own (OSDP knows none): while it can't reach the gateway it opens nothing. A
reader whose event is not committed yet is not polled for the next one: it keeps later events in its memory meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import structlog

from gateway.driver import Driver, DriverSettings, Emit, Part
from gateway.errors import BadInput, CommandFailed, NotRecorded
from gateway.links.quarantine import LimitedQuarantine
from gateway.links.serial import SerialLink
from gateway.model import Command, Device, DeviceType, Json, Signal, Words
from gateway.protocols.credential.masking import mask_bits
from gateway.protocols.osdp import commands, diagnosis
from gateway.protocols.osdp.bus import OsdpBus
from gateway.protocols.osdp.events import ReaderEvents
from gateway.protocols.osdp.polled_reader import PolledReader
from gateway.protocols.osdp.session import STATUS_COMMAND, OsdpSession
from gateway.protocols.osdp.settings import OsdpReader, ReadersSettings
from gateway.protocols.osdp.timing import worst_card_time

log = structlog.get_logger(__name__)
ALIVE_INTERVAL_S = 1.0
"""How often the supervisor is notified that a reader is alive."""
RETRY_S = 1.0
"""Seconds between attempts to commit a signal when the disk fails."""
MAX_UNREADABLE_CARDS = 3
"""Cards in a row that fit no layout, before the reader is reported as misconfigured."""
CARD_LATENCY_S = 0.1
"""Promised latency of a card, from the reader to the commit."""


@dataclass(slots=True)
class ReaderMemory:
    """What must survive a lost line: a reader's last status, and its signals that are not committed yet."""

    events: ReaderEvents
    uncommitted: deque[Signal] = field(default_factory=deque)


@dataclass(slots=True)
class ReaderConnection:
    """One reader while the line is open."""

    reader: OsdpReader
    session: OsdpSession
    events: ReaderEvents
    uncommitted: deque[Signal]
    up: bool = False
    alive_at: float = 0.0
    """When the supervisor was last notified."""
    unreadable_cards: int = 0
    """Cards in a row that fit no layout."""
    lost: Words | None = None
    """The reported reason why the reader is lost; None if it is not."""


class OsdpReaders(Driver):
    """One line; its readers are devices of their own and report through it."""

    Settings: ClassVar[type[DriverSettings]] = ReadersSettings
    LINK = "serial"
    TYPE = DeviceType.PANEL

    settings: ReadersSettings

    def __init__(self, device: Device, settings: ReadersSettings, link: SerialLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._connections: Mapping[int, ReaderConnection] = {}
        timeout = settings.pin_pause.total_seconds()
        # The link outlives the driver, which is rebuilt after a lost line.
        link.kept = link.kept or {
            reader.address: ReaderMemory(ReaderEvents(reader, timeout)) for reader in settings.readers
        }
        self._memory: Mapping[int, ReaderMemory] = link.kept
        self._quarantine_limit = LimitedQuarantine(emit)

    @classmethod
    def parts(cls, settings: ReadersSettings) -> Sequence[Part]:
        """Return the readers, which take the commands of `commands.ACTIONS`."""
        return [
            Part(reader.id, DeviceType.READER, reader.name, reader.place, actions=commands.ACTIONS)
            for reader in settings.readers
        ]

    async def run(self) -> None:
        """Poll the readers until cancelled. Raises LinkLost when the line is gone."""
        async with self.link.open() as line:
            self._connections = {reader.address: self._connect(reader) for reader in self.settings.readers}
            try:
                bus = OsdpBus(line, [one.session for one in self._connections.values()], self.settings.baud)
                self.emit.heard()
                self._warn_if_slow()
                while True:
                    await self._poll(bus)
            finally:
                connections, self._connections = self._connections, {}
                for connection in connections.values():
                    connection.session.close()

    async def perform(self, command: Command) -> Json | None:
        """Send the command; return once the reader has accepted it. Raises CommandFailed if it does not."""
        connection = next((one for one in self._connections.values() if one.reader.id == command.device), None)
        if connection is None:
            en = f"{command.device} is no reader of {self.device.id}, or its line is down"
            raise CommandFailed(Words("读卡器线路中断", en))
        await commands.perform(connection.session, command)
        return None

    def _connect(self, reader: OsdpReader) -> ReaderConnection:
        session = OsdpSession(reader.address, reader.scbk, install=reader.install)
        memory = self._memory[reader.address]
        return ReaderConnection(reader, session, memory.events, memory.uncommitted)

    def _warn_if_slow(self) -> None:
        slowest = worst_card_time(len(self._connections), self.settings.baud)
        if slowest > CARD_LATENCY_S:
            log.warning(
                "cards are slow: set a higher baud at the readers, or use more lines",
                device=self.device.id,
                readers=len(self._connections),
                baud=self.settings.baud,
                slowest_ms=round(slowest * 1000),
            )

    async def _poll(self, bus: OsdpBus) -> None:
        polled = await bus.poll_next()
        connection = self._connections[polled.session.address]
        now = asyncio.get_running_loop().time()
        self._report_state(connection, polled, now)
        await self._read_events(connection, now)
        # Not polled again before its events are committed: the reader keeps later ones in its own memory.
        if not await self._commit(connection):
            polled.next_poll_at = now + RETRY_S
        while bus.unreadable:
            item = bus.unreadable.popleft()
            await self._quarantine_limit.put(item.why, item.data)

    def _report_state(self, connection: ReaderConnection, polled: PolledReader, now: float) -> None:
        """Report the reader as alive or lost, and request the tamper and power status of one that came up."""
        up, was_up = connection.session.up, connection.up
        connection.up = up
        why = self._why_lost(connection, polled, now)
        if why and why != connection.lost:
            connection.lost = why
            self.emit.lost(connection.reader.id, why)
        elif up and not polled.unanswered and (not was_up or now - connection.alive_at > ALIVE_INTERVAL_S):
            connection.lost, connection.alive_at = None, now
            # `heard` would clear the report that its cards can't be read.
            if connection.unreadable_cards < MAX_UNREADABLE_CARDS:
                self.emit.heard(connection.reader.id)
        if up and not was_up and not polled.status_rejected:
            connection.session.submit(STATUS_COMMAND)

    def _why_lost(self, connection: ReaderConnection, polled: PolledReader, now: float) -> Words | None:
        if polled.is_lost(now):
            return diagnosis.no_reply(connection.reader.address, self.settings.port, self.settings.baud)
        if polled.is_rejecting:
            return diagnosis.rejected(polled, has_key=connection.reader.key is not None)
        return None

    async def _read_events(self, connection: ReaderConnection, now: float) -> None:
        for event in connection.session.take_events():
            try:
                connection.uncommitted += connection.events.handle(event, now)
            except BadInput as error:
                reason, reader = Words.of(error.why), connection.reader.id
                why = Words(
                    f"{reader}：{reason.zh}；请检查其 `format`", f"{reader}: {reason.en}; is its `format` right?"
                )
                await self._quarantine_limit.put(why, mask_bits(error.data))
                connection.unreadable_cards += 1
                if connection.unreadable_cards >= MAX_UNREADABLE_CARDS:
                    self.emit.refused(reader, why)
            else:
                connection.unreadable_cards = 0
        connection.uncommitted += connection.events.expire_pin(now)

    async def _commit(self, connection: ReaderConnection) -> bool:
        """Return True if all signals of the reader are committed. The others stay queued."""
        while connection.uncommitted:
            try:
                await self.emit(connection.uncommitted[0])
            except NotRecorded:
                # The door has decided already: a PIN is kept no longer than that.
                connection.uncommitted[0] = replace(connection.uncommitted[0], secret=None)
                return False
            connection.uncommitted.popleft()
        return True


DRIVER = OsdpReaders
