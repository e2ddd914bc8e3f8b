"""What recordings are made from: the house's cameras, as this room needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from gateway.vision.view.view_client import OngoingRecording, RecordedSpan

__all__ = ["FootageSource", "OngoingRecording", "RecordedSpan"]


class FootageSource(Protocol):
    """The vision pool is one."""

    async def record(self, camera: str, raw: Path, before_s: float) -> OngoingRecording:
        """Write the camera's packets to `raw`, from so many seconds ago on. Raises LinkLost when there are none."""
        ...

    async def finish(self, raw: Path, mp4: Path) -> float:
        """Make an MP4 of `raw` that any player opens, nothing encoded anew; gives its seconds. Raises LinkLost."""
        ...
