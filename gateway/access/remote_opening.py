"""A person's command that opens a door goes through the decision, and is in the record of passages."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence

import structlog

from gateway.access import rows
from gateway.access.control import AccessControl
from gateway.access.passage import Passage
from gateway.access.rules import AccessRules
from gateway.errors import NotRecorded, Refused
from gateway.model import Action, Command, Signal, Words

log = structlog.get_logger(__name__)
Unit = Callable[[sqlite3.Connection], None]
Commit = Callable[[Sequence[Action], Unit], Awaitable[None]]
OrderWith = Callable[[Sequence[Command], Commit], Awaitable[None]]


class OpeningRefused(Refused):
    """The decision says that the door stays closed."""

    status = 409

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


class RemoteOpening:
    """Between the web and the commands. A command that opens no door of access.yaml passes unchanged."""

    def __init__(
        self,
        access: AccessControl,
        rules: Callable[[], AccessRules],
        order_with: OrderWith,
        act: Callable[[Action, Unit], Awaitable[int]],
        report: Callable[[Signal], Awaitable[int]],
    ) -> None:
        self._access = access
        self._rules = rules
        self._order_with = order_with
        self._act = act
        self._report = report

    async def order(self, command: Command) -> None:
        """As `Commands.order`. Raises OpeningRefused where the decision is against it."""

        async def commit(actions: Sequence[Action], unit: Unit) -> None:
            await self._act(actions[0], unit)

        await self.order_with([command], commit)

    async def order_with(self, commands: Sequence[Command], commit: Commit) -> None:
        """As `Commands.order_with`; none is ordered where one is refused."""
        passages = [self._access.ordered(command, door) for command in commands if (door := self._door(command))]
        refused = next((one for one in passages if not one.decision.granted), None)
        if refused is not None:
            raise OpeningRefused(refused.decision.reason)

        async def recorded(actions: Sequence[Action], unit: Unit) -> None:
            def both(connection: sqlite3.Connection) -> None:
                unit(connection)
                for passage in passages:
                    rows.insert(connection, passage)

            await commit(actions, both)

        await self._order_with(commands, recorded)
        for passage in passages:
            await self._tell(passage)

    def _door(self, command: Command) -> str | None:
        """The door that the command opens; of a controller of several doors the one that it names."""
        found = [
            door
            for door in self._rules().doors.values()
            if (door.open.device or door.device, door.open.action) == (command.device, command.action)
        ]
        for door in found:
            given = door.open.arguments
            if all(command.arguments.get(name) == given[name] for name in given if name != "seconds"):
                return door.device
        return found[0].device if len(found) == 1 else None

    async def _tell(self, passage: Passage) -> None:
        """The door is being opened already: that the journal has no `access.granted` must not fail the order."""
        try:
            await self._report(passage.as_signal())
        except NotRecorded as error:
            log.error("a remote opening has no signal", door=passage.request.door, why=str(error))
