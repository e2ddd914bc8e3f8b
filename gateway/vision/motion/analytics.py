"""Video analytics beside plain motion, as one camera's layout asks for them. Sans-I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.vision.motion.blobs import Blob
from gateway.vision.motion.blocked_zone import BlockedZoneDetector
from gateway.vision.motion.falling_object import FallingObjectDetector
from gateway.vision.motion.intrusion import IntrusionDetector
from gateway.vision.motion.luma import Luma
from gateway.vision.motion.observation import Observation
from gateway.vision.motion.scene_layout import SceneLayout


class VideoAnalytics:
    """Line crossing, loitering, blocked zones and falling objects."""

    BLOCKED_INTERVAL = 2.0
    """Seconds between two frames analysed for blocked zones."""

    def __init__(self, layout: SceneLayout) -> None:
        self._intrusion = IntrusionDetector(layout)
        self._blocked = [BlockedZoneDetector(zone) for zone in layout.zones if zone.blocked_after is not None]
        self._falling = FallingObjectDetector(layout.masks) if layout.thrown_objects else None
        self._blocked_due = float("-inf")

    @property
    def every_frame(self) -> bool:
        """Whether every frame is always needed, for falling objects."""
        return self._falling is not None

    def add_frame(self, luma: Luma, time: float) -> Iterator[Observation]:
        """Feed every decoded frame."""
        if self._falling is not None:
            yield from self._falling.update(luma, time)

    def add_blobs(self, luma: Luma, blobs: Sequence[Blob], time: float) -> Iterator[Observation]:
        """Feed every frame analysed by the pixel gate, and its blobs."""
        yield from self._intrusion.update(blobs, time)
        # A time before the last frame's is a jump of the stream and due at once.
        if self._blocked and not 0 <= self._blocked_due - time <= self.BLOCKED_INTERVAL:
            self._blocked_due = time + self.BLOCKED_INTERVAL
            for detector in self._blocked:
                yield from detector.update(luma, time)
