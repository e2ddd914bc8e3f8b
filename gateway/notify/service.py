"""The outbox and its notifiers: takes messages inside others' transactions, and sends them in the background."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial

import structlog

from gateway.config.configuration import NotifierEntry
from gateway.errors import NotFound, NotRecorded
from gateway.model import Words
from gateway.notifier import CommandAccess, Notifier, Receipt
from gateway.notify import rows
from gateway.notify.at_once import PrivateMessage, send_at_once
from gateway.notify.health_alerts import Alerts, HealthAlerts
from gateway.notify.message import Message
from gateway.notify.proofs import Proof, Proofs
from gateway.notify.sender import Sender
from gateway.store import Store
from gateway.tasks import run_forever

log = structlog.get_logger(__name__)
POLL_S = 1.0
"""How often each notifier looks for messages; one that is enqueued wakes it at once."""
CHECK_S = 15.0
PURGE_S = 600.0
DISK_FAULT_S = 5.0
KEPT_FOR = timedelta(days=30)
"""How long the ends of messages are kept: the same message is not told again within that time."""
_REMOVED = Words("该通知渠道已从配置中删除", "this notifier is not in desk.yaml any more")
Enqueue = Callable[[sqlite3.Connection, Sequence[Message]], None]


@dataclass(frozen=True, slots=True)
class NotifierStatus:
    """How a notifier does. `failed`: messages of the last 30 days that were not delivered."""

    id: str
    kind: str
    healthy: bool
    proof: Proof
    waiting: int
    failed: int


class Outbox:
    """Has no notifiers until `apply`. `devices` are for notifiers that tell by a device."""

    def __init__(self, store: Store, now: Callable[[], datetime], devices: CommandAccess, alerts: Alerts) -> None:
        self._store, self._now, self._devices = store, now, devices
        self._proofs = Proofs(store)
        self._alerts = HealthAlerts(alerts, self._proofs)
        self._senders: dict[str, Sender] = {}
        self._working: set[str] = set()
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def enqueue(self, connection: sqlite3.Connection, messages: Iterable[Message]) -> None:
        """Add messages in the caller's transaction: they are kept if it is, and none is told twice.

        Runs in the store's writer thread. A message of a severity that the notifier does not tell is left out; one to
        a notifier that does not exist is recorded as undelivered, and reported.
        """
        at, senders = self._now(), self._senders  # `apply` replaces the mapping and never changes it
        for message in messages:
            sender = senders.get(message.notifier)
            for each in _for_notifier(message, sender.entry if sender else None):
                rows.add(connection, each, at)
            if self._loop is not None:
                self._loop.call_soon_threadsafe((sender.wake if sender else self._alerts.news).set)

    def make(self, entries: Sequence[NotifierEntry]) -> list[Notifier]:
        """Construct their notifiers. A third party's may raise anything: call it before anything has changed."""
        return [entry.notifier(entry.id, entry.settings, self._devices) for entry in entries]

    async def apply(self, entries: Sequence[NotifierEntry], notifiers: Sequence[Notifier], zone: tzinfo) -> None:
        """These are the notifiers from now on. What is being sent ends first; messages of removed ones are reported."""
        self._loop = asyncio.get_running_loop()
        former = self._senders
        voided = [it.id for it in entries if it.id in former and not it.is_same_channel(former[it.id].entry)]
        await self._proofs.begin([entry.id for entry in entries], voided, self._now())
        senders = {}
        for entry, notifier in zip(entries, notifiers, strict=True):
            sender = former.get(entry.id)
            if sender is None:
                sender = Sender(entry, notifier, self._store, self._now, zone, self._proofs, self._alerts.undelivered)
            else:
                sender.replace(entry, notifier, zone)
            senders[entry.id] = sender
        self._senders = senders
        for sender in {*former.values(), *senders.values()}:
            sender.wake.set()
        self._changed.set()

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_forever("the notifiers' alerts", self._watch()))
            tasks.create_task(run_forever("purging notifications", self._purge()))
            running: set[Sender] = set()
            while True:
                for sender in {*self._senders.values()} - running:
                    tasks.create_task(self._work(sender), name=f"notifier {sender.entry.id}")
                running = {*self._senders.values()}
                self._changed.clear()
                await self._changed.wait()

    async def status(self) -> list[NotifierStatus]:
        """Every notifier in the order of the YAML. Raises NotRecorded."""
        now, found = self._now(), []
        for name, sender in self._senders.items():
            count = partial(rows.counts, notifier=name, since=now - KEPT_FOR)
            waiting, failed = await self._store.read(count)
            proof = self._proofs.of(name)
            if proof is None:
                continue  # removed by a reload meanwhile
            kind = sender.entry.common.kind
            found.append(NotifierStatus(name, kind, proof.is_healthy(now), proof, waiting, failed))
        return found

    async def try_out(self, name: str, recipients: Sequence[str] = ()) -> Receipt:
        """Send a test message at once, past quiet hours. Raises NotFound, LinkLost, BadInput."""
        return await self._sender(name).prober.try_out(recipients)

    async def send_private(self, name: str, message: PrivateMessage) -> Receipt:
        """Send past the outbox: nothing of it is stored. Raises NotFound, LinkLost, BadInput."""
        return await send_at_once(self._sender(name), message, self._now(), self._proofs)

    def _sender(self, name: str) -> Sender:
        sender = self._senders.get(name)
        if sender is None:
            known = ", ".join(self._senders) or "there is none"
            raise NotFound(f"no notifier {name!r} in desk.yaml; known: {known}")
        return sender

    async def _work(self, sender: Sender) -> None:
        """Send the messages of one notifier for as long as it is in the YAML."""
        self._working.add(sender.entry.id)
        try:
            await self._keep_sending(sender)
        finally:
            self._working.discard(sender.entry.id)

    async def _keep_sending(self, sender: Sender) -> None:
        is_started = False
        while self._senders.get(sender.entry.id) is sender:
            try:
                if not is_started:
                    await sender.start()
                    is_started = True
                pause = await sender.step()
            except NotRecorded as error:
                log.error("notifications can't be sent: the outbox is not usable", why=str(error))
                pause = DISK_FAULT_S
            await _wait(sender.wake, min(pause, POLL_S) if is_started else pause)

    async def _watch(self) -> None:
        while True:
            try:
                await self._retire()
            except NotRecorded as error:
                log.error("messages of removed notifiers can't be ended", why=str(error))
            await self._alerts.check(self._now())
            await _wait(self._alerts.news, CHECK_S)

    async def _retire(self) -> None:
        """End the messages of notifiers that are not in the YAML."""
        known = {*self._senders, *self._working}  # one that still sends ends its own row
        for name in await self._store.read(rows.notifiers_with_open_rows) - known:
            at, total = self._now(), 0
            while ended := await self._store.write(partial(rows.end_all_dead, notifier=name, at=at, why=_REMOVED)):
                total += ended
            if total:
                self._alerts.undelivered(name, total, _REMOVED)

    async def _purge(self) -> None:
        while True:
            try:
                before, deleted = self._now() - KEPT_FOR, rows.BATCH
                while deleted:
                    deleted = await self._store.write(partial(rows.purge, before=before))
            except NotRecorded as error:
                log.error("old notifications can't be deleted", why=str(error))
            await asyncio.sleep(PURGE_S)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event, or for so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
    event.clear()
    await asyncio.sleep(0.02)  # what woke us may be about to be committed


def _for_notifier(message: Message, entry: NotifierEntry | None) -> list[Message]:
    """What is stored of a message: nothing, one row, or one for each recipient."""
    if entry is None:
        return [message.allowed(())]  # ended and reported by `_retire`
    if message.of_incident and message.severity.word not in entry.common.severities:
        return []
    told = message.allowed(entry.common.may_name)
    return told.each_alone() if entry.notifier.EACH_ALONE and told.recipients else [told]
