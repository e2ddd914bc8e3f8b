"""Receiver of alarm panels that report over IP: SIA DC-09, with Contact ID or SIA codes, by TCP and UDP.

The device is the receiver; every account is a part of it, silent by its own supervision, and the
zones that the YAML names are parts as well. ACK leaves after the commit. A message that is turned
away (unknown account, not encrypted though the account has a key, out of its time) is kept in
quarantine and answered DUH or NAK as the standard has it; if it claims to be from an account of
ours, that account is faulted, because its alarms do not come in.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from gateway.driver import Driver, DriverSettings, Emit, Part
from gateway.errors import NotRecorded
from gateway.links.allowance import Aside, allowance
from gateway.links.dc09.desk import Taken, Turned, judge
from gateway.links.dc09.events import Event, read, unread
from gateway.links.dc09.frame import LONGEST, Decoder, Unreadable
from gateway.links.dc09.message import NULL, Message
from gateway.links.dc09.repeats import Repeats
from gateway.links.dc09.settings import Account, ReceiverSettings
from gateway.links.listen import Caller, Datagram, ListenLink
from gateway.links.telling import tell_all
from gateway.model import Device, DeviceType, Signal, Words, as_data

CLOCK_NOTED = timedelta(minutes=1)
"""A panel's clock is told of when it goes wrong by so much, and when it changes by so much."""
REFUSED = Words("上报被拒收，请通知安装员", "its reports are refused")
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
        self._repeats = Repeats()
        self._skews: dict[str, timedelta] = {}
        self._faulted = {each.id for each in settings.accounts} & link.notes.read()
        self._aside, self._asides = Aside(emit), allowance()

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

    async def _talk(self, caller: Caller) -> None:
        decoder = Decoder()
        while chunk := await caller.read():
            for answer in await self._answers(decoder.feed(chunk)):
                await caller.write(answer)
        await self._answers(decoder.close())

    async def _take_datagram(self, datagram: Datagram) -> None:
        decoder = Decoder()
        for answer in await self._answers([*decoder.feed(datagram.data), *decoder.close()]):
            datagram.reply(answer)

    async def _answers(self, items: Iterable[bytes | Unreadable]) -> list[bytes]:
        """What a segment brought goes to the journal together; an account's own keep their order."""
        together = list(items)
        if len(together) == 1:  # as panels send: no need for a task
            answers = [await self._answer(together[0])]
        else:
            async with asyncio.TaskGroup() as tasks:
                under_way = [tasks.create_task(self._answer(item)) for item in together]
            answers = [task.result() for task in under_way]
        return [answer for answer in answers if answer]

    async def _answer(self, item: bytes | Unreadable) -> bytes | None:
        if isinstance(item, Unreadable):
            await self._put_aside(item.why, item.data)
            return None
        verdict = judge(item, self._keys, datetime.now(UTC))
        if isinstance(verdict, Turned):
            return await self._turn_away(verdict, item)
        async with self._turns[verdict.message.account]:
            return await self._take(verdict, item)

    async def _take(self, taken: Taken, body: bytes) -> bytes | None:
        message = taken.message
        account = self._accounts[message.account]
        self.emit.heard(account.id)
        events = () if message.header.token == NULL else read(message)
        readable = bool(events) or message.header.token == NULL
        if not await self._tell(message, events if readable else [unread(message)]):
            return None
        if message.time:
            await self._note_clock(account, message.time - datetime.now(UTC))
        if not readable:
            token = message.header.token
            await self._put_aside(Words(f"{token} 数据无法识别", f"{token} data that can't be read"), body)
            return taken.duh()
        await self._well(account)
        return taken.ack(datetime.now(UTC))

    async def _tell(self, message: Message, events: Sequence[Event]) -> bool:
        """Whether all of them are committed; if not, the panel is left to send them again."""
        account, is_new = self._accounts[message.account], self._repeats.is_new(message)
        source = f"{message.header.line}.{message.header.sequence}"
        signals = [
            Signal(
                device=self._zones.get((account.id, event.zone or 0), account.id),
                kind=event.kind,
                at=message.happened,  # when it was sent changes with every repeat
                source_id=f"{source}.{index}",
                data=_data(message, event),
                fresh=is_new,
            )
            for index, event in enumerate(events)
        ]
        return await tell_all(self.emit, signals) is None

    async def _turn_away(self, turned: Turned, body: bytes) -> bytes:
        await self._put_aside(turned.why, body)
        account = self._accounts.get(turned.account or "")
        if account and turned.skew is not None:
            await self._note_clock(account, turned.skew)
        elif account:
            await self._fault(account, turned.why)
        return turned.answer

    async def _note_clock(self, account: Account, skew: timedelta) -> None:
        if abs(skew - self._skews.get(account.id, timedelta())) < CLOCK_NOTED:
            return
        if self._asides.admits():
            self._skews[account.id] = skew
            seconds = round(skew.total_seconds())
            side = ("快", "ahead") if seconds > 0 else ("慢", "behind")
            text = {"zh": f"时钟{side[0]}{abs(seconds)}秒", "en": f"its clock is {abs(seconds)} s {side[1]}"}
            await self._say(account, "x.dc09.clock", ahead_s=seconds, text=text)

    async def _fault(self, account: Account, why: Words) -> None:
        if account.id not in self._faulted and self._asides.admits():
            refused = as_data(Words(REFUSED.zh, f"{REFUSED.en}: {why}"))
            await self._say(account, "device.faulted", why=refused)
            self._faulted.add(account.id)
            await self._note()

    async def _well(self, account: Account) -> None:
        if account.id in self._faulted:
            self._faulted.discard(account.id)
            await self._say(account, "device.restored")
            await self._note()

    async def _note(self) -> None:
        """The mend is most often a key in the YAML, and so another driver that is to say it is well again."""
        with suppress(OSError):
            await asyncio.to_thread(self.link.notes.write, frozenset(self._faulted))

    async def _say(self, account: Account, kind: str, **data: Any) -> None:
        """What the receiver itself has to tell of an account."""
        with suppress(NotRecorded):
            await self.emit(Signal(device=account.id, kind=kind, data=data, fresh=True))

    async def _put_aside(self, why: Words, data: bytes) -> None:
        """No more of it than the longest frame: a datagram may have sixteen times as much, and comes from anyone."""
        await self._aside.put(why, _KEY_IN_CLEAR.sub(b"[K...", data[:LONGEST]))


def _data(message: Message, event: Event) -> dict[str, Any]:
    data = {"account": message.account, **event.data}
    if event.kind == "zone.alarm":
        data["armed"] = True  # a panel reports only what counts as armed, and says itself what it is
    return data


DRIVER = Dc09Receiver
