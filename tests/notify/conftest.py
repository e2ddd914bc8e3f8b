"""An outbox with a notifier of the test's own, and a clock that the test advances."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.config.configuration import NotifierEntry
from gateway.config.desk.notifiers import NotifierCommon
from gateway.model import Severity, Words
from gateway.notifier import NoDevices, Notification, Notifier, NotifierSettings, Receipt
from gateway.notify import Message, Outbox
from gateway.store import Store

NOON = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai."""
SHANGHAI = ZoneInfo("Asia/Shanghai")


class PagerSettings(NotifierSettings):
    """`pager` is the world that the notifier sends into."""

    pager: Any = None
    number: int = 0


class Pager(Notifier):
    """Sends into a list, or raises what the test wants."""

    Settings = PagerSettings

    async def send(self, notification: Notification) -> Receipt:
        world = self.settings.pager
        world.tried.append(notification.id)
        if world.before is not None:
            await world.before(notification)
        if (error := world.error(notification)) is not None:
            raise error
        world.sent.append(notification)
        return Receipt(f"p-{len(world.sent)}")

    async def probe(self, notification: Notification) -> Receipt:
        self.settings.pager.probes += 1
        if (error := self.settings.pager.error(notification)) is not None:
            raise error
        return Receipt()


class EachAlone(Pager):
    EACH_ALONE = True


class Alarming(Pager):
    USEFUL_FOR = timedelta(minutes=5)


@dataclass
class World:
    """The receiving side, and the guard room's alerts about notifiers."""

    sent: list[Notification] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    probes: int = 0
    fault: Exception | None = None
    faults: dict[str, Exception] = field(default_factory=dict)
    before: Callable[[Notification], Any] | None = None
    open: dict[str, Words] = field(default_factory=dict)
    begun: list[tuple[str, Severity]] = field(default_factory=list)

    def error(self, notification: Notification) -> Exception | None:
        return self.faults.get(notification.title.en) or self.fault

    def titles(self) -> list[str]:
        return [said.title.en for said in self.sent]

    def held(self) -> frozenset[str]:
        return frozenset(self.open)

    async def begin(self, key: str, severity: Severity, words: Words) -> None:
        self.open[key] = words
        self.begun.append((key, severity))

    async def end(self, key: str, words: Words) -> None:
        del self.open[key]

    def entry(self, name: str = "it", kind: type[Notifier] = Pager, number: int = 0, **common: Any) -> NotifierEntry:
        keys = NotifierCommon.model_validate({"id": name, "kind": "tests.pager", **common})
        return NotifierEntry(keys, kind, PagerSettings(pager=self, number=number))


@dataclass
class Bench:
    """An outbox on a store, stepped by hand."""

    store: Store
    world: World
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.store, lambda: self.now, NoDevices(), self.world)

    async def use(self, *entries: NotifierEntry) -> None:
        """These are the notifiers; each has started."""
        before = set(self.outbox._senders.values())
        await self.outbox.apply(entries, self.outbox.make(entries), SHANGHAI)
        for sender in self.outbox._senders.values():
            if sender not in before:
                await sender.start()

    async def enqueue(self, *messages: Message) -> None:
        """In a transaction of its own."""
        await self.store.write(lambda connection: self.outbox.enqueue(connection, messages))

    async def work(self, name: str = "it", steps: int = 400) -> float:
        """Step until there is nothing to do now; returns the seconds until there may be."""
        for _ in range(steps):
            pause = await self.outbox._senders[name].step()
            if pause > 0:
                return pause
        raise AssertionError("it never comes to rest")

    async def watch(self) -> None:
        """What the background task does beside sending."""
        await self.outbox._retire()
        await self.outbox._alerts.check(self.now)

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)

    def rows(self) -> dict[str, int]:
        """How many rows are in each state."""
        from gateway.store.connection import connect

        connection = connect(self.store.path)
        try:
            found = connection.execute("SELECT state, count(*) FROM notifications GROUP BY state").fetchall()
        finally:
            connection.close()
        return {row[0]: row[1] for row in found}


@pytest.fixture
async def bench(tmp_path):
    async with Store.open(tmp_path) as store:
        yield Bench(store, World())


async def settled(check: Callable[[], bool]) -> None:
    """Until it holds; the test's own time limit ends it otherwise."""
    async with asyncio.timeout(20):
        while not check():
            await asyncio.sleep(0.01)


__all__ = ["Alarming", "Bench", "EachAlone", "Pager", "World", "replace", "settled"]
