"""What the video analytics report beside plain motion. Stdlib, no pixels."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model import Json
from gateway.vision.motion.blobs import RelativeBox


@dataclass(frozen=True, slots=True)
class Observation:
    """Becomes an object.seen signal; `data` has its `event`: crossed, lingered, blocked, cleared or thrown."""

    start: float
    box: RelativeBox
    data: Json
