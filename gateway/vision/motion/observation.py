"""x"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model import Json
from gateway.vision.motion.blobs import RelativeBox


@dataclass(frozen=True, slots=True)
class Observation:
    """Something an object.seen tells of; `data` has its `event`."""

    start: float
    box: RelativeBox
    data: Json
