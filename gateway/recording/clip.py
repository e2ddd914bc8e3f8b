"""The metadata of a recording of an alert."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.model import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedClip:
    """One recording of one alert. `file` is the SHA-256 of the MP4 and its name in storage, `size` is in bytes.

    Alerts that share a recording have a clip each, with the same `file`.
    """

    alert: str
    camera: str
    began: datetime
    ended: datetime
    file: str
    size: int
    id: str = field(default_factory=lambda: new_id("v"))
