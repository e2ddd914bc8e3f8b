"""Every stage that a committed event goes through, in order:

    intake ─committed→ show → decide → keep → tell → perform → look

show      the signal appears on the console's live list
decide    rules make decisions: raise, clear, perform, wake me later
keep      the desk applies them to alerts; decisions, alerts, commands and the rules' progress are one commit
tell      console, notifiers and uplink are told of the alerts that changed
perform   commands go to the drivers
look      cameras take a picture and a recording of the alert

Events come in the journal's order, in batches while there is a backlog: signals, wake-ups, actions of people. A new
configuration is one of them; its rules decide from there on.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from gateway.clock import Clock
from gateway.desk import DecisionOnEvent, Desk
from gateway.errors import NotRecorded
from gateway.flow import rows
from gateway.flow.checkpoint import OnRecord, Progress
from gateway.flow.commands import Commands, from_decision
from gateway.flow.intake import Intake
from gateway.flow.listeners import AlertObserver, ConsoleFeed
from gateway.flow.rule_engine import NewRules, RuleEngine
from gateway.flow.tell import Tell
from gateway.model import Alert, Command, Event, Perform, Signal
from gateway.store import Store, journal

log = structlog.get_logger(__name__)
T = TypeVar("T")
BATCH = 500
"""Events that go through the stages together, and are one commit."""
SAVE_PROGRESS_S = 1.0
"""How often progress without a decision is saved. What was not saved is fed again after a crash."""
CHECKPOINT_S = 30.0
"""How often the rules' states are saved. After a crash the rules are fed what came since."""
CATCH_UP_SLICE = 1000
"""Past events fed at once: about 10 ms in which the loop does nothing else."""
SHOW_AHEAD_AFTER_S = 1.0
"""When rules catch up for longer than this, alarms that come meanwhile are shown before their rules decide."""
MAX_UNSENT = 1000
"""Commands that wait to be recorded. Beyond it the oldest are dropped: a late command must not be performed."""
STUCK_S = 10.0
"""Without a batch for so long while events wait, the pipeline counts as stuck."""


@dataclass(slots=True)
class Batch:
    """Events on their way through the stages, and the results so far."""

    events: Sequence[Event]
    decided: list[DecisionOnEvent] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    alerts: Sequence[Alert] = ()
    rules_switched: bool = False
    """Other rules decide from here on, so their progress must be saved even without a decision."""


class Pipeline:
    """Takes committed events from the intake and passes them through the stages."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        intake: Intake,
        rules: RuleEngine,
        desk: Desk,
        commands: Commands,
        console: ConsoleFeed,
        tell: Tell,
        *observers: AlertObserver,
    ) -> None:
        self._store = store
        self._clock = clock
        self._intake = intake
        self._rules = rules
        self._desk = desk
        self._commands = commands
        self._console = console
        self._teller = tell
        self._observers = observers
        self._stages = (self._show, self._decide, self._keep, self._tell, self._perform, self._look)
        self._saved = 0.0
        self._checkpointed = 0.0
        self._all_kept = False
        """Whether all decisions are on record; only then may the rules' states be saved."""
        self._on_record: dict[str, Progress] = {}
        self._last_batch = clock.monotonic()
        self._shown_dropped = 0
        self._unsent: list[Command] = []

    async def run(self) -> None:
        """Follow the journal; runs until cancelled, and saves the rules' states then."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._wake_rules())
                tasks.create_task(self._teller.run())
                while True:
                    taken = await self._intake.take(BATCH, SAVE_PROGRESS_S)
                    if isinstance(taken, NewRules):
                        await self._switch_rules(taken)
                    else:
                        await self._put_through(Batch(taken))
        finally:
            await self._save_states()

    def keeps_up(self) -> bool:
        """Whether committed events are decided on in time; False when one has waited for STUCK_S."""
        return self._intake.waiting == 0 or self._clock.monotonic() - self._last_batch < STUCK_S

    def clock_stepped(self, step: timedelta) -> None:
        """Rule time has jumped by `step`."""
        self._rules.clock_stepped(step)

    async def _switch_rules(self, new: NewRules) -> None:
        """Go on with the new rules, and feed those that start here what they have missed.

        `applied` is set before they catch up, so that the gateway serves meanwhile.
        """
        now, horizons = self._clock.now(), {rule.HORIZON for rule, _ in new.rules}
        on_record = await self._read(lambda connection: rows.load(connection, now, horizons), OnRecord())
        held = {rule.name: self._desk.held(rule.name) for rule, _ in new.rules}
        wanted = self._rules.switch(new, held, on_record)
        if new.grouping is not None:
            self._desk.state.fold.grouping = new.grouping
        if new.limits is not None:
            self._desk.state.fold.limits = new.limits
        if new.noise is not None:
            self._desk.state.noise.settings = new.noise
        new.applied.set()
        if wanted is not None:
            await self._catch_up(wanted, new.number)
        self._rules.caught_up(new.number)
        await self._put_through(Batch((), rules_switched=True))

    async def _catch_up(self, wanted: journal.EventFilter, last: int) -> None:
        """Feed the rules what they have missed, in slices: memory and pauses do not grow with the journal."""
        after, began, none = 0, self._clock.monotonic(), list[Event]()
        while events := await self._read(
            partial(journal.events, selected=wanted, after=after, last=last, limit=CATCH_UP_SLICE), none
        ):
            decided = self._rules.replay(events)
            if decided:
                await self._put_through(Batch((), decided))
            if self._clock.monotonic() - began > SHOW_AHEAD_AFTER_S:
                self._intake.show_ahead()
            after = events[-1].number or last

    async def _read(self, query: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """The query's result, or `otherwise` when it can't be read: rules without a past still raise new alarms."""
        try:
            return await self._store.read(query)
        except NotRecorded as error:
            log.error("what the rules have seen can't be read; they start from now", why=str(error))
            return otherwise

    async def _put_through(self, batch: Batch) -> None:
        self._all_kept = False
        for stage in self._stages:
            await stage(batch)
        self._last_batch = self._clock.monotonic()

    async def _show(self, batch: Batch) -> None:
        for event in batch.events:
            if isinstance(event, Signal):
                self._console.signal_seen(event)
        if self._shown_dropped != self._intake.dropped_sightings:
            self._shown_dropped = self._intake.dropped_sightings
            self._console.dropped({"sightings": self._shown_dropped})

    async def _decide(self, batch: Batch) -> None:
        for event in batch.events:
            batch.decided += self._rules.feed(event)

    async def _keep(self, batch: Batch) -> None:
        """Commit decisions, their alerts and commands, the rules' progress and states together.

        What the disk does not take stays with the desk, which shows it, and is written with the next batch: a batch
        that can't be written must not delay the next ones. Its commands wait, for they are recorded before they are
        sent.
        """
        now, progress = asyncio.get_running_loop().time(), self._rules.progress()
        idle = not batch.decided and (now - self._saved < SAVE_PROGRESS_S or progress == self._on_record)
        unwritten = bool(self._desk.unwritten_because)
        if idle and not batch.rules_switched and not unwritten:
            self._all_kept = not self._rules.behind
            self._intake.decided(batch.events)
            return
        ordered = [from_decision(d, d.decision) for d in batch.decided if isinstance(d.decision, Perform)]
        commands = self._unsent = [*self._unsent, *ordered][-MAX_UNSENT:]
        at = self._clock.now()
        due = batch.rules_switched or now - self._checkpointed >= CHECKPOINT_S
        states = self._rules.checkpoints() if due and not self._rules.behind else None

        def beside(connection: sqlite3.Connection) -> None:
            rows.save_progress(connection, progress)
            if states is not None:
                rows.save_checkpoints(connection, states)
            for command in commands:
                rows.record_command(connection, command, at)

        batch.alerts = await self._desk.decide(batch.decided, beside)
        self._intake.decided(batch.events)  # their alerts are with the desk now, on record or not
        if self._desk.unwritten_because:
            self._desk.memory.storage_failed(self._desk.unwritten_because)
            return
        if unwritten:
            self._desk.memory.storage_restored()
        self._saved, self._on_record = now, progress
        batch.commands, self._unsent = commands, []
        self._checkpointed = self._checkpointed if states is None else now
        self._all_kept = not self._rules.behind

    async def _save_states(self) -> None:
        """Save the rules' states at a clean stop, so that the next start has nothing to feed again."""
        if not self._all_kept:
            return
        progress, states = self._rules.progress(), self._rules.checkpoints()

        def unit(connection: sqlite3.Connection) -> None:
            rows.save_progress(connection, progress)
            rows.save_checkpoints(connection, states)

        try:
            await self._store.write(unit)
        except NotRecorded as error:
            log.error("the rules' states are not saved; the next start takes longer", why=str(error))

    async def _tell(self, _batch: Batch) -> None:
        self._teller.tell()

    async def _perform(self, batch: Batch) -> None:
        for command in batch.commands:
            self._commands.carry_out(command)

    async def _look(self, batch: Batch) -> None:
        for alert in batch.alerts:
            for observer in self._observers:
                observer.look(alert)

    async def _wake_rules(self) -> None:
        """Record wake-ups that come due in the journal; they come back as events, in its order.

        One that can't be written comes back without a row: an entry delay must end even when the disk is full.
        """
        while True:
            for wake in self._rules.take_due(self._clock.now()):
                await self._intake.wake(wake)
            await asyncio.sleep(_pause(self._rules.next_due(), self._clock.now()))


def _pause(due: datetime | None, now: datetime) -> float:
    """Seconds to sleep, at most 0.1: a rule may ask for a wake-up meanwhile."""
    return 0.1 if due is None else min(0.1, max(0.0, (due - now).total_seconds()))
