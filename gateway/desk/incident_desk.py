"""What people do with incidents: a step on all its alerts at once, merge and split."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.desk import rows
from gateway.desk.hold import after_step, check_future, hold_end
from gateway.desk.incidents import alone
from gateway.desk.incidents import rows as incident_rows
from gateway.desk.incidents.urgency import sort_key
from gateway.desk.lifecycle import ALLOWED, action_of, stepped, validate_step
from gateway.desk.procedures import ProcedureDesk
from gateway.desk.state import DeskState, Unit, counted_as, nothing
from gateway.desk.unpersisted import UnpersistedAlerts
from gateway.errors import Conflict, NotFound, NotRecorded
from gateway.model import Action, Alert, AlertState, Incident, Severity, Step
from gateway.store import Store, audit

log = structlog.get_logger(__name__)
Act = Callable[[Sequence[Action], Unit], Awaitable[object]]
"""Commits people's actions together with a unit and hands them to the pipeline, in the journal's order."""
ACTION_OF_INCIDENT_STEP = {
    "acknowledge": "incident.acknowledged",
    "on-scene": "incident.on_scene",
    "hold": "incident.held",
    "close": "incident.closed",
    "assign": "incident.assigned",
    "note": "incident.noted",
    "merge": "incident.merged",
    "split": "incident.split",
    "remind": "incident.reminder_set",
    "reminder": "incident.reminded",
    "escalate": "incident.escalated",
    "ring": "incident.rang_again",
}
"""The kind of the journal's entry for each thing that people, and the gateway by its limits, do with an incident."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """The incident after a step, the alerts that took it, and those that did not, each with its state."""

    incident: Incident
    applied: Sequence[str]
    not_applied: Mapping[str, AlertState]


class IncidentDesk:
    """`step_alert` is the desk's step on one alert: those that only the memory holds are incidents of their own."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        state: DeskState,
        memory: UnpersistedAlerts,
        act: Act,
        step_alert: Callable[..., Awaitable[Alert]],
        procedures: ProcedureDesk,
    ) -> None:
        self._store = store
        self._now = now
        self._state = state
        self._memory = memory
        self._act = act
        self._step_alert = step_alert
        self._procedures = procedures

    async def load(self) -> None:
        """Load the open incidents; open alerts without one on record are incidents of their own, and written so."""
        state = self._state
        try:
            found = await self._store.read(incident_rows.open_incidents)
        except NotRecorded as error:
            log.error("the open incidents can't be read", why=str(error))
            found = []
        made = state.fold.load(found, state.alerts.values())
        for incident in state.fold.incidents.values():
            state.apply_incident(incident)
        alerts = [replace(state.alerts[each], incident=incident.id) for incident in made for each in incident.alerts]
        for alert in alerts:
            state.apply(alert)
        if made:
            await self._write_missing(made, alerts)

    async def _write_missing(self, incidents: Sequence[Incident], alerts: Sequence[Alert]) -> None:
        def unit(connection: sqlite3.Connection) -> None:
            for alert in alerts:
                rows.put(connection, alert)
            for incident in incidents:
                incident_rows.put(connection, incident)

        try:
            await self._store.write(unit)
        except NotRecorded as error:
            log.error("incidents made for alerts without one can't be written", why=str(error))

    def open_incidents(self) -> list[Incident]:
        """The most urgent first, see `sort_key`."""
        return sorted([*self._of_memory(), *self._state.incidents.values()], key=sort_key)

    def owed(self, incident: Incident, alerts: Sequence[Alert]) -> tuple[timedelta, timedelta | None] | None:
        """How soon it wants an acknowledgement, and arrival, by the present settings; None without limits."""
        limits = self._state.fold.limits
        return None if limits is None or not alerts else limits.owed(incident, alerts)

    def counts(self) -> Counter[tuple[Severity, bool]]:
        """How many are open, by severity and whether something of it is new."""
        return self._state.incident_counts + Counter(counted_as(incident) for incident in self._of_memory())

    def most_urgent(self, after: str | None, limit: int) -> tuple[list[Incident], str | None]:
        """A page of the open incidents, the most urgent first. The cursors are sort keys."""
        found = self.open_incidents()
        begin = 0 if after is None else bisect_right(found, after, key=sort_key)
        shown = found[begin : begin + limit]
        return shown, sort_key(shown[-1]) if begin + limit < len(found) else None

    def _of_memory(self) -> list[Incident]:
        return [alone(alert) for alert in self._memory.alerts()]

    def open_alerts(self, incident: Incident) -> list[Alert]:
        """The alerts of an incident that are not closed, in the order in which they joined."""
        alone_alert = self._memory.get(incident.top)
        if alone_alert is not None:
            return [alone_alert]
        known = self._state.alerts
        return [known[alert] for alert in incident.alerts if alert in known]

    async def incident(self, incident_id: str) -> Incident | None:
        """The incident with this id, open or closed. Raises NotRecorded while the database can't be read."""
        held = self._memory.get(incident_id.removeprefix("i-"))
        if held is not None:
            return alone(held)
        known = self._state.incidents.get(incident_id)
        return known or await self._store.read(lambda connection: incident_rows.one(connection, incident_id))

    async def page(self, states: Sequence[str], after: str | None, limit: int) -> tuple[list[Incident], str | None]:
        """A page of incidents, newest first; those that only the memory holds are on the first page.

        No states means all. The second value is the cursor of the next page. While the database can't be read, only
        open incidents are listed.
        """
        try:
            found = await self._store.read(lambda connection: incident_rows.page(connection, states, after, limit + 1))
        except NotRecorded as error:
            log.error("incidents can't be read; those that are open are shown", why=str(error))
            found = []
        known = self._state.incidents
        held = (i for i in known.values() if (not states or i.state in states) and (after is None or i.id < after))
        shown = sorted([*(i for i in found if i.id not in known), *held], key=lambda each: each.id, reverse=True)
        memory = [] if after else [alone(a) for a in self._memory.alerts() if not states or a.state in states]
        return [*memory, *shown[:limit]], shown[limit - 1].id if len(shown) > limit else None

    async def step(
        self, incident_id: str, action: str, user: str, note: str = "", data: Mapping[str, Any] | None = None
    ) -> StepResult:
        """Apply a person's step to every open alert of the incident that allows it, as one commit.

        A note is kept once, with the incident. Raises NotFound, Refused, Conflict when no alert allows it, or
        NotRecorded.
        """
        at = self._now()
        step = Step(incident_id, action, user, at, note, data or {})
        validate_step(step)
        until = hold_end(step, self._state.fold.limits)
        held = self._memory.get(incident_id.removeprefix("i-"))
        if held is not None:
            alone_after = alone(await self._step_alert(held.id, action, user, note, data))
            return StepResult(alone_after, [held.id], {})
        async with self._state.changing:
            incident = await self._known(incident_id)
            alerts = self._state.fold.open_alerts(incident_id) if incident_id in self._state.incidents else []
            taking = [] if action == "note" else [a for a in alerts if a.state in ALLOWED[action][0]]
            if not taking and action != "note":
                raise Conflict(f"can't {action} an incident that is {incident.state.value.replace('_', ' ')}")
            if action == "close" and len(taking) == len(alerts):
                step = await self._procedures.check_close(incident, step)
            steps = [replace(step, alert=a.id, note="", data={**step.data, "incident": incident_id}) for a in taking]
            stepped_alerts = [(stepped(a, each), each) for a, each in zip(taking, steps, strict=True)]
            for alert, _ in stepped_alerts:
                incident = self._state.fold.changed(alert, at) or incident
            incident = after_step(self._state.fold, incident, at, until)
            applied = [alert.id for alert in taking]
            is_open = incident_id in self._state.incidents
            await self.commit(step, stepped_alerts, [incident] if is_open else [], {"alerts": applied})
        left = {a.id: a.state for a in alerts if a not in taking and action != "note"}
        return StepResult(incident, applied, left)

    async def merge(self, incident_id: str, other: str, user: str, note: str = "") -> Incident:
        """Put the alerts of `other` into this incident. Raises NotFound, Conflict or NotRecorded."""
        step = Step(incident_id, "merge", user, self._now(), note, {"incident": other})
        async with self._state.changing:
            self._open(incident_id), self._open(other)
            incidents, moved = self._state.fold.merge(incident_id, other, step.at)
            await self.commit(step, [(alert, None) for alert in moved], incidents, {"from": other})
        return incidents[0]

    async def split(self, incident_id: str, alerts: Sequence[str], user: str, note: str = "") -> Incident:
        """Take alerts out of the incident; returns the new one. Raises NotFound, Conflict or NotRecorded."""
        at = self._now()
        step = Step(incident_id, "split", user, at, note, {"alerts": list(alerts)})
        async with self._state.changing:
            self._open(incident_id)
            incidents, moved = self._state.fold.split(incident_id, alerts, at)
            await self.commit(step, [(alert, None) for alert in moved], incidents, {"alerts": list(alerts)})
        return incidents[1]

    async def remind(self, incident_id: str, at: datetime, user: str, note: str) -> Incident:
        """Have the desk reminded of an open incident at that time. Raises NotFound, InvalidStep or NotRecorded."""
        step = Step(incident_id, "remind", user, self._now(), note, {"at": at.isoformat()})
        check_future("at", at, step.at, self._state.fold.limits)
        async with self._state.changing:
            self._open(incident_id)
            incident = replace(self._state.incidents[incident_id], remind_at=at, remind_note=note)
            await self.commit(step, [], [self._state.fold.set(incident)], {})
        return incident

    async def commit(
        self,
        step: Step,
        changed: Sequence[tuple[Alert, Step | None]],
        incidents: Sequence[Incident],
        about: Mapping[str, Any],
        beside: Unit = nothing,
    ) -> None:
        """Write what a step changed, its audit rows, its entries of the journal and `beside`, and show it.

        The caller holds `changing`.
        """
        state = self._state
        actions = [action_of(alert, each, state.decided) for alert, each in changed if each is not None]
        data = {**step.data, **about, "incident": step.alert, "decided": state.decided}
        actions.append(Action(kind=ACTION_OF_INCIDENT_STEP[step.action], user=step.user, time=step.at, data=data))

        def unit(connection: sqlite3.Connection) -> None:
            for alert, each in changed:
                rows.put(connection, alert)
                if each is not None:
                    audit.append(connection, each)
            audit.append(connection, step)
            for incident in incidents:
                state.put_incident(connection, incident)
            beside(connection)

        try:
            await self._act(actions, unit)
        except BaseException:
            state.resync()
            raise
        state.show([alert for alert, _ in changed], incidents)

    async def _known(self, incident_id: str) -> Incident:
        found = await self.incident(incident_id)
        if found is None:
            raise NotFound(f"no incident {incident_id}")
        return found

    def _open(self, incident_id: str) -> Incident:
        if incident_id not in self._state.incidents:
            raise NotFound(f"no open incident {incident_id}")
        return self._state.incidents[incident_id]
