"""What the end of a shift makes of open incidents: each is taken over by name, or it rings again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.desk import rows
from gateway.desk.incident_clock import GATEWAY_USER, SHIFT_OVER
from gateway.desk.incident_desk import ACTION_OF_INCIDENT_STEP, Act
from gateway.desk.lifecycle import action_of, stepped
from gateway.desk.limits.limits import IN_HAND
from gateway.desk.state import DeskState, Unit
from gateway.model import Action, Alert, AlertState, Incident, Step
from gateway.store import audit


@dataclass(slots=True)
class _Made:
    """What the change makes, to be written in one transaction."""

    alerts: list[Alert] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)


class ShiftChange:
    """Takes incidents over and lets the others ring, together with whatever else the handover writes."""

    def __init__(self, state: DeskState, now: Callable[[], datetime], act: Act) -> None:
        self._state = state
        self._now = now
        self._act = act

    async def hand_over(
        self, taken: Collection[str], to: str, actions: Callable[[Sequence[str]], Sequence[Action]], beside: Unit
    ) -> list[str]:
        """Incidents of `taken` are assigned to `to`; the others that are in hand ring again, and their ids returned.

        `actions` makes the journal's other entries, given those ids; `beside` writes in the same transaction. Raises
        NotRecorded; nothing has changed then.
        """
        state, made, rung = self._state, _Made(), list[str]()
        async with state.changing:
            for incident in list(state.fold.incidents.values()):
                if incident.id in taken:
                    self._take(incident, to, made)
                elif self._ring(incident, made):
                    rung.append(incident.id)
            made.actions += actions(rung)
            try:
                await self._act(made.actions, lambda connection: self._write(connection, made, beside))
            except BaseException:
                state.resync()
                raise
            state.show(made.alerts, made.incidents)
        return rung

    def _take(self, incident: Incident, to: str, made: _Made) -> None:
        at, fold = self._now(), self._state.fold
        step = Step(incident.id, "assign", to, at, data={"user": to, "handover": True})
        after: Incident | None = incident
        for alert in fold.open_alerts(incident.id):
            each = replace(step, alert=alert.id, data={**step.data, "incident": incident.id})
            taken = stepped(alert, each)
            after = fold.changed(taken, at)
            made.alerts.append(taken)
            made.steps.append(each)
            made.actions.append(action_of(taken, each, self._state.decided))
        made.steps.append(step)
        made.incidents += [after] if after else []
        made.actions.append(self._action(step, [alert.id for alert in fold.open_alerts(incident.id)]))

    def _ring(self, incident: Incident, made: _Made) -> bool:
        at, fold = self._now(), self._state.fold
        alerts = [alert for alert in fold.open_alerts(incident.id) if alert.state in IN_HAND]
        if not alerts:
            return False
        step = Step(incident.id, "ring", GATEWAY_USER, at, data={"zh": SHIFT_OVER.zh, "en": SHIFT_OVER.en})
        after: Incident | None = incident
        for alert in alerts:
            ringing = replace(alert, state=AlertState.NEW)
            after = fold.changed(ringing, at)
            made.alerts.append(ringing)
        made.steps.append(step)
        made.incidents += [after] if after else []
        made.actions.append(self._action(step, [alert.id for alert in alerts]))
        return True

    def _action(self, step: Step, alerts: Sequence[str]) -> Action:
        data = {**step.data, "alerts": list(alerts), "incident": step.alert, "decided": self._state.decided}
        return Action(kind=ACTION_OF_INCIDENT_STEP[step.action], user=step.user, time=step.at, data=data)

    def _write(self, connection: sqlite3.Connection, made: _Made, beside: Unit) -> None:
        for alert in made.alerts:
            rows.put(connection, alert)
        for step in made.steps:
            audit.append(connection, step)
        for incident in made.incidents:
            self._state.put_incident(connection, incident)
        beside(connection)
