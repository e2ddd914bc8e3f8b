"""Commands: recorded before they are sent, performed at most once, their result reported as a signal.

One found unsent after a crash and past its time limit is reported as failed and not performed: no door opens
because of a restart.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from gateway.desk.lifecycle import DecisionOnEvent
from gateway.errors import AnjuError, CommandFailed, NotRecorded, why_of
from gateway.flow import rows
from gateway.model import Action, Command, Json, Perform, Signal, Step, Text, Words, as_data
from gateway.store import Store, audit
from gateway.store.columns import from_json, from_us, to_json

log = structlog.get_logger(__name__)
PerformCommand = Callable[[Command], Awaitable[Json | None]]
Report = Callable[[Signal], Awaitable[int]]
Unit = Callable[[sqlite3.Connection], None]
Act = Callable[[Action, Unit], Awaitable[int]]
Commit = Callable[[Sequence[Action], Unit], Awaitable[None]]
_UNCONFIRMED = Words("设备没有在规定时间内确认", "no confirmation within the time limit")
_CUT_OFF = Words("执行中网关重启，结果未确认", "not confirmed: the gateway restarted while it was under way")
_CLOCK_BEHIND = Words(
    "网关重启，系统时间早于下令时间，没有执行",
    "not performed: the gateway restarted, and its clock is behind the time when this was ordered",
)
_TOO_LATE = Words("网关重启，已超过时限，没有执行", "not performed: the gateway restarted and its time had passed")


def from_decision(decided: DecisionOnEvent, decision: Perform) -> Command:
    """The command of a decision. Its id is made from the event, so that deciding again makes no second command."""
    event, what = decided.event, (decision.device, decision.action, to_json(decision.arguments))
    cause = "\n".join((decided.rule, *what, str(event.number), str(event.time)))
    digest = hashlib.blake2b(cause.encode(), digest_size=12).hexdigest()
    return Command(
        decision.device, decision.action, decision.arguments, decided.rule, id=f"c-{digest}", limit=decision.limit
    )


def _step(command: Command, at: datetime) -> Step:
    data = {"command": command.id, "device": command.device, "arguments": dict(command.arguments)}
    return Step("", f"command:{command.action}", command.by, at, command.reason, data)


def _action(command: Command, at: datetime) -> Action:
    return Action(
        kind="command.ordered",
        user=command.by,
        time=at,
        device=command.device,
        data={"command": command.id, "action": command.action},
    )


class Commands:
    """`perform` has a driver do it, `report` puts a signal through the intake, `act` commits a person's action."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], perform: PerformCommand, report: Report, act: Act
    ) -> None:
        self._store = store
        self._now = now
        self._perform = perform
        self._report = report
        self._act = act
        self._queue: asyncio.Queue[tuple[Command, bool]] = asyncio.Queue()
        """Commands, each with whether it is marked as sent already."""
        self._awaited: dict[str, asyncio.Future[Json]] = {}

    async def order(self, command: Command) -> None:
        """Record a person's command with who gave it, then carry it out in the background.

        Raises NotRecorded when it can't be recorded; it is not performed then.
        """

        async def commit(actions: Sequence[Action], unit: Unit) -> None:
            await self._act(actions[0], unit)

        await self.order_with([command], commit)

    async def order_with(self, commands: Sequence[Command], commit: Commit) -> None:
        """As `order` for several, in one commit with whatever else `commit` records: all or none is carried out."""
        at = self._now()

        def unit(connection: sqlite3.Connection) -> None:
            for command in commands:
                rows.record_command(connection, command, at)
                audit.append(connection, _step(command, at))

        await commit([_action(command, at) for command in commands], unit)
        for command in commands:
            self.carry_out(command)

    async def carried_out(self, command: Command) -> Json:
        """Record a command of the gateway itself, have it carried out once, and return the device's answer.

        Raises LinkLost when the device can't be reached, CommandFailed when it did not do it or did not confirm it,
        NotRecorded when it is not on record and so not sent.
        """
        at, outcome = self._now(), asyncio.get_running_loop().create_future()
        await self._store.write(lambda connection: rows.record_command(connection, command, at), urgent=True)
        self._awaited[command.id] = outcome
        self.carry_out(command)
        try:
            return await outcome  # type: ignore[no-any-return]  # of the line above
        finally:
            del self._awaited[command.id]

    def carry_out(self, command: Command) -> None:
        """Send a command that is on record."""
        self._queue.put_nowait((command, False))

    def carry_out_sent(self, command: Command) -> None:
        """Send a command that is on record as sent, or that the disk did not take: a door opens all the same."""
        self._queue.put_nowait((command, True))

    async def run(self) -> None:
        """Carry commands out side by side, each within its own time limit; runs until cancelled."""
        await self._recover()
        async with asyncio.TaskGroup() as tasks:
            while True:
                tasks.create_task(self._carry_out(*await self._queue.get()))

    async def _carry_out(self, command: Command, sent: bool) -> None:
        try:
            if not sent and not await self._claim(command):
                return
            async with asyncio.timeout(command.limit.total_seconds()):
                answer = await self._perform(command)
        except TimeoutError:
            await self._failed(command, _UNCONFIRMED, CommandFailed(_UNCONFIRMED))
        except NotRecorded as error:
            log.error("a command was not sent, because it can't be recorded", command=command.id, why=str(error))
        except (AnjuError, OSError) as error:
            await self._failed(command, why_of(error), error)
        else:
            await self._end(command, "done", dict(answer or {}))
            if (outcome := self._outcome(command)) is not None:
                outcome.set_result(answer or {})

    async def _recover(self) -> None:
        try:
            unfinished = await self._store.read(rows.unfinished_commands)
        except NotRecorded as error:
            log.error("commands of before the restart can't be read, and are not performed", why=str(error))
            return
        for row in unfinished:
            limit = timedelta(microseconds=row["expires"] - row["at"])
            try:
                arguments = from_json(row["arguments"])
            except (ValueError, TypeError) as error:
                log.error("a command can't be understood, and is not performed", command=row["id"], why=str(error))
                continue
            command = Command(row["device"], row["action"], arguments, row["by"], id=row["id"], limit=limit)
            if row["state"] == "sent":
                await self._failed(command, _CUT_OFF)
            elif from_us(row["expires"]) < self._now():
                await self._failed(command, _TOO_LATE)
            elif from_us(row["at"]) > self._now():
                # A machine whose clock has no battery: the command's age is unknown.
                await self._failed(command, _CLOCK_BEHIND)
            else:
                self.carry_out(command)

    async def _failed(self, command: Command, why: Text, error: Exception | None = None) -> None:
        await self._end(command, "failed", {"why": as_data(why)})
        if error is not None and (outcome := self._outcome(command)) is not None:
            outcome.set_exception(error)

    def _outcome(self, command: Command) -> asyncio.Future[Json] | None:
        """What `carried_out` waits for, if it still does."""
        outcome = self._awaited.get(command.id)
        return None if outcome is None or outcome.done() else outcome

    async def _end(self, command: Command, state: str, answer: dict[str, object]) -> None:
        data = {"command": command.id, "action": command.action, "by": command.by, **answer}
        try:
            await self._store.write(
                lambda connection: rows.end_command(connection, command.id, state, to_json(answer)), urgent=True
            )
            await self._report(Signal(device=command.device, kind=f"command.{state}", data=data, source_id=command.id))
        except NotRecorded as error:
            log.error("a command's end can't be recorded", command=command.id, state=state, why=str(error))

    async def _claim(self, command: Command) -> bool:
        """Whether it is to be sent now, for the first time: one found at the start may be in the queue already."""
        return await self._store.write(lambda connection: rows.claim_command(connection, command.id), urgent=True)
