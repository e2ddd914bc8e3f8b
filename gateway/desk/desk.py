"""The desk: the open alerts in memory; every change is committed before it shows.

An alert that the database would not take shows all the same, marked as not on record. It is kept as unwritten and
goes with the next write that succeeds. Lists of alerts merge what the database has with what the desk holds, and the
desk wins: a damaged page of the file hides no alert.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from gateway.desk import rows
from gateway.desk.changed_alerts import ChangedAlerts
from gateway.desk.lifecycle import (
    ACTION_OF_STEP,
    DecisionOnEvent,
    stepped,
    validate_step,
)
from gateway.desk.plan import Plan
from gateway.desk.unpersisted import UnpersistedAlerts
from gateway.errors import NotFound, NotRecorded
from gateway.model import Action, Alert, AlertState, Severity, Signal, Step
from gateway.store import Store, audit, journal

log = structlog.get_logger(__name__)
Unit = Callable[[sqlite3.Connection], None]
Act = Callable[[Action, Unit], Awaitable[int]]
"""Commits a person's action together with a unit and hands it to the pipeline, in the journal's order."""


def _nothing(_connection: sqlite3.Connection) -> None:
    """A unit that writes nothing."""


class Desk:
    """Every change goes to `memory.changed`, after it is on record (or with `on_record` false).

    `act` commits people's steps; without it they are written and no rule sees them, which is for commands that work
    on the data of a gateway that does not run.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        memory: UnpersistedAlerts | None = None,
        act: Act | None = None,
    ) -> None:
        self._store = store
        self._now = now
        self._act = act or self._write_action
        self._open: dict[str, Alert] = {}
        self._by_key: dict[tuple[str, str], str] = {}
        self._unwritten = Plan()
        self._unwritten_beside: Unit = _nothing
        self.unwritten_because = ""
        """Why decisions are not on record yet; empty when all are."""
        self._counts: Counter[tuple[Severity, bool]] = Counter()
        self._changing = asyncio.Lock()
        self.memory = memory or UnpersistedAlerts(now, ChangedAlerts())
        self.changed = self.memory.changed

    async def load(self) -> None:
        """Load the open alerts; the store itself reports what can't be read."""
        try:
            found = await self._store.read(rows.open_alerts)
        except NotRecorded as error:
            log.error("the open alerts can't be read", why=str(error))
            return
        for alert in found:
            self._apply(alert)

    def held(self, rule: str) -> frozenset[str]:
        """The keys of the alerts this rule has open and unrestored."""
        return frozenset(a.key for a in self._open.values() if a.rule == rule and a.restored_at is None)

    def open_alerts(self) -> list[Alert]:
        """Most severe first; of one severity those nobody has seen to before those in hand, then oldest first."""
        alerts = [*self.memory.alerts(), *self._open.values()]
        return sorted(alerts, key=lambda alert: (-alert.severity, alert.state is not AlertState.NEW, alert.raised_at))

    def counts(self) -> Counter[tuple[Severity, bool]]:
        """How many are open, by severity and whether nobody has seen to them yet."""
        return self._counts + Counter(_counted(alert) for alert in self.memory.alerts())

    async def alert(self, alert_id: str) -> Alert | None:
        """The alert with this id, open or closed. Raises NotRecorded while the database can't be read."""
        known = self.memory.get(alert_id) or self._open.get(alert_id)
        return known or await self._store.read(lambda connection: rows.one(connection, alert_id))

    async def steps(self, alert_id: str) -> list[Step]:
        """What people did about it, oldest first."""
        return await self._store.read(lambda connection: audit.steps_of(connection, alert_id))

    async def signals_of(self, alert_id: str, limit: int) -> list[Signal]:
        """Newest first."""
        if signal := self.memory.signal_of(alert_id):
            return [signal]
        return await self._store.read(lambda connection: journal.signals_of_alert(connection, alert_id, limit))

    async def page(self, states: Sequence[str], after: str | None, limit: int) -> tuple[list[Alert], str | None]:
        """A page of alerts, newest first, those that no rule has decided on before all. No states means all states.

        The second value is the cursor of the next page. While the database can't be read, only open alerts are listed.
        """
        try:
            found = await self._store.read(lambda connection: rows.page(connection, states, after, limit + 1))
        except NotRecorded as error:
            log.error("alerts can't be read; those that are open are shown", why=str(error))
            found = []
        held = (a for a in self._open.values() if (not states or a.state in states) and (after is None or a.id < after))
        both = [*(a for a in found if a.id not in self._open), *held]
        shown = sorted(both, key=lambda alert: alert.id, reverse=True)
        unrecorded = [] if after else [a for a in self.memory.alerts() if not states or a.state in states]
        more = len(shown) > limit
        return [*unrecorded, *shown[:limit]], shown[limit - 1].id if more else None

    async def decide(self, decisions: Sequence[DecisionOnEvent], beside: Unit | None = None) -> list[Alert]:
        """Apply the decisions and commit them together with `beside`; returns the alerts that changed.

        When the database would not take them, the alerts are marked as not on record, `unwritten_because` says why,
        and the next call writes them with its own. Its `beside` then replaces the one that was not written.
        """
        async with self._changing:
            plan = Plan.of(decisions, self._open, self._by_key)
            both, also = self._unwritten.then(plan), beside or self._unwritten_beside

            def unit(connection: sqlite3.Connection) -> None:
                both.write(connection)
                also(connection)

            try:
                await self._store.write(unit, urgent=bool(both.alerts))
            except NotRecorded as error:
                self._unwritten, self._unwritten_beside, self.unwritten_because = both, also, str(error)
                changed = [replace(alert, on_record=False) for alert in plan.alerts.values()]
            else:
                self._unwritten, self._unwritten_beside, self.unwritten_because = Plan(), _nothing, ""
                changed = [replace(alert, on_record=True) for alert in both.alerts.values()]
            for alert in changed:
                self._apply(alert)
        for alert in changed:
            self.changed.add(alert)
        return [alert for alert in changed if alert.id in plan.alerts]

    async def restate(self) -> None:
        """Write all open alerts as they are, after the database was replaced by a fresh one. Raises NotRecorded."""
        async with self._changing:
            open_alerts = [alert for alert in self._open.values() if alert.on_record]

            def unit(connection: sqlite3.Connection) -> None:
                for alert in open_alerts:
                    rows.put(connection, alert)

            await self._store.write(unit, urgent=True)

    async def step(
        self, alert_id: str, action: str, user: str, note: str = "", data: Mapping[str, Any] | None = None
    ) -> Alert:
        """Apply and commit a person's step, as an entry of the journal and of the audit chain.

        Raises NotFound, Conflict, Refused, or NotRecorded when it can't be kept.
        """
        step = Step(alert_id, action, user, self._now(), note, data or {})
        validate_step(step)  # before the alert is looked up: it would be wrong for any alert
        if self.memory.get(alert_id):
            return self.memory.step(step)
        async with self._changing:
            alert = await self.alert(alert_id)
            if alert is None:
                raise NotFound(f"no alert {alert_id}")
            after = stepped(alert, step)

            def unit(connection: sqlite3.Connection) -> None:
                rows.put(connection, after)
                audit.append(connection, step)

            await self._act(_action(after, step), unit)
            self._apply_step(after)
        self.changed.add(after)
        return after

    async def _write_action(self, action: Action, unit: Unit) -> int:
        def both(connection: sqlite3.Connection) -> int:
            unit(connection)
            return journal.record_action(connection, action)

        return await self._store.write(both, urgent=True)

    async def add_snapshot(self, alert_id: str, camera: str, snapshot: str) -> None:
        """Give an open alert that has no picture the one of this camera. Raises NotRecorded when it can't be kept."""
        async with self._changing:
            alert = self._open.get(alert_id)
            if alert is None or alert.snapshot is not None or not alert.on_record:
                return
            after, at = replace(alert, snapshot=snapshot), self._now()

            def unit(connection: sqlite3.Connection) -> None:
                rows.put(connection, after)
                rows.append_snapshot(connection, after, camera, at)

            await self._store.write(unit)
            self._apply(after)
        self.changed.add(after)

    def _apply_step(self, alert: Alert) -> None:
        """A person's step is on record: decisions on the alert that are still unwritten must not undo it."""
        if alert.id in self._unwritten.alerts:
            self._unwritten = self._unwritten.then(Plan({alert.id: alert}))
        self._apply(alert)

    def _apply(self, alert: Alert) -> None:
        before = self._open.get(alert.id)
        self._counts.subtract([_counted(before)] if before else ())
        self._counts.update([_counted(alert)] if alert.state is not AlertState.CLOSED else ())
        if alert.state is not AlertState.CLOSED:
            self._open[alert.id] = alert
            self._by_key[alert.rule, alert.key] = alert.id
            return
        self._open.pop(alert.id, None)
        if self._by_key.get((alert.rule, alert.key)) == alert.id:
            del self._by_key[alert.rule, alert.key]


def _action(alert: Alert, step: Step) -> Action:
    """The journal's entry for a step; the note stays in the audit chain, for it may be about a person."""
    return Action(
        kind=ACTION_OF_STEP[step.action],
        user=step.user,
        time=step.at,
        alert=alert.id,
        rule=alert.rule,
        key=alert.key,
        place=alert.place,
        device=alert.device or "",
        data=step.data,
    )


def _counted(alert: Alert) -> tuple[Severity, bool]:
    return alert.severity, alert.state is AlertState.NEW
