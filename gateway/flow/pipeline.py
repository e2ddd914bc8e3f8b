"""The whole story once, in order: what a committed event goes through.

    intake ─committed→ show → decide → keep → perform → look

Events come in the journal's order, in batches while there is a backlog. A new configuration is one
of them: from there on its rules decide.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

import structlog

from gateway.clock import Clock
from gateway.desk import DecisionOnEvent, Desk
from gateway.errors import NotRecorded
from gateway.flow import rows
from gateway.flow.announce import Announce
from gateway.flow.checkpoint import OnRecord, Progress
from gateway.flow.commands import Commands, from_decision, record
from gateway.flow.intake import Intake
from gateway.flow.rule_engine import NewRules, RuleEngine
from gateway.model import Alert, Command, Perform, Signal, Wake
from gateway.store import Store, journal

log = structlog.get_logger(__name__)
T = TypeVar("T")
BATCH = 500
SAVE_PROGRESS_S = 1.0
"""Progress without a decision is only worth a commit now and then: less to feed again after a crash."""
CHECKPOINT_S = 30.0
"""The rules' states are saved this often: after a crash the rules are fed what came since."""
SLICE = 1000
"""Events of the past fed at once: about 10 ms in which nothing else is served."""
PATIENCE_S = 1.0
"""When rules catch up for longer than this, alarms that come meanwhile are on the screen before their rules decide."""
MOST_UNSENT = 1000
"""Commands that wait to be recorded; beyond it the oldest are never sent, which is what late ones must be."""
STUCK_S = 10.0


@dataclass(slots=True)
class Batch:
    """Events under way together, and what has become of them so far."""

    events: Sequence[Signal | Wake]
    decided: list[DecisionOnEvent] = field(default_factory=list)
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
        rulebook: RuleEngine,
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
        self._checkpointed = 0.0
        self._all_kept = False
        """Whether all that the rules have decided is on record: only then may their states be."""
        self._on_record: dict[str, Progress] = {}
        self._turned = clock.monotonic()
        self._told_dropped = 0
        self._unsent: list[Command] = []

    async def run(self) -> None:
        """Follow the journal; runs for good."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._wake_rules())
                while True:
                    taken = await self._intake.take(BATCH, SAVE_PROGRESS_S)
                    if isinstance(taken, NewRules):
                        await self._turn(taken)
                    else:
                        await self._put_through(Batch(taken))
        finally:
            await self._save_states()

    def keeps_up(self) -> bool:
        """Whether what is committed is decided on: False when something has waited too long."""
        return self._intake.waiting == 0 or self._clock.monotonic() - self._turned < STUCK_S

    def clock_stepped(self, step: timedelta) -> None:
        """Rule time has jumped by so much."""
        self._rulebook.clock_stepped(step)

    async def _turn(self, new: NewRules) -> None:
        """Go on with the new rules; what those that start here have missed counts now.

        They hold as soon as they are known, so that the gateway serves while they catch up.
        """
        now, horizons = self._clock.now(), {rule.HORIZON for rule, _ in new.rules}
        on_record = await self._read(lambda connection: rows.load(connection, now, horizons), OnRecord())
        held = {rule.name: self._desk.held(rule.name) for rule, _ in new.rules}
        wanted = self._rulebook.turn(new, held, on_record)
        new.taken.set()
        if wanted is not None:
            await self._catch_up(wanted, new.number)
        self._rulebook.caught_up(new.number)
        await self._put_through(Batch((), turned=True))

    async def _catch_up(self, wanted: journal.EventFilter, last: int) -> None:
        """Feed the rules what they have missed, in slices: neither memory nor pauses grow with the journal."""
        after, began, none = 0, self._clock.monotonic(), list[Signal | Wake]()
        while events := await self._read(
            partial(journal.events, selected=wanted, after=after, last=last, limit=SLICE), none
        ):
            decided = self._rulebook.replay(events)
            if decided:
                await self._put_through(Batch((), decided))
            if self._clock.monotonic() - began > PATIENCE_S:
                self._intake.show_ahead()
            after = events[-1].number or last

    async def _read(self, query: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """What is on record, or else: rules that know nothing of the past still ring for what comes."""
        try:
            return await self._store.read(query)
        except NotRecorded as error:
            log.error("what the rules have seen can't be read; they start from now", why=str(error))
            return otherwise

    async def _put_through(self, batch: Batch) -> None:
        self._all_kept = False
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
        """Decisions, the alerts they make, their commands, the rules' progress and states: one commit or none.

        What is not committed stays with the desk, which shows it, and goes with the next batch: one that can't be
        written must not keep those after it from the guard. Its commands wait, for they are recorded before they
        are sent.
        """
        now, progress = asyncio.get_running_loop().time(), self._rulebook.progress()
        idle = not batch.decided and (now - self._saved < SAVE_PROGRESS_S or progress == self._on_record)
        owed = bool(self._desk.owes)
        if idle and not batch.turned and not owed:
            self._all_kept = not self._rulebook.behind
            self._intake.decided(batch.events)
            return
        fresh = [from_decision(d, d.decision) for d in batch.decided if isinstance(d.decision, Perform)]
        commands = self._unsent = [*self._unsent, *fresh][-MOST_UNSENT:]
        at = self._clock.now()
        due = batch.turned or now - self._checkpointed >= CHECKPOINT_S
        states = self._rulebook.checkpoints() if due and not self._rulebook.behind else None

        def beside(connection: sqlite3.Connection) -> None:
            rows.save_progress(connection, progress)
            if states is not None:
                rows.save_checkpoints(connection, states)
            for command in commands:
                record(connection, command, at)

        batch.alerts = await self._desk.decide(batch.decided, beside)
        self._intake.decided(batch.events)  # on the screen by now, on record or not
        if self._desk.owes:
            self._desk.memory.storage_failed(self._desk.owes)
            return
        if owed:
            self._desk.memory.storage_restored()
        self._saved, self._on_record = now, progress
        batch.commands, self._unsent = commands, []
        self._checkpointed = self._checkpointed if states is None else now
        self._all_kept = not self._rulebook.behind

    async def _save_states(self) -> None:
        """At a clean stop, so that the next start has nothing to feed again."""
        if not self._all_kept:
            return
        progress, states = self._rulebook.progress(), self._rulebook.checkpoints()

        def unit(connection: sqlite3.Connection) -> None:
            rows.save_progress(connection, progress)
            rows.save_checkpoints(connection, states)

        try:
            await self._store.write(unit)
        except NotRecorded as error:
            log.error("the rules' states are not saved; the next start takes longer", why=str(error))

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
