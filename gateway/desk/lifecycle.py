"""The fold: an alert and one more fact make the alert anew. Pure, so that it can be replayed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.errors import Conflict, Refused
from gateway.model import Alert, AlertState, Clear, Disposition, Perform, Raise, Signal, Step, Wake, Words
from gateway.store.media import is_picture_name

QUIET = timedelta(minutes=2)
"""A situation that was over, and seen to, for this long is a new one when it comes again."""

_OPEN = frozenset(AlertState) - {AlertState.CLOSED}
_SEEN_TO = _OPEN - {AlertState.NEW}
ALLOWED: Mapping[str, tuple[frozenset[AlertState], AlertState | None]] = {
    "acknowledge": (frozenset({AlertState.NEW, AlertState.ON_HOLD}), AlertState.ACKNOWLEDGED),
    "on-scene": (frozenset({AlertState.ACKNOWLEDGED, AlertState.ON_HOLD}), AlertState.ON_SCENE),
    "hold": (frozenset({AlertState.ACKNOWLEDGED, AlertState.ON_SCENE}), AlertState.ON_HOLD),
    "close": (_SEEN_TO, AlertState.CLOSED),
    "assign": (_OPEN, None),
    "note": (frozenset(AlertState), None),
}
"""Each step: the states it may be taken in, and the state it leads to (None: it stays)."""


@dataclass(frozen=True, slots=True)
class DecisionOnEvent:
    """A rule's decision and the event it was made on."""

    rule: str
    decision: Raise | Clear | Perform
    event: Signal | Wake


def raised(decided: DecisionOnEvent, decision: Raise) -> Alert:
    time = decided.event.time
    return Alert(
        id=_alert_id(decided, decision),
        rule=decided.rule,
        key=decision.key,
        severity=decision.severity,
        state=AlertState.NEW,
        place=decision.place,
        device=decision.device or _device(decided.event),
        reason=decision.reason,
        raised_at=time,
        last_at=time,
        snapshot=_snapshot(decided.event),
    )


def _alert_id(decided: DecisionOnEvent, decision: Raise) -> str:
    """Made from what happened, so that deciding the same again names the same alert."""
    event = decided.event
    milliseconds = int(event.time.timestamp() * 1000)
    cause = event.id if isinstance(event, Signal) else event.time.isoformat()
    digest = hashlib.blake2b(f"{decided.rule}\n{decision.key}\n{cause}".encode(), digest_size=8)
    return f"a-{milliseconds:012x}{digest.hexdigest()}"


def folds_into(alert: Alert, time: datetime) -> bool:
    """Whether the same situation at `time` belongs to this alert rather than to a new one."""
    over_and_seen_to = alert.state in _SEEN_TO and alert.restored_at is not None
    long_over = abs(time - alert.last_at) > QUIET  # either way: how long, nobody knows once the clock was set back
    return alert.state in _OPEN and not (over_and_seen_to and long_over)


def repeated(alert: Alert, decided: DecisionOnEvent, decision: Raise) -> Alert:
    """The same again: it counts, it is no longer over, and it never gets less severe.

    Which is the last is the journal's order: once a clock was set back its time may be earlier.
    """
    return replace(
        alert,
        count=alert.count + 1,
        severity=max(alert.severity, decision.severity),
        reason=decision.reason,
        last_at=decided.event.time,
        restored_at=None,
        snapshot=alert.snapshot or _snapshot(decided.event),
    )


def repeated_in_memory(alert: Alert, reason: Words, time: datetime) -> Alert:
    return replace(alert, count=alert.count + 1, reason=reason, last_at=time, restored_at=None)


def cleared(alert: Alert, time: datetime) -> Alert:
    return replace(alert, restored_at=time)


def stepped(alert: Alert, step: Step) -> Alert:
    """What a person's step makes of it; Conflict when the state does not allow the step."""
    if step.action not in ALLOWED:
        raise Refused(f"no such step: {step.action}; one of {', '.join(ALLOWED)}")
    states, leads_to = ALLOWED[step.action]
    if alert.state not in states:
        raise Conflict(f"can't {step.action} an alert that is {alert.state.value.replace('_', ' ')}")
    alert = replace(alert, state=leads_to or alert.state)
    match step.action:
        case "acknowledge":
            return replace(alert, assignee=alert.assignee or step.user)
        case "assign":
            return replace(alert, assignee=_said(step.data, "user"))
        case "close":
            return replace(alert, disposition=_disposition(step.data))
        case "note" if not step.note.strip():
            raise Refused("a note needs its text")
    return alert


def _disposition(data: Mapping[str, Any]) -> Disposition:
    try:
        return Disposition(_said(data, "disposition"))
    except ValueError as error:
        raise Refused(f"{error}; one of {', '.join(Disposition)}") from error


def _said(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise Refused(f"this step needs {key!r}")
    return value


def _device(event: Signal | Wake) -> str | None:
    return event.device if isinstance(event, Signal) else None


def _snapshot(event: Signal | Wake) -> str | None:
    name = event.data.get("snapshot") if isinstance(event, Signal) else None
    return name if is_picture_name(name) else None
