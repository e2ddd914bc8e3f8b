"""What a step of the escalation chain tells people outside the guard room, put into the outbox with the step itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from gateway.config.desk import EscalationStep
from gateway.desk import Desk
from gateway.desk.limits.chain import ATTENTION_RULE
from gateway.model import AlertState, Incident, Words, with_ids
from gateway.notify import Outbox
from gateway.notify.compose import incident_messages
from gateway.web import CompoundInfo

_NOT_ACKNOWLEDGED = Words("超过时限仍未接警", "Not acknowledged within its limit")
_NOBODY_THERE = Words("超过时限仍无人到场", "Nobody on the scene within its limit")
_DESK = Words("值班台需要查看", "The guard room's desk needs a look")


@dataclass(frozen=True, slots=True)
class EscalationMessages:
    """`tell` runs in the store's writer thread, in the transaction of the step."""

    outbox: Outbox
    desk: Desk
    facts: Callable[[], CompoundInfo]

    def tell(self, connection: sqlite3.Connection, incident: Incident, step: EscalationStep) -> None:
        """Put the step's message into the outbox; a step at the desks tells nobody."""
        if step.target is None:
            return
        facts, top = self.facts(), self.desk.state.alerts.get(incident.top)
        about_the_desk = top is not None and top.rule == ATTENTION_RULE
        late = _NOT_ACKNOWLEDGED if incident.state is AlertState.NEW else _NOBODY_THERE
        messages = incident_messages(
            incident,
            step=_name(incident),
            notifier=step.target.notifier,
            text=_DESK if about_the_desk else late,
            reason=with_ids(top.reason if top is not None else incident.why),
            place_name=facts.place_name,
            public_url=facts.public_url,
            recipients=step.target.recipients,
        )
        self.outbox.enqueue(connection, messages)


def _name(incident: Incident) -> str:
    """Tells this step from those of an earlier ringing of the same incident."""
    since = incident.limit_at.timestamp() if incident.limit_at else 0
    return f"{since:.3f}-{incident.escalation}"
