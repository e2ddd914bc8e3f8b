"""The fold: an alert and one more fact make the alert anew. Pure, so that it can be replayed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.errors import Conflict, Refused
from gateway.model import Alert, AlertState, Clear, Disposition, Perform, Raise, Signal, Step, Wake, Words
from gateway.store.media import is_name

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


class InvalidStep(Refused):
    """A step that lacks something it needs, whatever the alert's state. `field` names it, `reason` completes it."""

    def __init__(self, field: str, reason: Words) -> None:
        super().__init__(f"{field} {reason.en}")
        self.field = field
        self.reason = reason


def validate_step(step: Step) -> None:
    """Raises Refused for an unknown step, InvalidStep for one without the data it needs.

    The only check of what a person sends: every step passes here before `stepped`.
    """
    if step.action not in ALLOWED:
        raise Refused(f"no such step: {step.action}; one of {', '.join(ALLOWED)}")
    match step.action:
        case "assign" if not isinstance(step.data.get("user"), str) or not step.data["user"]:
            raise InvalidStep("user", Words("不能为空", "must not be empty"))
        case "close" if step.data.get("disposition") not in tuple(Disposition):
            *names, last = (f"'{each}'" for each in Disposition)
            raise InvalidStep("disposition", Words("不正确", f"Input should be {', '.join(names)} or {last}"))
        case "note" if not step.note.strip():
            raise InvalidStep("note", Words("不能为空", "must not be empty"))


def stepped(alert: Alert, step: Step) -> Alert:
    """The alert after a step that `validate_step` accepted. Raises Conflict when the state does not allow the step."""
    states, leads_to = ALLOWED[step.action]
    if alert.state not in states:
        raise Conflict(f"can't {step.action} an alert that is {alert.state.value.replace('_', ' ')}")
    alert = replace(alert, state=leads_to or alert.state)
    match step.action:
        case "acknowledge":
            return replace(alert, assignee=alert.assignee or step.user)
        case "assign":
            return replace(alert, assignee=step.data["user"])
        case "close":
            return replace(alert, disposition=Disposition(step.data["disposition"]))
    return alert


def _device(event: Signal | Wake) -> str | None:
    return event.device if isinstance(event, Signal) else None


def _snapshot(event: Signal | Wake) -> str | None:
    name = event.data.get("snapshot") if isinstance(event, Signal) else None
    return name if is_name(name) else None
