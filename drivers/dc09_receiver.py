"""Receiver for alarm panels that report over IP: SIA DC-09 with Contact ID or SIA codes, over TCP and UDP.

The device is the receiver. Every account is a part of it, with a supervision interval of its own, and so is every
zone that the YAML names. ACK is sent after the commit. A rejected message (unknown account, not encrypted although the
account has a key, outside its time window) is kept in quarantine and answered with DUH or NAK as the standard
requires. If it claims to be from a configured account, the guard reads that this panel's reports are rejected, why,
and how to fix it.
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
from gateway.limits import RateLimit
from gateway.links.emit_all import emit_all
from gateway.links.listen import Datagram, ListenLink, RemotePeer
from gateway.links.quarantine import LimitedQuarantine
from gateway.model import Device, DeviceType, Signal, Text, Words
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
"""A panel's clock skew is reported when it has changed by this much since the last report (from 0 at the start)."""
_KEY_IN_CLEAR = re.compile(rb"\[[Kk][^\]]*")
"""Extended data K, which transmits an encryption key: never stored."""


class Dc09Receiver(Driver):
    """Answers panels and turns their messages into signals of accounts and zones."""

    Settings: ClassVar[type[DriverSettings]] = ReceiverSettings
    LINK = "listen"
    TYPE = DeviceType.PANEL
    RETRY_WINDOW = timedelta(minutes=10)  # longer than panels retry, shorter than their sequence numbers take to wrap

    settings: ReceiverSettings

    def __init__(self, device: Device, settings: ReceiverSettings, link: ListenLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._accounts = {account.account: account for account in settings.accounts}
        self._keys = {account.account: account.cipher_key() for account in settings.accounts}
        self._zones = {(account.id, zone.number): zone.id for account in settings.accounts for zone in account.zones}
        self._locks = {account.account: asyncio.Lock() for account in settings.accounts}
        self._sequences = SequenceTracker()
        self._skews: dict[str, timedelta] = {}
        self._timezones = {each.account: ZoneInfo(each.timezone) for each in settings.accounts if each.timezone}
        self._rejections = RejectionReporter(device.id, settings.accounts, emit, link.state_file)
        self._quarantine_limit, self._clock_limit = LimitedQuarantine(emit), RateLimit.on_loop_clock()

    @classmethod
    def parts(cls, settings: ReceiverSettings) -> Sequence[Part]:
        """Return the accounts and their zones."""
        parts: list[Part] = []
        for each in settings.accounts:
            parts.append(Part(each.id, DeviceType(each.type), each.name, each.place, each.supervision))
            parts += (Part(zone.id, DeviceType.ZONE, zone.name, zone.place or each.place) for zone in each.zones)
        return parts

    async def run(self) -> None:
        """Serve connections and datagrams until cancelled."""
        async with self.link.open() as port:
            self.emit.heard()
            await port.serve(self._serve_connection, self._serve_datagram)

    async def _serve_connection(self, peer: RemotePeer) -> None:
        decoder = Dc09Decoder()
        while chunk := await peer.read():
            for reply in await self._replies(decoder.feed(chunk)):
                await peer.write(reply)
        await self._replies(decoder.close())

    async def _serve_datagram(self, datagram: Datagram) -> None:
        decoder = Dc09Decoder()
        for reply in await self._replies([*decoder.feed(datagram.data), *decoder.close()]):
            datagram.reply(reply)

    async def _replies(self, items: Iterable[bytes | UnreadableBytes]) -> list[bytes]:
        """Handle the items of a segment together, so that they share a commit; messages of an account stay in order."""
        batch = list(items)
        if len(batch) == 1:  # the usual case: needs no task
            replies = [await self._handle(batch[0])]
        else:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._handle(item)) for item in batch]
            replies = [task.result() for task in tasks]
        return [reply for reply in replies if reply]

    async def _handle(self, item: bytes | UnreadableBytes) -> bytes | None:
        """Return the reply to a frame's body; None for none."""
        if isinstance(item, UnreadableBytes):
            await self._quarantine(item.why, item.data)
            self._rejections.report_damaged(item)
            return None  # a damaged frame is not answered (§5.5.1.2): the panel sends it again
        verdict = accept_or_reject(item, self._keys, datetime.now(UTC), self._timezones)
        if isinstance(verdict, RejectedMessage):
            return await self._reject(verdict, item)
        async with self._locks[verdict.message.account]:
            return await self._accept(verdict, item)

    async def _accept(self, accepted: AcceptedMessage, body: bytes) -> bytes | None:
        message = accepted.message
        account = self._accounts[message.account]
        events = () if message.header.token == NULL else parse_events(message)
        readable = bool(events) or message.header.token == NULL
        if not await self._emit_events(message, events if readable else [unreadable_event(message)]):
            self.emit.heard(account.id)  # the panel is alive: a full disk is not its fault
            return None
        if message.sent_at:
            await self._report_skew(account, message.sent_at - datetime.now(UTC))
        if not readable:
            token = message.header.token
            why = Words(f"{token} 数据无法识别", f"{token} data that can't be read")
            await self._quarantine(why, body)
            self._rejections.report_rejected(account.account, why)
            return accepted.duh()
        self.emit.heard(account.id)
        await self._rejections.report_accepted(account.account)
        return accepted.ack(clock.panel_time(datetime.now(UTC), self._timezones.get(account.account)))

    async def _emit_events(self, message: Dc09Message, events: Sequence[Dc09Event]) -> bool:
        """Return True if all events are committed. If not, the panel gets no ACK and sends the message again."""
        account, is_new = self._accounts[message.account], self._sequences.is_new(message)
        source, zone = f"{message.header.line}.{message.header.sequence}", self._timezones.get(message.account)
        signals = [
            Signal(
                device=self._zones.get((account.id, event.zone or 0), account.id),
                kind=event.kind,
                # Not `sent_at`: it changes with every repetition, which would then count as a new signal.
                at=clock.occurred_at(message, zone, datetime.now(UTC)),
                source_id=f"{source}.{index}",
                data=_data(message, event),
                fresh=is_new,
            )
            for index, event in enumerate(events)
        ]
        return await emit_all(self.emit, signals) is None

    async def _reject(self, rejected: RejectedMessage, body: bytes) -> bytes:
        await self._quarantine(rejected.why, body)
        account = self._accounts.get(rejected.account or "")
        if account is None:
            await self._rejections.report_unknown_account(body)
            return rejected.reply
        if rejected.skew is not None:
            await self._report_skew(account, rejected.skew)
        self._rejections.report_rejected(account.account, rejected.fix or rejected.why)
        return rejected.reply

    async def _report_skew(self, account: AlarmAccount, skew: timedelta) -> None:
        if abs(skew - self._skews.get(account.id, timedelta())) < MIN_SKEW_CHANGE:
            return
        if self._clock_limit.admits():
            self._skews[account.id] = skew
            seconds = round(skew.total_seconds())
            side = ("快", "ahead") if seconds > 0 else ("慢", "behind")
            text = {"zh": f"时钟{side[0]}{abs(seconds)}秒", "en": f"its clock is {abs(seconds)} s {side[1]}"}
            data = {"ahead_s": seconds, "text": text}
            # `remembered`: the receiver observed it, so it must not count as an accepted report of the panel.
            with suppress(NotRecorded):
                await self.emit(Signal(device=account.id, kind="x.dc09.clock", data=data, fresh=True), remembered=True)

    async def _quarantine(self, why: Text, data: bytes) -> None:
        """Keep at most a frame's length: a datagram may hold sixteen times as much, and comes from anyone."""
        await self._quarantine_limit.put(why, _KEY_IN_CLEAR.sub(b"[K...", data[:MAX_FRAME_BYTES]))


def _data(message: Dc09Message, event: Dc09Event) -> dict[str, Any]:
    data = {"account": message.account, **event.data}
    if event.kind == "zone.alarm":
        data["armed"] = True  # panels suppress alarms of disarmed zones themselves
    return data


DRIVER = Dc09Receiver
