"""The whole story once, in order: what a committed event goes through.

    intake ─committed→ show → decide → keep → perform → look

Events come in the journal's order, in batches while there is a backlog. A new configuration is one
of them: from there on its rules decide.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from gateway.clock import Clock
from gateway.desk import Decided, Desk
from gateway.flow.announce import Announce
from gateway.flow.commands import Commands, from_decision, record
from gateway.flow.intake import Intake
from gateway.flow.rulebook import NewRules, Progress, Rulebook
from gateway.model import Alert, Command, Perform, Signal, Wake
from gateway.store import Store, journal

BATCH = 500
SAVE_PROGRESS_S = 1.0
"""Progress without a decision is only worth a commit now and then: less to feed again after a crash."""
MOST_UNSENT = 1000
"""Commands that wait to be recorded; beyond it the oldest are never sent, which is what late ones must be."""
STUCK_S = 10.0


@dataclass(slots=True)
class Batch:
    """Events under way together, and what has become of them so far."""

    events: Sequence[Signal | Wake]
    decided: list[Decided] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    alerts: Sequence[Alert] = ()
    turned: bool = False
    """Other rules decide from here on: whose progress is on record changes with them."""


class Onlooker(Protocol):
    """Has a camera look at an alert's place. Never keeps the alert waiting."""

    def look(self, alert: Alert) -> None: ...


class Pipeline:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        intake: Intake,
        rulebook: Rulebook,
        desk: Desk,
        commands: Commands,
        announce: Announce,
        *onlookers: Onlooker,
    ) -> None:
        self._store = store
        self._clock = clock
        self._intake = intake
        self._rulebook = rulebook
        self._desk = desk
        self._commands = commands
        self._announce = announce
        self._onlookers = onlookers
        self._stages = (self._show, self._decide, self._keep, self._perform, self._look)
        self._saved = 0.0
        self._on_record: dict[str, Progress] = {}
        self._turned = clock.monotonic()
        self._told_dropped = 0
        self._unsent: list[Command] = []

    async def run(self) -> None:
        """Follow the journal; runs for good."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._wake_rules())
            while True:
                taken = await self._intake.take(BATCH, SAVE_PROGRESS_S)
                await self._put_through(await self._turn(taken) if isinstance(taken, NewRules) else Batch(taken))

    def keeps_up(self) -> bool:
        """Whether what is committed is decided on: False when something has waited too long."""
        return self._intake.waiting == 0 or self._clock.monotonic() - self._turned < STUCK_S

    def clock_stepped(self, step: timedelta) -> None:
        """Rule time has jumped by so much."""
        self._rulebook.clock_stepped(step)

    async def _turn(self, new: NewRules) -> Batch:
        """Go on with the new rules; what those that start here have missed counts now."""
        progress = await self._store.read(_load_progress)
        held = {rule.name: self._desk.held(rule.name) for rule, _ in new.rules}
        horizon = self._rulebook.turn(new, held, progress)
        events: list[Signal | Wake] = []
        if horizon is not None:
            since, after = self._clock.now() - horizon, self._rulebook.oldest_seen(new.number)
            events = await self._store.read(lambda c: list(journal.events(c, since, after, new.number)))
        new.taken.set()
        return Batch((), self._rulebook.replay(events), turned=True)

    async def _put_through(self, batch: Batch) -> None:
        for stage in self._stages:
            await stage(batch)
        self._turned = self._clock.monotonic()

    async def _show(self, batch: Batch) -> None:
        for event in batch.events:
            if isinstance(event, Signal):
                self._announce.signal_seen(event)
        if self._told_dropped != self._intake.dropped_sightings:
            self._told_dropped = self._intake.dropped_sightings
            self._announce.dropped({"sightings": self._told_dropped})

    async def _decide(self, batch: Batch) -> None:
        for event in batch.events:
            batch.decided += self._rulebook.feed(event)

    async def _keep(self, batch: Batch) -> None:
        """Decisions, the alerts they make, their commands and the rules' progress: one commit or none.

        What is not committed stays with the desk, which shows it, and goes with the next batch: one that can't be
        written must not keep those after it from the guard. Its commands wait, for they are recorded before they
        are sent.
        """
        now, progress = asyncio.get_running_loop().time(), self._rulebook.progress()
        idle = not batch.decided and (now - self._saved < SAVE_PROGRESS_S or progress == self._on_record)
        owed = bool(self._desk.owes)
        if idle and not batch.turned and not owed:
            return
        fresh = [from_decision(d, d.decision) for d in batch.decided if isinstance(d.decision, Perform)]
        commands = self._unsent = [*self._unsent, *fresh][-MOST_UNSENT:]
        at = self._clock.now()

        def beside(connection: sqlite3.Connection) -> None:
            _save_progress(connection, progress)
            for command in commands:
                record(connection, command, at)

        batch.alerts = await self._desk.decide(batch.decided, beside)
        if self._desk.owes:
            self._desk.memory.storage_failed(self._desk.owes)
            return
        if owed:
            self._desk.memory.storage_restored()
        self._saved, self._on_record = now, progress
        batch.commands, self._unsent = commands, []

    async def _perform(self, batch: Batch) -> None:
        for command in batch.commands:
            self._commands.carry_out(command)

    async def _look(self, batch: Batch) -> None:
        for alert in batch.alerts:
            for onlooker in self._onlookers:
                onlooker.look(alert)

    async def _wake_rules(self) -> None:
        """Turn wake-ups come due into journal rows; they come back as events in their order.

        One that can't be written comes back without a row: an entry delay ends whatever the disk does.
        """
        while True:
            for wake in self._rulebook.take_due(self._clock.now()):
                await self._intake.wake(wake)
            await asyncio.sleep(_pause(self._rulebook.next_due(), self._clock.now()))


def _pause(due: datetime | None, now: datetime) -> float:
    """Look again soon even when nothing is due: a rule may ask for a wake-up meanwhile."""
    return 0.1 if due is None else min(0.1, max(0.0, (due - now).total_seconds()))


def _load_progress(connection: sqlite3.Connection) -> dict[str, Progress]:
    rows = connection.execute("SELECT rule, fingerprint, seen FROM progress")
    return {row["rule"]: Progress(row["fingerprint"], row["seen"]) for row in rows}


def _save_progress(connection: sqlite3.Connection, progress: dict[str, Progress]) -> None:
    connection.execute("DELETE FROM progress")
    connection.executemany(
        "INSERT INTO progress (rule, fingerprint, seen) VALUES (?, ?, ?)",
        [(rule, at.fingerprint, at.seen) for rule, at in progress.items()],
    )
