"""Does what incidents' limits ask for when it comes due: escalates, ends a hold, reminds.

Each is one commit: the incident, the journal's entry, the audit step, and the messages of the step. So a restart
neither forgets nor repeats one. What can't be written stays due.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.config.desk import EscalationStep
from gateway.desk.incident_desk import IncidentDesk
from gateway.desk.limits import Limits, moved
from gateway.desk.limits.limits import IN_HAND
from gateway.desk.state import DeskState
from gateway.errors import NotRecorded
from gateway.model import Alert, AlertState, Incident, Step, Words
from gateway.store import Store

log = structlog.get_logger(__name__)
GATEWAY_USER = "anju"
"""The user of what the gateway does by itself."""
PAUSE_S, RETRY_S = 0.5, 5.0
SET_BACK = timedelta(seconds=2)
"""The clock was set back while the gateway was down, when an incident is from further in the future."""
HOLD_OVER = Words("挂起到时，重新响铃", "the hold has ended; it rings again")
SHIFT_OVER = Words("未被接班人接手，重新响铃", "not taken over at the end of the shift; it rings again")
Notify = Callable[[sqlite3.Connection, Incident, EscalationStep], None]
"""Adds the messages of a step to the outbox, in the transaction of the step."""


class IncidentClock:
    """`notify` is called for steps that tell somebody; without one they are only on record."""

    notify: Notify | None = None

    def __init__(self, incidents: IncidentDesk, state: DeskState, store: Store, now: Callable[[], datetime]) -> None:
        self._incidents = incidents
        self._state = state
        self._store = store
        self._now = now
        self._stepped = timedelta()

    async def run(self) -> None:
        """Take what comes due, until cancelled."""
        self.clock_stepped(self.set_back_while_down())
        while True:
            try:
                await self.take_due()
            except NotRecorded as error:
                log.error("an incident's limit is due and can't be recorded; it is tried again", why=str(error))
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(PAUSE_S)

    async def take_due(self) -> None:
        """Do all that is due by now. Raises NotRecorded at the first that can't be written."""
        if self._stepped:
            await self._move(self._stepped)
        limits = self._state.fold.limits
        if limits is None:
            return  # the configuration does not apply yet
        now = self._now()
        for incident in _due(self._state.incidents.values(), now):
            await self._take(incident.id, limits, now)

    def clock_stepped(self, step: timedelta) -> None:
        """Rule time has jumped by `step`. Set back, pending times move along, as rules' wake-ups do."""
        if step < timedelta():
            self._stepped += step

    async def ring_again(self, incident_id: str, why: Words, states: frozenset[AlertState] = IN_HAND) -> None:
        """Make the open alerts in these states new again. Raises NotRecorded."""
        async with self._state.changing:
            await self._ring(incident_id, why, states)

    async def _take(self, incident_id: str, limits: Limits, now: datetime) -> None:
        async with self._state.changing:
            incident = self._state.incidents.get(incident_id)
            if incident is None:
                return
            if _is_due(incident.held_until, now):
                await self._ring(incident_id, HOLD_OVER, frozenset({AlertState.ON_HOLD}))
            elif _is_due(incident.escalate_at, now):
                await self._escalate(incident, limits, now)
            elif incident.state in IN_HAND and _is_due(incident.remind_at, now):
                await self._remind(incident, limits, now)

    async def _escalate(self, incident: Incident, limits: Limits, now: datetime) -> None:
        after, taken = limits.escalated(incident, self._state.fold.open_alerts(incident.id))
        self._state.fold.set(after)
        if taken is None:
            await self._put([after])
            return
        data: dict[str, Any] = {"level": after.escalation, "zh": taken.words.zh, "en": taken.words.en}
        if taken.target is not None:
            data |= {"notifier": taken.target.notifier, "recipients": list(taken.target.recipients)}

        def tell(connection: sqlite3.Connection) -> None:
            if self.notify is not None and taken.target is not None:
                self.notify(connection, after, taken)

        step = Step(incident.id, "escalate", GATEWAY_USER, now, data=data)
        await self._incidents.commit(step, [], [after], {}, tell)
        log.warning("incident escalated", incident=incident.id, level=after.escalation, step=taken.words.en)

    async def _ring(self, incident_id: str, why: Words, states: frozenset[AlertState]) -> None:
        fold, now = self._state.fold, self._now()
        if incident_id not in fold.incidents:
            return
        ringing = [replace(a, state=AlertState.NEW) for a in fold.open_alerts(incident_id) if a.state in states]
        if not ringing:
            return
        incident = fold.incidents[incident_id]
        for alert in ringing:
            incident = fold.changed(alert, now) or incident
        step = Step(incident_id, "ring", GATEWAY_USER, now, data={"zh": why.zh, "en": why.en})
        changed: list[tuple[Alert, Step | None]] = [(alert, None) for alert in ringing]
        await self._incidents.commit(step, changed, [incident], {"alerts": [alert.id for alert in ringing]})

    async def _remind(self, incident: Incident, limits: Limits, now: datetime) -> None:
        after = self._state.fold.set(limits.reminded(incident, now))
        step = Step(incident.id, "reminder", GATEWAY_USER, now, incident.remind_note)
        await self._incidents.commit(step, [], [after], {})

    async def _move(self, step: timedelta) -> None:
        async with self._state.changing:
            self._stepped -= step
            await self._put([self._state.fold.set(moved(i, step)) for i in list(self._state.fold.incidents.values())])

    async def _put(self, incidents: list[Incident]) -> None:
        """Write what no entry of the journal is about, and show it. What can't be written is shown all the same."""
        state = self._state

        def unit(connection: sqlite3.Connection) -> None:
            for incident in incidents:
                state.put_incident(connection, incident)

        try:
            await self._store.write(unit)
        except NotRecorded as error:
            log.error("incidents' times could not be written", why=str(error))
        state.show([], incidents)

    def set_back_while_down(self) -> timedelta:
        """How far the clock must have been set back since the last event on record; 0 if it was not."""
        last = max((incident.last_at for incident in self._state.incidents.values()), default=self._now())
        step = self._now() - last
        return step if step < -SET_BACK else timedelta()


def _due(incidents: Iterable[Incident], now: datetime) -> list[Incident]:
    return [
        incident
        for incident in incidents
        if _is_due(incident.escalate_at, now)
        or _is_due(incident.held_until, now)
        or (incident.state in IN_HAND and _is_due(incident.remind_at, now))
    ]


def _is_due(time: datetime | None, now: datetime) -> bool:
    return time is not None and time <= now
