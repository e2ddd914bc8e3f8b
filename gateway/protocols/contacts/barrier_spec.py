"""A barrier's relays, sensors and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class BarrierRelay(StrEnum):
    """Its inputs, which we drive."""

    OPEN = "open"
    CLOSE = "close"
    STOP = "stop"


class BarrierSensor(StrEnum):
    """`loop` and `edge` are active while there is an obstacle; the limit switches while the arm is at them."""

    OPENED = "opened"
    CLOSED = "closed"
    LOOP = "loop"
    EDGE = "edge"


@dataclass(frozen=True, slots=True)
class BarrierSpec:
    """`sensors` are those it has. In seconds: `pulse` is how long a relay is on, `travel` the time limit of a move."""

    id: str
    sensors: frozenset[BarrierSensor]
    stops: bool = False
    pulse: float = 1.0
    travel: float = 15.0
    data: Mapping[str, Any] = field(default_factory=dict)
