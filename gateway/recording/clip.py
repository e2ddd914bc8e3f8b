"""What is known of one recording behind one alert."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.model import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedClip:
    """`file` is the SHA-256 of the MP4, and its name on the shelf."""

    alert: str
    camera: str
    began: datetime
    ended: datetime
    file: str
    size: int
    id: str = field(default_factory=lambda: new_id("v"))
