"""What the rule remembers of each person's signs of life. Plain data, saved with the rules' checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

DAYS_KEPT = 56
BUCKETS = 8
"""Of a day: silences that begin within the same three hours are compared with each other."""


@dataclass
class DayGap:
    """The longest silence of a day that began in a bucket, in seconds. `day` is the local date's ordinal."""

    day: int
    seconds: float


@dataclass
class Water:
    """The meter's reading at the last sign of life that it gave, and its newest, in m³."""

    base: float
    newest: float
    at: datetime


@dataclass
class Watched:
    """One person's home.

    `agreed` is the journal number of the agreement; `longest_s` the time the family chose; `water_m3` what counts as
    using water. `last` and `source`: the newest sign of life. `sources`: the newest of each kind. `gaps`: by part
    of the day, see habit.py. `level`: how many steps have been taken; `raised_at`: when the first
    was. `wake`: when the rule looks again.
    """

    person: str
    longest_s: float
    water_m3: float
    agreed: int = 0
    last: datetime | None = None
    source: str = ""
    sources: dict[str, datetime] = field(default_factory=dict)
    gaps: dict[str, list[DayGap]] = field(default_factory=dict)
    water: Water | None = None
    away_until: datetime | None = None
    away_by: str = ""
    level: int = 0
    raised_at: datetime | None = None
    wake: datetime | None = None


@dataclass
class CareState:
    """Homes by place. `lost`: devices that don't answer."""

    watched: dict[str, Watched] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
