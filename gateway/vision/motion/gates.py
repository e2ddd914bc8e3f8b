"""The three motion gates of one camera, cheapest first: packet sizes, keyframes, pixels. Sans-I/O.

The package's docstring says how to call them; `file_motion.FileMotionReader` does it for one thread.
"""

from __future__ import annotations

from gateway.vision.motion.analytics import VideoAnalytics
from gateway.vision.motion.chroma import ChromaPlanes
from gateway.vision.motion.decode_policy import DecodePolicy
from gateway.vision.motion.events import DecodeRequest, MotionEvent
from gateway.vision.motion.luma import Luma
from gateway.vision.motion.motion_areas import MotionChange
from gateway.vision.motion.observation import Observation
from gateway.vision.motion.pixel_gate import PixelGate
from gateway.vision.motion.scene_layout import SceneLayout
from gateway.vision.motion.sensitivity import Sensitivity
from gateway.vision.motion.tamper import TamperDetector, TamperEvent

__all__ = ["DecodeRequest", "MotionEvent", "MotionGates"]

_ALL, _NONE = DecodeRequest.ALL, DecodeRequest.NONE


class MotionGates:
    """Decides what to decode, and reports motion, tampering and zone events.

    `follow`: every picture is wanted while something moves (by recognisers), not only the fact that it moves.
    `initial_calm`: seconds of calm for which every picture is analysed at first. `blind_interval`: seconds between
    two keyframes while packet sizes are no evidence (noise at night, constant bit rate); 0.1 s per camera of a
    machine keeps more than a hundred cameras below a tenth of a core.
    """

    IDLE_INTERVAL, BLIND_INTERVAL, INITIAL_CALM = (
        DecodePolicy.IDLE_INTERVAL,
        DecodePolicy.BLIND_INTERVAL,
        DecodePolicy.INITIAL_CALM,
    )
    _TOLERANCE = 1e-3

    def __init__(
        self,
        sensitivity: float = 0.5,
        layout: SceneLayout | None = None,
        *,
        follow: bool = False,
        initial_calm: float = INITIAL_CALM,
        blind_interval: float = BLIND_INTERVAL,
    ) -> None:
        layout = layout or SceneLayout()
        self._pixels = PixelGate(Sensitivity.from_level(sensitivity), layout)
        self._policy = DecodePolicy(
            self._pixels,
            follow=follow or layout.needs_every_picture,
            initial_calm=initial_calm,
            blind_interval=blind_interval,
        )
        self._analytics = VideoAnalytics(layout)
        self._every_frame = self._analytics.every_frame
        self._tamper = TamperDetector()
        self._requested_until = float("-inf")
        self._isolated = False

    @property
    def is_moving(self) -> bool:
        """Whether a motion interval is active."""
        return self._pixels.is_moving

    @property
    def blind_interval(self) -> float:
        """Seconds between two keyframes while packet sizes are no evidence; the worker sets it by its CPU load."""
        return self._policy.blind_interval

    @blind_interval.setter
    def blind_interval(self, seconds: float) -> None:
        self._policy.blind_interval = seconds

    @property
    def rewind_to(self) -> float:
        """For DecodeRequest.REWIND: stream time of a keyframe on which nothing was seen."""
        return self._policy.rewind_to

    def add_packet(self, time: float, key: bool, size: int) -> DecodeRequest:
        """What to decode for this access unit: `time` in seconds, `key` for a keyframe, `size` in bytes."""
        policy = self._policy
        policy.add_packet(time, key, size)
        # A rewind waits for the next inter frame, because the keyframe that caused it may still be in decoding.
        if not key and policy.take_rewind():
            return DecodeRequest.REWIND
        if policy.decode_all or self._every_frame or time < self._requested_until:
            self._isolated = False
            return _ALL
        self._isolated = key and policy.is_due(urgent=self._tamper.is_doubtful and self._tamper.is_due(time))
        return DecodeRequest.KEYFRAME if self._isolated else _NONE

    def is_due(self, time: float) -> bool:
        """Whether a picture of this time would be analysed."""
        return self._every_frame or self._analysis_is_due(time)

    def update(
        self, luma: Luma, time: float, *, intact: bool = True, colours: ChromaPlanes | None = None
    ) -> list[MotionEvent]:
        """Analyse one luma plane, rows × columns, and its chroma planes; returns what began or ended with it.

        A picture that is not intact says nothing about the camera: a missing slice looks as if the camera had been
        moved.
        """
        reported: list[MotionChange | Observation | TamperEvent] = list(self._analytics.add_frame(luma, time))
        if self._analysis_is_due(time):
            reported += self._update_motion(luma, time, colours)
            reported += self._analytics.add_blobs(luma, self._pixels.blobs, time)
            if intact and self._tamper.is_due(time):
                reported += self._tamper.update(luma, time, cobweb=self._pixels.cobwebs.is_present)
        return [MotionEvent.from_result(result, time) for result in reported]

    def expire(self, time: float) -> list[MotionEvent]:
        """Motion that has been quiet for long enough to be over, although no picture was analysed."""
        if not self._pixels.areas.has_paused:
            return []
        reported = self._pixels.expire(time)
        if reported:
            self._policy.motion_ended(time)
        return [MotionEvent.from_result(result, time) for result in reported]

    def request_pictures(self, seconds: float) -> None:
        """Want every picture for so many seconds from now, whether or not something moves."""
        self._requested_until = max(self._requested_until, self._policy.now + seconds)

    def finish(self) -> list[MotionEvent]:
        """End all motion, because the stream has ended."""
        return [MotionEvent.from_result(result, self._policy.now) for result in self._pixels.finish()]

    def _analysis_is_due(self, time: float) -> bool:
        analysed_at = self._policy.analysed_at
        return time >= analysed_at + PixelGate.INTERVAL - self._TOLERANCE or time < analysed_at - PixelGate.MAX_GAP

    def _update_motion(self, luma: Luma, time: float, colours: ChromaPlanes | None) -> list[MotionChange]:
        isolated, self._isolated = self._isolated, False
        reported = self._pixels.update(luma, time, isolated=isolated, colours=colours)
        self._policy.picture_analysed(time, isolated=isolated)
        return reported
