"""The ends that people name: of a hold, and of a reminder."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway.desk.incidents import IncidentFold
from gateway.desk.lifecycle import InvalidStep
from gateway.desk.limits import Limits
from gateway.model import Incident, Step, Words

_NO_TIME = Words("不是带时区的时间", "must be a time with its zone, such as 2026-11-30T22:00:00Z")
_PAST = Words("必须晚于现在", "must be later than now")
_FAR = Words("超过了允许的最长时间", "is further away than desk.yaml allows")


def hold_end(step: Step, limits: Limits | None) -> datetime | None:
    """The end that a `hold` names in `data["until"]`; None when it names none. Raises InvalidStep."""
    text = step.data.get("until") if step.action == "hold" else None
    if text is None:
        return None
    try:
        until = datetime.fromisoformat(str(text))
    except ValueError:
        raise InvalidStep("until", _NO_TIME) from None
    check_future("until", until, step.at, limits)
    return until


def after_step(fold: IncidentFold, incident: Incident, at: datetime, until: datetime | None) -> Incident:
    """The incident after a person's step: the end of a hold, and the automatic reminder anew."""
    if fold.limits is None or incident.id not in fold.incidents:
        return incident
    if until is not None and incident.held_until is not None:
        incident = replace(incident, held_until=until)
    return fold.set(fold.limits.touched(incident, at))


def check_future(field: str, time: datetime, now: datetime, limits: Limits | None) -> None:
    """Raises InvalidStep for a time that is over, or further away than `hold.longest`."""
    if time.tzinfo is None:
        raise InvalidStep(field, _NO_TIME)
    if time <= now:
        raise InvalidStep(field, _PAST)
    if limits is not None and time - now > limits.settings.hold.longest:
        raise InvalidStep(field, _FAR)
