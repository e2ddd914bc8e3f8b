"""Keeps controllers' lists as the register and access.yaml are, and reports a list that is not confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from gateway.access.controller_list import controller_list, made_as_of
from gateway.access.rules import AccessRules
from gateway.errors import CommandFailed, LinkLost, NotRecorded, why_of
from gateway.model import AccessList, Register, Signal, Words, as_data
from gateway.people.credential_values import credential_values
from gateway.store import Store
from gateway.store.vault import VaultError

log = structlog.get_logger(__name__)
CHECK_S = 2.0
"""How often it is looked whether a list has changed, and whether a controller that was away is back."""
AWAY = timedelta(minutes=2)
"""How long a controller that is not connected may go on with an older list before that is reported: its own silence is
an alert already, and most are back soon."""


@dataclass(frozen=True, slots=True)
class Links:
    """What the sender needs of the gateway. `load` has a controller decide by a list, or raises AnjuError."""

    store: Store
    now: Callable[[], datetime]
    rules: Callable[[], AccessRules]
    register: Callable[[], Register]
    controllers: Callable[[], Sequence[str]]
    load: Callable[[str, AccessList], Awaitable[None]]
    report: Callable[[Signal], Awaitable[int]]


@dataclass(slots=True)
class _Trouble:
    """Since when a controller has not confirmed its list, and what was reported about it."""

    since: datetime
    reported: str = ""


class ListSender:
    """`run` sends what has changed."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._trouble: dict[str, _Trouble] = {}
        self._values: tuple[object, dict[str, str]] = (None, {})
        """The register's credentials, and their values."""
        self._made: dict[str, tuple[tuple[object, ...], datetime, AccessList]] = {}
        """By controller: what its list was made of, as of when, and the list."""

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self.send()
            await asyncio.sleep(CHECK_S)

    async def send(self) -> None:
        """Send every controller its list, side by side; one that holds it already is sent nothing."""
        controllers = self._links.controllers()
        self._trouble = {name: it for name, it in self._trouble.items() if name in controllers}
        if not controllers:
            return
        try:
            values = await self._read_values()
        except (NotRecorded, VaultError) as error:
            log.error("controllers keep their lists: cards can't be read", why=str(error))
            return
        await asyncio.gather(*(self._send(name, values) for name in controllers))

    async def _read_values(self) -> dict[str, str]:
        credentials, vault = self._links.register().credentials, self._links.store.vault
        if self._values[0] is not credentials:
            values = await self._links.store.read(lambda connection: credential_values(connection, vault))
            self._values = (credentials, values)
        return self._values[1]

    async def _send(self, controller: str, values: dict[str, str]) -> None:
        new = await self._list_of(controller, values)
        try:
            await self._links.load(controller, new)
        except CommandFailed as error:
            await self._failed(controller, Words.of(why_of(error)), at_once=True)
        except LinkLost as error:
            await self._failed(controller, Words.of(why_of(error)), at_once=False)
        else:
            await self._confirmed(controller)

    async def _list_of(self, controller: str, values: dict[str, str]) -> AccessList:
        """The list, made anew where anything that it is made of has changed."""
        register, rules, now = self._links.register(), self._links.rules(), self._links.now()
        made_of, as_of = (register.credentials, register.persons, rules), made_as_of(now)
        former = self._made.get(controller)
        # Compared by identity: these are snapshots, replaced as a whole.
        if former is None or former[1] != as_of or any(a is not b for a, b in zip(made_of, former[0], strict=True)):
            # In a thread: 20,000 credentials take some hundred milliseconds, in which no door may wait.
            new = await asyncio.to_thread(controller_list, controller, register, rules, values, now)
            former = self._made[controller] = (made_of, as_of, new)
        return former[2]

    async def _failed(self, controller: str, why: Words, *, at_once: bool) -> None:
        trouble = self._trouble.setdefault(controller, _Trouble(self._links.now()))
        if trouble.reported == why.en or not (at_once or self._links.now() - trouble.since >= AWAY):
            return
        words = Words(f"门禁名单未确认，控制器仍按旧名单放行：{why.zh}", f"its access list is not confirmed: {why.en}")
        if await self._report(Signal(device=controller, kind="device.faulted", data={"why": as_data(words)})):
            trouble.reported = why.en

    async def _confirmed(self, controller: str) -> None:
        trouble = self._trouble.get(controller)
        if trouble is None or (
            trouble.reported and not await self._report(Signal(device=controller, kind="device.restored"))
        ):
            return
        del self._trouble[controller]

    async def _report(self, signal: Signal) -> bool:
        """Whether it is on record; else the next look tries again."""
        try:
            await self._links.report(signal)
        except NotRecorded as error:
            log.error("what became of a list is not on record", device=signal.device, why=str(error))
            return False
        return True
