"""A fire releases doors, whatever else: at once, again and again until it is over, and with a broken disk too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import structlog

from gateway.access.decision import AccessCode, AccessDecision
from gateway.access.passage import opening
from gateway.access.reasons import reason_of
from gateway.access.rules import AccessRules
from gateway.access.state import AccessState
from gateway.config.access import DoorSection
from gateway.errors import AnjuError
from gateway.model import Action, Command, Json, Signal

log = structlog.get_logger(__name__)
CLOSED = ("alert.closed", "incident.closed")
"""A person says that it is over: a detector that never reports its end must not keep doors open for ever."""
DECISION = AccessDecision(AccessCode.FIRE, reason_of(AccessCode.FIRE))


class FireRelease:
    """`release(door, device)` decides and records once for each door; `perform` repeats the command in between."""

    def __init__(
        self,
        state: AccessState,
        rules: Callable[[], AccessRules],
        perform: Callable[[Command], Awaitable[Json | None]],
        release: Callable[[str, str], None],
    ) -> None:
        self._state = state
        self._rules = rules
        self._perform = perform
        self._release = release
        self._released: set[str] = set()

    def heard(self, event: Signal | Action) -> None:
        """Take in a fire alarm, and its end."""
        burning = self._state.burning
        if isinstance(event, Action):
            if event.kind in CLOSED and event.device in burning:
                self._over(event.device)
            return
        if event.kind == "fire.alarm" and self._rules().fire_counts(event.device):
            burning[event.device] = self._rules().place_of_device(event.device)
            self._open_doors(event.device)
        elif event.kind == "fire.restored" and event.device in burning:
            self._over(event.device)

    def _over(self, device: str) -> None:
        del self._state.burning[device]
        self._released &= {door.device for door in self._doors()}

    def _doors(self) -> Iterator[DoorSection]:
        """Those that a fire opens now."""
        rules = self._rules()
        return (door for door in rules.settings.doors if rules.burns(door, self._state.burning))

    def _open_doors(self, device: str) -> None:
        for door in self._doors():
            if door.device not in self._released:
                self._released.add(door.device)
                self._release(door.device, device)

    async def run(self) -> None:
        """Repeat the commands while a fire lasts, until cancelled: most controllers lock again by themselves."""
        while True:
            await asyncio.sleep(self._rules().settings.fire.again.total_seconds())
            async with asyncio.TaskGroup() as tasks:
                for door in self._doors():
                    tasks.create_task(self._again(opening(door, DECISION, None, "fire")))

    async def _again(self, command: Command) -> None:
        try:
            async with asyncio.timeout(command.limit.total_seconds()):
                await self._perform(command)
        except (AnjuError, OSError) as error:  # TimeoutError is an OSError
            log.error("a door could not be released in a fire", device=command.device, why=str(error))
