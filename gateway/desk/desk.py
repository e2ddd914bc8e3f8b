"""The desk: the open alerts in memory; every change is committed before it shows.

An alert that the database would not take shows all the same, marked as not on record. It is kept as unwritten and
goes with the next write that succeeds. Lists of alerts merge what the database has with what the desk holds, and the
desk wins: a damaged page of the file hides no alert.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from gateway.desk import rows
from gateway.desk.changed_alerts import ChangedAlerts
from gateway.desk.incident_clock import IncidentClock
from gateway.desk.incident_desk import Act, IncidentDesk
from gateway.desk.incidents import rows as incident_rows
from gateway.desk.lifecycle import DecisionOnEvent, action_of, stepped, validate_step
from gateway.desk.plan import Plan
from gateway.desk.procedures import ProcedureDesk
from gateway.desk.shift_change import ShiftChange
from gateway.desk.silence_desk import SilenceDesk
from gateway.desk.state import DeskState, Unit, nothing
from gateway.desk.unpersisted import UnpersistedAlerts
from gateway.errors import NotFound, NotRecorded
from gateway.model import Action, Alert, AlertState, Incident, Severity, Signal, Step
from gateway.store import Store, audit, journal

log = structlog.get_logger(__name__)


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
        self._act = act or self._write_actions
        self.memory = memory or UnpersistedAlerts(now, ChangedAlerts())
        self.changed = self.memory.changed
        self.state = DeskState(self.changed)
        self.unwritten_because = ""
        """Why decisions are not on record yet; empty when all are."""
        self.procedures = ProcedureDesk(store, now, self.state, self._act)
        self.incidents = IncidentDesk(store, now, self.state, self.memory, self._act, self.step, self.procedures)
        self.clock = IncidentClock(self.incidents, self.state, store, now)
        self.shift_change = ShiftChange(self.state, now, self._act)
        self.silences = SilenceDesk(store, now, self.state, self._act, self.decide)

    async def load(self) -> None:
        """Load the open alerts; the store itself reports what can't be read."""
        try:
            found = await self._store.read(rows.open_alerts)
            self.state.decided = await self._store.read(rows.last_decision)
        except NotRecorded as error:
            log.error("the open alerts can't be read", why=str(error))
            return
        for alert in found:
            self.state.apply(alert)
        await self.incidents.load()
        await self.silences.load()

    def held(self, rule: str) -> frozenset[str]:
        """The keys of the alerts this rule has open and unrestored."""
        return frozenset(a.key for a in self.state.alerts.values() if a.rule == rule and a.restored_at is None)

    def open_alerts(self) -> list[Alert]:
        """Most severe first; of one severity those nobody has seen to before those in hand, then oldest first."""
        alerts = [*self.memory.alerts(), *self.state.alerts.values()]
        return sorted(alerts, key=lambda alert: (-alert.severity, alert.state is not AlertState.NEW, alert.raised_at))

    def counts(self) -> Counter[tuple[Severity, bool]]:
        """How many are open, by severity and whether nobody has seen to them yet."""
        return self.state.counted(self.memory.alerts())

    async def alert(self, alert_id: str) -> Alert | None:
        """The alert with this id, open or closed. Raises NotRecorded while the database can't be read."""
        known = self.memory.get(alert_id) or self.state.alerts.get(alert_id)
        return known or await self._store.read(lambda connection: rows.one(connection, alert_id))

    async def alerts_by_id(self, alert_ids: Iterable[str]) -> list[Alert]:
        """Those of these that exist, in this order. Raises NotRecorded while closed ones can't be read."""
        ids = list(alert_ids)
        found = {i: a for i in ids if (a := self.memory.get(i) or self.state.alerts.get(i)) is not None}
        missing = [each for each in ids if each not in found]
        if missing:
            found |= await self._store.read(lambda connection: rows.some(connection, missing))
        return [found[each] for each in ids if each in found]

    async def alerts_at(self, place: str, limit: int) -> list[Alert]:
        """Newest first, of this place and of those in it."""
        known = self.state.alerts
        found = await self._store.read(lambda connection: rows.at_place(connection, place, limit))
        return [known.get(each.id, each) for each in found]

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
        known = self.state.alerts
        held = (a for a in known.values() if (not states or a.state in states) and (after is None or a.id < after))
        both = [*(a for a in found if a.id not in known), *held]
        shown = sorted(both, key=lambda alert: alert.id, reverse=True)
        unrecorded = [] if after else [a for a in self.memory.alerts() if not states or a.state in states]
        more = len(shown) > limit
        return [*unrecorded, *shown[:limit]], shown[limit - 1].id if more else None

    async def decide(self, decisions: Sequence[DecisionOnEvent], beside: Unit | None = None) -> list[Alert]:
        """Apply the decisions and commit them together with `beside`; returns the alerts that changed.

        When the database would not take them, the alerts are marked as not on record, `unwritten_because` says why,
        and the next call writes them with its own. Its `beside` then replaces the one that was not written.
        """
        state = self.state
        async with state.changing:
            plan = Plan.of(decisions, state.alerts, state.by_key, state.fold, state.noise)
            both, also = state.unwritten.then(plan), beside or state.unwritten_beside

            def unit(connection: sqlite3.Connection) -> int:
                number = both.write(connection)
                also(connection)
                return number

            try:
                state.decided = await self._store.write(unit, urgent=bool(both.alerts)) or state.decided
            except NotRecorded as error:
                state.unwritten, state.unwritten_beside, self.unwritten_because = both, also, str(error)
                shown, incidents = self._marked(plan, on_record=False)
            else:
                state.unwritten, state.unwritten_beside, self.unwritten_because = Plan(), nothing, ""
                shown, incidents = self._marked(both, on_record=True)
            for alert in shown:
                state.apply(alert)
                self.changed.add(alert)
            for incident in incidents:
                state.apply_incident(incident)
            self.changed.add_incidents(incidents)
            state.apply_silences(plan.silences.values())
        return [alert for alert in shown if alert.id in plan.alerts]

    def _marked(self, plan: Plan, *, on_record: bool) -> tuple[list[Alert], list[Incident]]:
        """The plan's alerts and incidents, marked as on record or not."""
        alerts, incidents = [], dict(plan.incidents)
        for alert in plan.alerts.values():
            marked = replace(alert, on_record=on_record)
            alerts.append(marked)
            if marked != alert and (incident := self.state.fold.changed(marked)) is not None:
                incidents[incident.id] = incident
        return alerts, list(incidents.values())

    async def restate(self) -> None:
        """Write all open alerts as they are, after the database was replaced by a fresh one. Raises NotRecorded."""
        async with self.state.changing:
            open_alerts = [alert for alert in self.state.alerts.values() if alert.on_record]
            incidents = [incident for incident in self.state.incidents.values() if incident.on_record]

            def unit(connection: sqlite3.Connection) -> None:
                for alert in open_alerts:
                    rows.put(connection, alert)
                for incident in incidents:
                    incident_rows.put(connection, incident)

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
        async with self.state.changing:
            alert = await self.alert(alert_id)
            if alert is None:
                raise NotFound(f"no alert {alert_id}")
            after = stepped(alert, step)
            step = await self._checked(alert, step)
            incident = self.state.fold.changed(after, step.at)

            def unit(connection: sqlite3.Connection) -> None:
                rows.put(connection, after)
                audit.append(connection, step)
                if incident is not None:
                    self.state.put_incident(connection, incident)

            try:
                await self._act([action_of(after, step, self.state.decided)], unit)
            except BaseException:
                self.state.resync()
                raise
            self.state.show([after], [incident] if incident else [])
        return after

    async def _checked(self, alert: Alert, step: Step) -> Step:
        """The step, if nothing of the incident's procedure forbids closing its last alert."""
        incident = self.state.incidents.get(alert.incident)
        if step.action != "close" or incident is None:
            return step
        others = [each for each in self.state.fold.open_alerts(incident.id) if each.id != alert.id]
        return step if others else await self.procedures.check_close(incident, step)

    async def _write_actions(self, actions: Sequence[Action], unit: Unit) -> None:
        def both(connection: sqlite3.Connection) -> None:
            unit(connection)
            for action in actions:
                journal.record_action(connection, action)

        await self._store.write(both, urgent=True)

    async def add_snapshot(self, alert_id: str, camera: str, snapshot: str) -> None:
        """Give an open alert that has no picture the one of this camera. Raises NotRecorded when it can't be kept."""
        state = self.state
        async with state.changing:
            alert = state.alerts.get(alert_id)
            if alert is None or alert.snapshot is not None or not alert.on_record:
                return
            after, at = replace(alert, snapshot=snapshot), self._now()

            def unit(connection: sqlite3.Connection) -> None:
                rows.put(connection, after)
                rows.append_snapshot(connection, after, camera, at)

            await self._store.write(unit)
            state.apply(after)
            state.fold.changed(after)
        await self.tell_again(after)

    async def tell_again(self, alert: Alert) -> None:
        """Note that something beside an alert is new, such as a recording or a kept picture: its card is read again.

        Raises NotRecorded when its incident is closed and can't be read.
        """
        self.changed.add(alert)
        incident = await self.incidents.incident(alert.incident) if alert.incident else None
        self.changed.add_incidents([incident] if incident else [])
