"""Voting: how several detections become one object of a class. Sans-I/O; a Voting for `RecognitionTracker`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import count

from gateway.vision.detect.detector_model import Detection
from gateway.vision.recognise.geometry import overlap


@dataclass(frozen=True, slots=True)
class DetectedObject:
    """`score` is the mean of its detections; `number` identifies it, because objects have no names."""

    name: str
    score: float
    number: int


class DetectionVoting:
    """Reported once two detections agree: a single one may be a shadow."""

    MIN_DETECTIONS = 2
    _MIN_OVERLAP = 0.2
    """Overlap of an object with itself a fifth of a second later."""
    _MAX_STEP = 1.0
    """In its own size: how far it may have moved if there is no overlap."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def quality(self, item: Detection) -> float:
        """The surest and largest."""
        return float(item.score * (item.box[2] * item.box[3]) ** 0.25)

    def matches(self, items: Sequence[Detection], item: Detection) -> bool:
        """Whether class and place agree."""
        last = items[-1]
        # a fast object doesn't overlap itself a fifth of a second later, but is within its own size
        return item.name == last.name and (
            overlap(last.box, item.box) >= self._MIN_OVERLAP or _is_near(last, item, self._MAX_STEP)
        )

    def decide(self, items: Sequence[Detection], *, final: bool) -> DetectedObject | None:  # noqa: ARG002  # one detection is never enough
        """The object after MIN_DETECTIONS; never after a single one, even at the end."""
        if len(items) < self.MIN_DETECTIONS:
            return None
        score = sum(item.score for item in items) / len(items)
        return DetectedObject(items[0].name, round(score, 3), next(self._numbers))

    def identity(self, result: DetectedObject) -> Hashable:
        """The object's number, so that each is reported."""
        return result.number


def _is_near(last: Detection, item: Detection, max_step: float) -> bool:
    (x1, y1, width, height), (x2, y2, _, _) = last.box, item.box
    return abs(x1 - x2) <= max_step * width and abs(y1 - y2) <= max_step * height
