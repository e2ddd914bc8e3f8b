"""What the gates want decoded, and what they tell. Stdlib, no pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from gateway.model import Json
from gateway.vision.motion.patches import Share
from gateway.vision.motion.pixels import Told
from gateway.vision.motion.tamper import Verdict
from gateway.vision.motion.trespass import Notice


class Want(Enum):
    NOTHING = auto()
    KEY = auto()
    """Decode this keyframe alone."""
    ALL = auto()
    """Decode every frame from the last keyframe in the ring on, until told otherwise."""
    BACK = auto()
    """As ALL, but this once begin at the last keyframe that is not after `Gates.back_to`."""


@dataclass(frozen=True, slots=True)
class Event:
    """A signal in the making. `kind` is one of gateway.model.KINDS; times are the stream's."""

    kind: str
    start: float
    end: float | None = None
    box: Share | None = None
    data: Json = field(default_factory=dict)

    @classmethod
    def of(cls, told: Told | Notice | Verdict, time: float) -> Event:
        """As the room that saw it tells it, at the picture of `time`."""
        match told:
            case Told(area, motion):
                kind = "motion.started" if motion.end is None else "motion.ended"
                return cls(kind, motion.start, motion.end, motion.box, {"zone": area} if area else {})
            case Notice(start, box, data):
                return cls("object.seen", start, None, box, data)
            case Verdict(kind, data):
                return cls(kind, time, data=data)
