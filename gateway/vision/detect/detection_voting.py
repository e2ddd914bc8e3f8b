"""How several looks become one thing of a class. Sans-I/O; a Judge for `recognise.track.Tracks`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import count

from gateway.vision.detect.detector_model import Detection
from gateway.vision.recognise.geometry import overlap


@dataclass(frozen=True, slots=True)
class DetectedObject:
    """`score` is the mean of its looks. Things have no name by which they could come back."""

    name: str
    score: float
    number: int


class DetectionVoting:
    """Told once two looks agree: one alone may be a shadow."""

    ENOUGH = 2
    _SAME = 0.2
    """The overlap of a thing with itself a fifth of a second later."""
    _STEP = 1.0
    """Its own size: how far it may have gone when there is no overlap."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def worth(self, item: Detection) -> float:
        """The surest and largest."""
        return float(item.score * (item.box[2] * item.box[3]) ** 0.25)

    def same(self, looks: Sequence[Detection], item: Detection) -> bool:
        last = looks[-1]
        return item.name == last.name and (overlap(last.box, item.box) >= self._SAME or _near(last, item, self._STEP))

    def decide(self, looks: Sequence[Detection], *, over: bool) -> DetectedObject | None:  # noqa: ARG002  # one look is never enough
        if len(looks) < self.ENOUGH:
            return None
        score = sum(look.score for look in looks) / len(looks)
        return DetectedObject(looks[0].name, round(score, 3), next(self._numbers))

    def name(self, verdict: DetectedObject) -> Hashable:
        return verdict.number


def _near(last: Detection, item: Detection, step: float) -> bool:
    (x1, y1, width, height), (x2, y2, _, _) = last.box, item.box
    return abs(x1 - x2) <= step * width and abs(y1 - y2) <= step * height
