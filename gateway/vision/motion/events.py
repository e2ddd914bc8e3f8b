"""What the gates ask to be decoded, and the events that they report. Stdlib, no pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from gateway.model import Json
from gateway.vision.motion.blobs import RelativeBox
from gateway.vision.motion.motion_areas import MotionChange
from gateway.vision.motion.observation import Observation
from gateway.vision.motion.tamper import TamperEvent


class DecodeRequest(Enum):
    """What to decode for an access unit."""

    NONE = auto()
    KEYFRAME = auto()
    """Decode this keyframe alone."""
    ALL = auto()
    """Decode every frame since the last keyframe in the ring."""
    REWIND = auto()
    """As ALL, but begin once at the last keyframe that is not after `MotionGates.rewind_to`."""


@dataclass(frozen=True, slots=True)
class MotionEvent:
    """Becomes a signal. `kind` is one of gateway.model.KINDS; times are the stream's, in seconds."""

    kind: str
    start: float
    end: float | None = None
    box: RelativeBox | None = None
    data: Json = field(default_factory=dict)

    @classmethod
    def from_result(cls, reported: MotionChange | Observation | TamperEvent, time: float) -> MotionEvent:
        """The event for a detector's result, at the picture of `time`."""
        match reported:
            case MotionChange(area, motion):
                kind = "motion.started" if motion.end is None else "motion.ended"
                return cls(kind, motion.start, motion.end, motion.box, {"zone": area} if area else {})
            case Observation(start, box, data):
                return cls("object.seen", start, None, box, data)
            case TamperEvent(kind, data):
                return cls(kind, time, data=data)
