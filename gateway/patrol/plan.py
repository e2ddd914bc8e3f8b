"""One round that is asked for at one time. It travels as the data of the signal `patrol.opened`.

The signal holds all that is needed to judge the round, so that a changed desk.yaml changes nothing about rounds that
have begun, and a replay of the journal judges as the gateway did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.model import Json, Severity, Words


@dataclass(frozen=True, slots=True)
class PlannedCheckpoint:
    """A checkpoint of a round."""

    id: str
    name: Words
    place: str


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """`due` is when it is to begin, `tolerance` how much earlier or later it may.

    `shortest` and `longest` are between two checkpoints; `late`: how old a scan that a phone kept may be.
    """

    round: str
    name: Words
    due: datetime
    tolerance: timedelta
    shortest: timedelta
    longest: timedelta
    late: timedelta
    in_order: bool
    who: tuple[str, ...]
    severity: Severity
    checkpoints: tuple[PlannedCheckpoint, ...]
    key: str = field(default="", compare=False)

    @property
    def opens(self) -> datetime:
        """From when on scans count."""
        return self.due - self.tolerance

    @property
    def begins_by(self) -> datetime:
        """The latest time of the first scan."""
        return self.due + self.tolerance

    @property
    def closes(self) -> datetime:
        """Until when scans count: with all the time between checkpoints that there may be."""
        return self.begins_by + self.longest * (len(self.checkpoints) - 1)

    def data(self) -> Json:
        """As the signal's data."""
        return {
            "key": self.key,
            "round": self.round,
            "name": both(self.name),
            "due": self.due.isoformat(),
            "seconds": {
                name: getattr(self, name).total_seconds() for name in ("tolerance", "shortest", "longest", "late")
            },
            "in_order": self.in_order,
            "who": list(self.who),
            "severity": self.severity.word,
            "checkpoints": [{"id": one.id, "name": both(one.name), "place": one.place} for one in self.checkpoints],
        }


def plan_of(data: Mapping[str, Any]) -> RoundPlan:
    """The plan in a signal's data. Raises KeyError, ValueError or TypeError for data that holds none."""
    seconds = {name: timedelta(seconds=value) for name, value in data["seconds"].items()}
    checkpoints = tuple(
        PlannedCheckpoint(str(one["id"]), words_of(one["name"]), str(one["place"])) for one in data["checkpoints"]
    )
    if not checkpoints:
        raise ValueError("a round without checkpoints")
    return RoundPlan(
        round=str(data["round"]),
        name=words_of(data["name"]),
        due=datetime.fromisoformat(data["due"]),
        in_order=bool(data["in_order"]),
        who=tuple(map(str, data["who"])),
        severity=Severity.of(data["severity"]),
        checkpoints=checkpoints,
        key=str(data["key"]),
        **seconds,
    )


def both(words: Words) -> dict[str, str]:
    """The words as JSON."""
    return {"zh": words.zh, "en": words.en}


def words_of(data: Mapping[str, Any]) -> Words:
    """What `both` wrote."""
    return Words(str(data["zh"]), str(data["en"]))
