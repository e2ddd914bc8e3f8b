"""The register as it is now, read from the database and replaced as a whole when it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from gateway.errors import AnjuError, NotRecorded
from gateway.model import Action, Pass, Register
from gateway.people.residents import People
from gateway.store import Store

log = structlog.get_logger(__name__)


class CurrentRegister:
    """Holds one immutable snapshot. `refresh` reads it anew; nobody polls the database.

    `anju people` and `anju faces` ask the running gateway to refresh after they changed something. `act` puts
    `register.changed` into the journal, so that rules get the new snapshot at its place in the order of events.
    """

    def __init__(self, store: Store, now: Callable[[], datetime], act: Callable[[Action], Awaitable[int]]) -> None:
        self.snapshot = Register()
        self._recorded = self.snapshot
        """The snapshot whose change is in the journal: rules have this one."""
        self._people = People(store)
        self._now = now
        self._act = act
        self._refreshed = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        """Else one that began to read before a change could end after the one that knows it, and undo it here."""

    async def load(self) -> None:
        """Read the snapshot at the start. When it can't be read it stays empty, and the log says why."""
        try:
            await self._people.seal_names()
            self.snapshot = self._recorded = await self._read()
        except AnjuError as error:
            log.error("the register of people and vehicles can't be read", why=str(error))

    async def refresh(self) -> Register:
        """Read the snapshot anew, because people, vehicles or face templates changed.

        Raises NotRecorded when the database can't be read; the old snapshot stays.
        """
        async with self._one_at_a_time:
            register = await self._read()
            # Passes are compared too, and equal: both have those of the present snapshot.
            if register != replace(self._recorded, passes=register.passes):
                self.snapshot = register
                await self._record(register)
        self._refreshed.set()
        return register

    def replace_passes(self, passes: Mapping[str, Pass]) -> None:
        """Replace the passes alone: a visitor's pass changes nothing for rules."""
        self.snapshot = replace(self.snapshot, passes=passes)

    async def refreshed(self) -> None:
        """Wait for the next `refresh`, also one that changed only face templates."""
        await self._refreshed.wait()
        self._refreshed.clear()

    async def _read(self) -> Register:
        return replace(await self._people.register(self._now()), passes=self.snapshot.passes)

    async def _record(self, register: Register) -> None:
        data = {"persons": len(register.persons), "vehicles": len(register.vehicles)}
        try:
            await self._act(Action(kind="register.changed", user="", time=self._now(), data=data))
        except NotRecorded as error:
            log.error("the change of the register is not on record; the next refresh tries again", why=str(error))
        else:
            self._recorded = register
