"""The desk: the open alerts in memory, every change to them committed before it shows.

What the database would not take shows all the same, marked as not on record, and is owed: it is written with the next
change that it takes. Lists of alerts are what the database says and what the desk holds, and the desk is right: no
alert is missing from a screen because a page of the file is.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog

from gateway.desk import rows
from gateway.desk.lifecycle import DecisionOnEvent, cleared, folds_into, raised, repeated, stepped, validate_step
from gateway.desk.unpersisted import UnpersistedAlerts
from gateway.errors import NotFound, NotRecorded
from gateway.model import Alert, AlertState, Clear, Raise, Severity, Signal, Step
from gateway.store import Store, audit, journal

log = structlog.get_logger(__name__)
Unit = Callable[[sqlite3.Connection], None]
Tell = Callable[[Alert], None]
MOST_OWED = 10_000
"""Decisions that wait for a database that takes nothing."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What decisions make of the alerts, before any of it is written."""

    alerts: Mapping[str, Alert] = field(default_factory=dict)
    links: Sequence[tuple[DecisionOnEvent, str | None]] = ()

    def write(self, connection: sqlite3.Connection) -> None:
        for alert in self.alerts.values():
            rows.put(connection, alert)
        for decided, alert_id in self.links:
            rows.append_decision(connection, decided, alert_id)

    def then(self, later: _Plan) -> _Plan:
        """Both, as one; of more than MOST_OWED decisions the oldest go unwritten, their alerts don't."""
        return _Plan({**self.alerts, **later.alerts}, [*self.links, *later.links][-MOST_OWED:])


def _nothing(_connection: sqlite3.Connection) -> None:
    """Nothing is to be committed beside."""


class Desk:
    """`tell` hears of every alert that changed, after the change is on record (or with `on_record` false)."""

    def __init__(self, store: Store, now: Callable[[], datetime], tell: Tell) -> None:
        self._store = store
        self._now = now
        self._tell = tell
        self._open: dict[str, Alert] = {}
        self._by_key: dict[tuple[str, str], str] = {}
        self._owed = _Plan()
        self._owed_beside: Unit = _nothing
        self.owes = ""
        """Why decisions are not on record yet; empty when all are."""
        self._counts: Counter[tuple[Severity, bool]] = Counter()
        self._changing = asyncio.Lock()
        self.memory = UnpersistedAlerts(now, tell)

    async def load(self) -> None:
        """What is open on record; what can't be read is told of by the store."""
        try:
            standing = await self._store.read(rows.open_ones)
        except NotRecorded as error:
            log.error("the open alerts can't be read", why=str(error))
            return
        for alert in standing:
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
        known = self.memory.get(alert_id) or self._open.get(alert_id)
        return known or await self._store.read(lambda connection: rows.one(connection, alert_id))

    async def steps(self, alert_id: str) -> list[Step]:
        return await self._store.read(lambda connection: audit.steps_of(connection, alert_id))

    async def signals_of(self, alert_id: str, limit: int) -> list[Signal]:
        """Newest first."""
        if signal := self.memory.signal_of(alert_id):
            return [signal]
        return await self._store.read(lambda connection: journal.signals_of_alert(connection, alert_id, limit))

    async def page(self, states: Sequence[str], after: str | None, limit: int) -> tuple[list[Alert], str | None]:
        """Newest first, what rules have not decided on before all; no states means all.

        The second value asks for the next page. While the database can't be read, what is open is all there is.
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
        """Fold the decisions in and commit them together with `beside`; returns the alerts that changed.

        When the database would not take it, the alerts are shown marked as not on record, `owes` says why, and the
        next call writes them with its own. `beside` then takes the place of the one that was not written.
        """
        async with self._changing:
            plan, owed = self._plan(decisions), self._owed
            both, also = owed.then(plan), beside or self._owed_beside

            def unit(connection: sqlite3.Connection) -> None:
                both.write(connection)
                also(connection)

            try:
                await self._store.write(unit, urgent=bool(both.alerts))
            except NotRecorded as error:
                self._owed, self._owed_beside, self.owes = both, also, str(error)
                changed = [replace(alert, on_record=False) for alert in plan.alerts.values()]
            else:
                self._owed, self._owed_beside, self.owes = _Plan(), _nothing, ""
                changed = [replace(alert, on_record=True) for alert in both.alerts.values()]
            for alert in changed:
                self._apply(alert)
        for alert in changed:
            self._tell(alert)
        return [alert for alert in changed if alert.id in plan.alerts]

    async def restate(self) -> None:
        """Write all open alerts as they are: the database is another one. Raises NotRecorded."""
        async with self._changing:
            standing = [alert for alert in self._open.values() if alert.on_record]

            def unit(connection: sqlite3.Connection) -> None:
                for alert in standing:
                    rows.put(connection, alert)

            await self._store.write(unit, urgent=True)

    async def step(
        self, alert_id: str, action: str, user: str, note: str = "", data: Mapping[str, Any] | None = None
    ) -> Alert:
        """A person's step. Raises NotFound, Conflict, Refused, or NotRecorded when it can't be kept."""
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

            await self._store.write(unit, urgent=True)
            self._changed_meanwhile(after)
        self._tell(after)
        return after

    async def witness(self, alert_id: str, camera: str, snapshot: str) -> None:
        """Give an open alert that has no picture the one this camera showed; NotRecorded when it can't be kept."""
        async with self._changing:
            alert = self._open.get(alert_id)
            if alert is None or alert.snapshot is not None or not alert.on_record:
                return
            after, at = replace(alert, snapshot=snapshot), self._now()

            def unit(connection: sqlite3.Connection) -> None:
                rows.put(connection, after)
                rows.append_witness(connection, after, camera, at)

            await self._store.write(unit)
            self._apply(after)
        self._tell(after)

    def _plan(self, decisions: Sequence[DecisionOnEvent]) -> _Plan:
        changed: dict[str, Alert] = {}
        by_key = dict(self._by_key) if decisions else {}
        links: list[tuple[DecisionOnEvent, str | None]] = []

        def find(rule: str, key: str) -> Alert | None:
            alert_id = by_key.get((rule, key))
            return None if alert_id is None else changed.get(alert_id) or self._open.get(alert_id)

        for decided in decisions:
            after: Alert | None = None
            match decided.decision:
                case Raise() as decision:
                    alert = find(decided.rule, decision.key)
                    foldable = alert is not None and folds_into(alert, decided.event.time)
                    after = repeated(alert, decided, decision) if alert and foldable else raised(decided, decision)
                case Clear(key):
                    alert = find(decided.rule, key)
                    after = cleared(alert, decided.event.time) if alert and alert.restored_at is None else None
            if after is not None:
                changed[after.id] = after
                by_key[after.rule, after.key] = after.id
            links.append((decided, after.id if after else None))
        return _Plan(changed, links)

    def _changed_meanwhile(self, alert: Alert) -> None:
        """A person's step is on record: what is owed of the alert must not undo it."""
        if alert.id in self._owed.alerts:
            self._owed = self._owed.then(_Plan({alert.id: alert}))
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


def _counted(alert: Alert) -> tuple[Severity, bool]:
    return alert.severity, alert.state is AlertState.NEW
