"""Receiver of alarm panels that report over IP: SIA DC-09, with Contact ID or SIA codes, by TCP and UDP.

The device is the receiver; every account is a part of it, silent by its own supervision, and the
zones that the YAML names are parts as well. ACK leaves after the commit. A message that is turned
away (unknown account, not encrypted though the account has a key, out of its time) is kept in
quarantine and answered DUH or NAK as the standard has it; if it claims to be from an account of
ours, the guard is told that this panel's reports are refused, why, and how to mend it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from gateway.driver import Driver, DriverSettings, Emit, Part
from gateway.errors import NotRecorded
from gateway.links.emit_all import emit_all
from gateway.links.listen import Datagram, ListenLink, RemotePeer
from gateway.links.rate_limit import QuarantineLimit, allowance
from gateway.model import Device, DeviceType, Said, Signal, Words
from gateway.protocols.dc09 import clock
from gateway.protocols.dc09.acceptance import AcceptedMessage, RejectedMessage, accept_or_reject
from gateway.protocols.dc09.events import Dc09Event, parse_events, unreadable_event
from gateway.protocols.dc09.frame import MAX_FRAME_BYTES, Dc09Decoder
from gateway.protocols.dc09.message import NULL, Dc09Message
from gateway.protocols.dc09.rejections import RejectionReporter
from gateway.protocols.dc09.sequence import SequenceTracker
from gateway.protocols.dc09.settings import AlarmAccount, ReceiverSettings
from gateway.protocols.unreadable import UnreadableBytes

MIN_SKEW_CHANGE = timedelta(minutes=1)
"""A panel's clock is told of when it goes wrong by so much, and when it changes by so much."""
_KEY_IN_CLEAR = re.compile(rb"\[[Kk][^\]]*")
"""Extended data that hands out an encryption key."""


class Dc09Receiver(Driver):
    Settings: ClassVar[type[DriverSettings]] = ReceiverSettings
    LINK = "listen"
    TYPE = DeviceType.PANEL
    RETRY_WINDOW = timedelta(minutes=10)  # longer than panels try, shorter than their numbers take to come round

    settings: ReceiverSettings

    def __init__(self, device: Device, settings: ReceiverSettings, link: ListenLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._accounts = {account.account: account for account in settings.accounts}
        self._keys = {account.account: account.cipher_key() for account in settings.accounts}
        self._zones = {(account.id, zone.number): zone.id for account in settings.accounts for zone in account.zones}
        self._turns = {account.account: asyncio.Lock() for account in settings.accounts}
        self._repeats = SequenceTracker()
        self._skews: dict[str, timedelta] = {}
        self._timezones = {each.account: ZoneInfo(each.timezone) for each in settings.accounts if each.timezone}
        self._refused = RejectionReporter(device.id, settings.accounts, emit, link.notes)
        self._aside, self._asides = QuarantineLimit(emit), allowance()

    @classmethod
    def parts(cls, settings: ReceiverSettings) -> Sequence[Part]:
        parts: list[Part] = []
        for each in settings.accounts:
            parts.append(Part(each.id, DeviceType(each.type), each.name, each.place, each.supervision))
            parts += (Part(zone.id, DeviceType.ZONE, zone.name, zone.place or each.place) for zone in each.zones)
        return parts

    async def run(self) -> None:
        async with self.link.open() as door:
            self.emit.heard()
            await door.serve(self._talk, self._take_datagram)

    async def _talk(self, caller: RemotePeer) -> None:
        decoder = Dc09Decoder()
        while chunk := await caller.read():
            for answer in await self._answers(decoder.feed(chunk)):
                await caller.write(answer)
        await self._answers(decoder.close())

    async def _take_datagram(self, datagram: Datagram) -> None:
        decoder = Dc09Decoder()
        for answer in await self._answers([*decoder.feed(datagram.data), *decoder.close()]):
            datagram.reply(answer)

    async def _answers(self, items: Iterable[bytes | UnreadableBytes]) -> list[bytes]:
        """What a segment brought goes to the journal together; an account's own keep their order."""
        together = list(items)
        if len(together) == 1:  # as panels send: no need for a task
            answers = [await self._answer(together[0])]
        else:
            async with asyncio.TaskGroup() as tasks:
                under_way = [tasks.create_task(self._answer(item)) for item in together]
            answers = [task.result() for task in under_way]
        return [answer for answer in answers if answer]

    async def _answer(self, item: bytes | UnreadableBytes) -> bytes | None:
        if isinstance(item, UnreadableBytes):
            await self._put_aside(item.why, item.data)
            self._refused.damaged(item)
            return None
        verdict = accept_or_reject(item, self._keys, datetime.now(UTC), self._timezones)
        if isinstance(verdict, RejectedMessage):
            return await self._turn_away(verdict, item)
        async with self._turns[verdict.message.account]:
            return await self._take(verdict, item)

    async def _take(self, taken: AcceptedMessage, body: bytes) -> bytes | None:
        message = taken.message
        account = self._accounts[message.account]
        events = () if message.header.token == NULL else parse_events(message)
        readable = bool(events) or message.header.token == NULL
        if not await self._tell(message, events if readable else [unreadable_event(message)]):
            self.emit.heard(account.id)  # that the disk takes nothing is not its fault
            return None
        if message.time:
            await self._note_clock(account, message.time - datetime.now(UTC))
        if not readable:
            token = message.header.token
            why = Words(f"{token} 数据无法识别", f"{token} data that can't be read")
            await self._put_aside(why, body)
            self._refused.refused(account.account, why)
            return taken.duh()
        self.emit.heard(account.id)
        await self._refused.accepted(account.account)
        return taken.ack(clock.panel_time(datetime.now(UTC), self._timezones.get(account.account)))

    async def _tell(self, message: Dc09Message, events: Sequence[Dc09Event]) -> bool:
        """Whether all of them are committed; if not, the panel is left to send them again."""
        account, is_new = self._accounts[message.account], self._repeats.is_new(message)
        source, zone = f"{message.header.line}.{message.header.sequence}", self._timezones.get(message.account)
        signals = [
            Signal(
                device=self._zones.get((account.id, event.zone or 0), account.id),
                kind=event.kind,
                at=clock.occurred_at(message, zone, datetime.now(UTC)),  # when it was sent changes with every repeat
                source_id=f"{source}.{index}",
                data=_data(message, event),
                fresh=is_new,
            )
            for index, event in enumerate(events)
        ]
        return await emit_all(self.emit, signals) is None

    async def _turn_away(self, turned: RejectedMessage, body: bytes) -> bytes:
        await self._put_aside(turned.why, body)
        account = self._accounts.get(turned.account or "")
        if account is None:
            await self._refused.stranger(body)
            return turned.answer
        if turned.skew is not None:
            await self._note_clock(account, turned.skew)
        self._refused.refused(account.account, turned.mend or turned.why)
        return turned.answer

    async def _note_clock(self, account: AlarmAccount, skew: timedelta) -> None:
        if abs(skew - self._skews.get(account.id, timedelta())) < MIN_SKEW_CHANGE:
            return
        if self._asides.admits():
            self._skews[account.id] = skew
            seconds = round(skew.total_seconds())
            side = ("快", "ahead") if seconds > 0 else ("慢", "behind")
            text = {"zh": f"时钟{side[0]}{abs(seconds)}秒", "en": f"its clock is {abs(seconds)} s {side[1]}"}
            data = {"ahead_s": seconds, "text": text}
            with suppress(NotRecorded):  # remembered: said by the receiver, which is no sign that a report was taken
                await self.emit(Signal(device=account.id, kind="x.dc09.clock", data=data, fresh=True), remembered=True)

    async def _put_aside(self, why: Said, data: bytes) -> None:
        """No more of it than the longest frame: a datagram may have sixteen times as much, and comes from anyone."""
        await self._aside.put(why, _KEY_IN_CLEAR.sub(b"[K...", data[:MAX_FRAME_BYTES]))


def _data(message: Dc09Message, event: Dc09Event) -> dict[str, Any]:
    data = {"account": message.account, **event.data}
    if event.kind == "zone.alarm":
        data["armed"] = True  # a panel reports only what counts as armed, and says itself what it is
    return data


DRIVER = Dc09Receiver
