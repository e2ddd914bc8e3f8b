"""Which procedure applies to an incident: by its alerts, the most severe first. Pure, so that it can be replayed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from gateway.config.desk import Procedure
from gateway.model import Json, Severity

LIFE = ("fire.alarm", "duress.entered", "gas.alarm", "panic.pressed", "medical.alarm")
"""Of alerts that are equally severe those come first where lives are in danger, in this order."""


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What decides of one alert; `data` is that of the signal behind it."""

    kind: str
    rule: str
    place: str
    severity: Severity
    raised_at: datetime
    data: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applicable:
    """A procedure that applies, and since when: the first alert that it applies to."""

    procedure: Procedure
    since: datetime


def applicable(procedures: Sequence[Procedure], alerts: Sequence[AlertFacts], zone: tzinfo) -> list[Applicable]:
    """All that apply to any of the alerts, the best first.

    The most severe alert decides, then danger to life, then the procedure with more conditions (data, places, hours,
    rules), then the order of the list.
    """
    found: list[tuple[tuple[int, int, int, int], Applicable]] = []
    for position, procedure in enumerate(procedures):
        fitting = [alert for alert in alerts if applies(procedure, alert, zone)]
        if fitting:
            severity, life = min((-alert.severity, _danger(alert.kind)) for alert in fitting)
            rank = (severity, life, -_narrowness(procedure), position)
            found.append((rank, Applicable(procedure, min(alert.raised_at for alert in fitting))))
    return [each for _, each in sorted(found, key=lambda pair: pair[0])]


def applies(procedure: Procedure, alert: AlertFacts, zone: tzinfo) -> bool:
    """Whether it is for alerts of this kind or rule, at this place and hour."""
    if not _of_kind(procedure, alert) and alert.rule not in procedure.rules:
        return False
    if procedure.places and not any(_below(alert.place, place) for place in procedure.places):
        return False
    return procedure.hours is None or procedure.hours.covers(alert.raised_at.astimezone(zone).time())


def kinds_with_data(procedures: Iterable[Procedure]) -> frozenset[str]:
    """The kinds for which the data of a signal matters."""
    return frozenset(each.kind for procedure in procedures for each in procedure.kinds if each.data)


def _of_kind(procedure: Procedure, alert: AlertFacts) -> bool:
    return any(
        each.kind == alert.kind and all(_has(alert.data.get(key), wanted) for key, wanted in each.data.items())
        for each in procedure.kinds
    )


def _has(value: object, wanted: object) -> bool:
    return value in wanted if isinstance(wanted, tuple) else value == wanted


def _below(place: str, above: str) -> bool:
    return place == above or place.startswith(f"{above}/")


def _danger(kind: str) -> int:
    return LIFE.index(kind) if kind in LIFE else len(LIFE)


def _narrowness(procedure: Procedure) -> int:
    narrowed = (procedure.places, procedure.hours, procedure.rules, any(each.data for each in procedure.kinds))
    return sum(bool(each) for each in narrowed)
