"""The desk: the open alerts in memory, every change to them committed before it shows."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.desk import audit, rows
from gateway.desk.fold import Decided, cleared, folds_into, raised, repeated, stepped
from gateway.desk.memory import Memory
from gateway.errors import NotFound, NotRecorded
from gateway.model import Alert, AlertState, Clear, Raise, Severity, Signal, Step
from gateway.store import Store, journal

Unit = Callable[[sqlite3.Connection], None]
Tell = Callable[[Alert], None]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a batch of decisions makes of the alerts, before any of it is written."""

    alerts: Mapping[str, Alert]
    links: Sequence[tuple[Decided, str | None]]

    def write(self, connection: sqlite3.Connection) -> None:
        for alert in self.alerts.values():
            rows.put(connection, alert)
        for decided, alert_id in self.links:
            rows.append_decision(connection, decided, alert_id)


class Desk:
    """`tell` hears of every alert that changed, after the change is on record."""

    def __init__(self, store: Store, now: Callable[[], datetime], tell: Tell) -> None:
        self._store = store
        self._now = now
        self._tell = tell
        self._open: dict[str, Alert] = {}
        self._by_key: dict[tuple[str, str], str] = {}
        self._counts: Counter[tuple[Severity, bool]] = Counter()
        self._changing = asyncio.Lock()
        self.memory = Memory(now, tell)

    async def load(self) -> None:
        for alert in await self._store.read(rows.open_ones):
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
        """Newest first, what is not on record before all; no states means all.

        The second value asks for the next page.
        """
        found = await self._store.read(lambda connection: rows.page(connection, states, after, limit + 1))
        more = len(found) > limit
        unrecorded = [] if after else [a for a in self.memory.alerts() if not states or a.state in states]
        return [*unrecorded, *found[:limit]], found[limit - 1].id if more else None

    async def decide(self, decisions: Sequence[Decided], beside: Unit) -> list[Alert]:
        """Fold the decisions in and commit them together with `beside`; returns the alerts that changed.

        Raises NotRecorded when the disk would not take it; then nothing has changed but the
        screen, which shows what is owed marked as not on record. Call again with the same.
        """
        async with self._changing:
            plan = self._plan(decisions)

            def unit(connection: sqlite3.Connection) -> None:
                plan.write(connection)
                beside(connection)

            try:
                await self._store.write(unit, urgent=bool(plan.alerts))
            except NotRecorded:
                for alert in plan.alerts.values():
                    self._tell(replace(alert, on_record=False))
                raise
            for alert in plan.alerts.values():
                self._apply(alert)
        for alert in plan.alerts.values():
            self._tell(alert)
        return list(plan.alerts.values())

    async def step(
        self, alert_id: str, action: str, user: str, note: str = "", data: Mapping[str, Any] | None = None
    ) -> Alert:
        """A person's step. Raises NotFound, Conflict, Refused, or NotRecorded when it can't be kept."""
        step = Step(alert_id, action, user, self._now(), note, data or {})
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
            self._apply(after)
        self._tell(after)
        return after

    async def witness(self, alert_id: str, camera: str, snapshot: str) -> None:
        """Give an open alert that has no picture the one this camera showed; NotRecorded when it can't be kept."""
        async with self._changing:
            alert = self._open.get(alert_id)
            if alert is None or alert.snapshot is not None:
                return
            after, at = replace(alert, snapshot=snapshot), self._now()

            def unit(connection: sqlite3.Connection) -> None:
                rows.put(connection, after)
                rows.append_witness(connection, after, camera, at)

            await self._store.write(unit)
            self._apply(after)
        self._tell(after)

    def _plan(self, decisions: Sequence[Decided]) -> _Plan:
        changed: dict[str, Alert] = {}
        by_key = dict(self._by_key) if decisions else {}
        links: list[tuple[Decided, str | None]] = []

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
