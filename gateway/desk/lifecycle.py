"""The life of an alert: what a decision or a person's step makes of it. Pure functions, so that it can be replayed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.errors import Conflict, Refused
from gateway.model import Action, Alert, AlertState, Clear, Disposition, Event, Perform, Raise, Signal, Step, Words
from gateway.store.media import is_picture_name

NEW_AFTER = timedelta(minutes=2)
"""A situation that was restored, and acknowledged, for this long is a new alert when it comes again."""

_OPEN = frozenset(AlertState) - {AlertState.CLOSED}
_IN_HAND = _OPEN - {AlertState.NEW}
ALLOWED: Mapping[str, tuple[frozenset[AlertState], AlertState | None]] = {
    "acknowledge": (frozenset({AlertState.NEW, AlertState.ON_HOLD}), AlertState.ACKNOWLEDGED),
    "on-scene": (frozenset({AlertState.ACKNOWLEDGED, AlertState.ON_HOLD}), AlertState.ON_SCENE),
    "hold": (frozenset({AlertState.ACKNOWLEDGED, AlertState.ON_SCENE}), AlertState.ON_HOLD),
    "close": (_IN_HAND, AlertState.CLOSED),
    "assign": (_OPEN, None),
    "note": (frozenset(AlertState), None),
    "answer": (frozenset(AlertState), None),
}
"""Each step: the states in which it is allowed, and the state it leads to (None: unchanged)."""
ACTION_OF_STEP = {
    "acknowledge": "alert.acknowledged",
    "on-scene": "alert.on_scene",
    "hold": "alert.held",
    "close": "alert.closed",
    "assign": "alert.assigned",
    "note": "alert.noted",
    "answer": "alert.answered",
}
"""The kind of the journal's entry for each step."""


@dataclass(frozen=True, slots=True)
class DecisionOnEvent:
    """A rule's decision and the event it was made on."""

    rule: str
    decision: Raise | Clear | Perform
    event: Event


def raised(decided: DecisionOnEvent, decision: Raise) -> Alert:
    """The new alert that a Raise makes."""
    time = decided.event.time
    return Alert(
        id=_alert_id(decided, decision),
        rule=decided.rule,
        key=decision.key,
        severity=decision.severity,
        state=AlertState.NEW,
        place=decision.place,
        device=decision.device or device_of(decided.event),
        reason=decision.reason,
        raised_at=time,
        last_at=time,
        snapshot=_snapshot(decided.event),
    )


def _alert_id(decided: DecisionOnEvent, decision: Raise) -> str:
    """Made from what happened, so that deciding the same again names the same alert."""
    event = decided.event
    milliseconds = int(event.time.timestamp() * 1000)
    # Only signals have an id that is the same when they are fed again after a crash.
    cause = event.id if isinstance(event, Signal) else event.time.isoformat()
    digest = hashlib.blake2b(f"{decided.rule}\n{decision.key}\n{cause}".encode(), digest_size=8)
    return f"a-{milliseconds:012x}{digest.hexdigest()}"


def folds_into(alert: Alert, time: datetime) -> bool:
    """Whether the same situation at `time` belongs to this alert rather than to a new one."""
    over_and_in_hand = alert.state in _IN_HAND and alert.restored_at is not None
    # abs(): after the clock was set back the time since is negative, and its true length is unknown.
    long_over = abs(time - alert.last_at) > NEW_AFTER
    return alert.state in _OPEN and not (over_and_in_hand and long_over)


def repeated(alert: Alert, decided: DecisionOnEvent, decision: Raise) -> Alert:
    """The alert after the same situation again: counted, no longer restored, never less severe.

    The journal's order says which event is the last; after a clock was set back its time may be earlier.
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
    """As `repeated`, for an alert that no rule raised."""
    return replace(alert, count=alert.count + 1, reason=reason, last_at=time, restored_at=None)


def cleared(alert: Alert, time: datetime) -> Alert:
    """The alert after a Clear: restored, and still open."""
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
        case "note" | "answer" if not step.note.strip():
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
            # A drill counts in no figure, whatever the guard takes it for.
            disposition = Disposition.DRILL if alert.drill else Disposition(step.data["disposition"])
            return replace(alert, disposition=disposition)
    return alert


def action_of(alert: Alert, step: Step, decided: int) -> Action:
    """The journal's entry for a step on an alert.

    `decided` is the number of the last decision before it, so that both can be put in order again. The note stays in
    the audit chain, for it may be about a person.
    """
    return Action(
        kind=ACTION_OF_STEP[step.action],
        user=step.user,
        time=step.at,
        alert=alert.id,
        rule=alert.rule,
        key=alert.key,
        place=alert.place,
        device=alert.device or "",
        data={**step.data, "decided": decided},
    )


def device_of(event: Event) -> str | None:
    """The device that an event is about, None for a wake-up."""
    return event.device or None if isinstance(event, (Signal, Action)) else None


def signal_behind(event: Event) -> int | None:
    """The number of the signal that an event goes back to: its own, or the one on which the wake-up was asked for."""
    if isinstance(event, Signal):
        return event.number
    return None if isinstance(event, Action) else event.because


def _snapshot(event: Event) -> str | None:
    name = event.data.get("snapshot") if isinstance(event, Signal) else None
    return name if is_picture_name(name) else None
