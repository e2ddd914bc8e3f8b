"""The three gates of one camera, cheapest first: sizes of packets, keyframes, pixels. Sans-I/O.

How to drive them, the package tells; `clip.Watcher` does it for one thread.
"""

from __future__ import annotations

from gateway.vision.motion.analytics import VideoAnalytics
from gateway.vision.motion.chroma import ChromaPlanes
from gateway.vision.motion.decode_policy import DecodePolicy
from gateway.vision.motion.events import DecodeRequest, MotionEvent
from gateway.vision.motion.intrusion import Observation
from gateway.vision.motion.luma import Luma
from gateway.vision.motion.pixel_gate import MotionChange, PixelGate, Sensitivity
from gateway.vision.motion.scene_layout import SceneLayout
from gateway.vision.motion.tamper import TamperDetector, TamperEvent

__all__ = ["DecodeRequest", "MotionEvent", "MotionGates"]

_ALL, _NOTHING = DecodeRequest.ALL, DecodeRequest.NOTHING


class MotionGates:
    """`follow`: every picture is wanted while something moves (recognisers, say), not only the fact that it does.

    `begin`: for so many seconds of calm every picture is looked at, at first. `glance`: seconds between two
    keyframes while sizes can't tell (noise at night, constant bit rate); 0.1 for each camera of a machine
    keeps a hundred and more of them under a tenth of a core.
    """

    LOOK_EVERY, GLANCE, BEGIN = DecodePolicy.LOOK_EVERY, DecodePolicy.GLANCE, DecodePolicy.BEGIN
    _SLACK = 1e-3

    def __init__(
        self,
        sensitivity: float = 0.5,
        layout: SceneLayout | None = None,
        *,
        follow: bool = False,
        begin: float = BEGIN,
        glance: float = GLANCE,
    ) -> None:
        layout = layout or SceneLayout()
        self._pixels = PixelGate(Sensitivity.of(sensitivity), layout)
        self._attention = DecodePolicy(self._pixels, follow=follow or layout.follows, begin=begin, glance=glance)
        self._happenings = VideoAnalytics(layout)
        self._every_frame = self._happenings.every_frame
        self._tamper = TamperDetector()
        self._asked_until = float("-inf")
        self._alone = False

    @property
    def moving(self) -> bool:
        """Whether something goes on now."""
        return self._pixels.moving

    @property
    def glance(self) -> float:
        return self._attention.glance

    @glance.setter
    def glance(self, every: float) -> None:
        self._attention.glance = every

    @property
    def back_to(self) -> float:
        """For Want.BACK: the stream's time of a keyframe on which nothing was seen."""
        return self._attention.back_to

    def packet(self, time: float, key: bool, size: int) -> DecodeRequest:
        """What to do about this access unit: its time in seconds, whether it is a keyframe, its size in bytes."""
        attention = self._attention
        attention.packet(time, key, size)
        if not key and attention.goes_back():
            return DecodeRequest.BACK
        if attention.close or self._every_frame or time < self._asked_until:
            self._alone = False
            return _ALL
        self._alone = key and attention.is_due(restless=self._tamper.doubtful and self._tamper.due(time))
        return DecodeRequest.KEY if self._alone else _NOTHING

    def due(self, time: float) -> bool:
        """Whether a picture of this time would be looked at."""
        return self._every_frame or self._look_is_due(time)

    def see(
        self, luma: Luma, time: float, *, whole: bool = True, colours: ChromaPlanes | None = None
    ) -> list[MotionEvent]:
        """One picture's brightness, rows × columns, and its other planes; what began or ended with it.

        One that is not whole says nothing about the camera: a missing slice looks as if it had been moved.
        """
        told: list[MotionChange | Observation | TamperEvent] = list(self._happenings.frame(luma, time))
        if self._look_is_due(time):
            told += self._move(luma, time, colours)
            told += self._happenings.look(luma, self._pixels.patches, time)
            if whole and self._tamper.due(time):
                told += self._tamper.see(luma, time, thread=self._pixels.threads.hang)
        return [MotionEvent.of(each, time) for each in told]

    def settle(self, time: float) -> list[MotionEvent]:
        """What was quiet for so long by now that it is over, though no picture was looked at."""
        if not self._pixels.holds:
            return []
        told = self._pixels.settle(time)
        if told:
            self._attention.over(time)
        return [MotionEvent.of(each, time) for each in told]

    def ask(self, seconds: float) -> None:
        """Pictures are wanted for so long from now, whatever moves."""
        self._asked_until = max(self._asked_until, self._attention.now + seconds)

    def finish(self) -> list[MotionEvent]:
        """The stream is over, and with it what was going on."""
        return [MotionEvent.of(each, self._attention.now) for each in self._pixels.finish()]

    def _look_is_due(self, time: float) -> bool:
        seen = self._attention.seen
        return time >= seen + PixelGate.LOOK - self._SLACK or time < seen - PixelGate.LEAP

    def _move(self, luma: Luma, time: float, colours: ChromaPlanes | None) -> list[MotionChange]:
        alone, self._alone = self._alone, False
        told = self._pixels.see(luma, time, alone=alone, colours=colours)
        self._attention.looked(time, alone=alone)
        return told
