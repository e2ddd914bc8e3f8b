"""Where recordings come from: the cameras, as far as this package needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from gateway.vision.view.view_client import OngoingRecording, RecordedSpan

__all__ = ["FootageSource", "OngoingRecording", "RecordedSpan"]


class FootageSource(Protocol):
    """Records a camera's packets. `VisionPool` implements it."""

    async def record(self, camera: str, raw: Path, before_s: float) -> OngoingRecording:
        """Write the camera's packets to `raw`, beginning `before_s` seconds ago.

        Raises LinkLost when the camera sends none.
        """
        ...

    async def finish(self, raw: Path, mp4: Path) -> float:
        """Remux `raw` to an MP4 that any player opens, without encoding; returns its length in seconds.

        Raises LinkLost when it can't be done.
        """
        ...
