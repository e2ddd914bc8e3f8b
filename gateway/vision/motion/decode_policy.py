"""How closely a camera is watched: which of its pictures are wanted, and what each look changes about that. Sans-I/O.

It begins by looking. A calm camera is left alone but for a keyframe now and then, sizes that rise or a keyframe
that shows something have it looked at, and what moves steadily is followed by keyframes alone.
"""

from __future__ import annotations

from enum import Enum, auto

from gateway.vision.motion.adaptive_threshold import AdaptiveThreshold
from gateway.vision.motion.pixel_gate import PixelGate
from gateway.vision.motion.size_gate import LearningRate, SizeGate


class DecodeState(Enum):
    IDLE = auto()
    """Nothing moves; a keyframe now and then."""
    VERIFYING = auto()
    """Something may move: the pixels decide."""
    MOVING = auto()
    """Something moves, and its pixels are watched."""
    COASTING = auto()
    """Something moves, and nobody needs its pictures: keyframes are enough to know that it goes on."""


class DecodePolicy:
    """`follow`: every picture is wanted while something moves. `initial_calm`: seconds of calm to see at first."""

    IDLE_INTERVAL, BLIND_INTERVAL = 10.0, 2.0
    """Seconds between two keyframes looked at while nothing moves: usually, and when sizes can't tell."""
    VERIFY_SHORT, VERIFY_LONG = 0.4, 1.5
    """Seconds of pictures after which the pixels have decided: when nothing stirred, and when something did."""
    INITIAL_CALM, MIN_LEARNED = 2.0, 20.0
    """Seconds of calm it has to see before it uses the sizes at all, and before it relies on them."""
    MAX_KEYFRAME_GAP = 4.5
    """Seconds that keyframes may be apart to coast on them, or to rely on them while sizes are young."""
    MIN_REWIND = 4.0
    """Seconds to go back at least, as far as keyframes go: somebody small is not always seen on the first one."""
    RECENT_MOTION = 600.0
    """Seconds for which a place where somebody moved is thought to be one where people move."""
    _TOLERANCE = 1e-3

    def __init__(self, pixels: PixelGate, *, follow: bool, initial_calm: float, blind_interval: float) -> None:
        self._pixels = pixels
        self._follow = follow
        self._initial_calm = initial_calm
        self.blind_interval = blind_interval
        self._sizes = SizeGate()
        self._threshold = AdaptiveThreshold()
        self.now = self._last = self._last_keyframe = self.analysed_at = self._entered_at = self._last_alive = (
            self._last_motion
        ) = float("-inf")
        self._keyframe_gap = float("inf")
        self._rewind = self._triggered_by_sizes = self._missed_by_sizes = False
        self.rewind_to = float("-inf")
        self._state = DecodeState.VERIFYING
        self.decode_all, self._learning = True, LearningRate.NONE
        """`decode_all`: every picture is wanted."""

    def add_packet(self, time: float, key: bool, size: int) -> None:
        """Thousands a second come here."""
        if not -1 < time - self.now < PixelGate.MAX_GAP:
            self._time_jump(time)
        self.now = max(self.now, time)
        if key:
            self._last_keyframe, self._keyframe_gap = time, (time - self._last_keyframe) or float("inf")
        if self._sizes.add_packet(time, key=key, size=size, rate=self._learning) and self._state is _IDLE:
            self._size_trigger(time)

    def take_rewind(self) -> bool:
        """Said once: what a keyframe showed is looked at from an older one, `rewind_to`."""
        rewind, self._rewind = self._rewind, False
        if rewind:
            self.analysed_at = float("-inf")
            self._pixels.rewind()
        return rewind

    def is_due(self, *, urgent: bool) -> bool:
        """The second gate: whether to look at the keyframe that came just now."""
        if urgent or self._state is DecodeState.COASTING:
            return True
        return self.now - self._last >= self._keyframe_interval() - self._TOLERANCE

    def _keyframe_interval(self) -> float:
        """Seconds between two keyframes: where somebody moved lately and sizes can't tell, none is left out."""
        distrusted = self._sizes.learned_seconds < self.MIN_LEARNED or self._threshold.is_blind(self._sizes.noise_bytes)
        if self._threshold.missed_recently(self.now) or (
            distrusted and self.now < self._last_motion + self.RECENT_MOTION
        ):
            return self.BLIND_INTERVAL
        return self.blind_interval if distrusted else max(self.IDLE_INTERVAL, self.blind_interval)

    def picture_analysed(self, time: float, *, isolated: bool) -> None:
        """The pixels have seen a picture; `isolated`: a keyframe, far from other looks."""
        self.analysed_at = time
        if isolated:
            self._on_keyframe(time)
        else:
            self._on_picture(time)
        self._last = time
        self._learning = self._learning_rate()

    def motion_ended(self, time: float) -> None:
        """What was going on was quiet for long enough."""
        if self._state is DecodeState.COASTING:
            self._set_state(DecodeState.IDLE, time)

    def _time_jump(self, time: float) -> None:
        self.now = self._last_keyframe = time
        self.analysed_at = self._last = self._last_motion = float("-inf")
        self._keyframe_gap, self._rewind = float("inf"), False
        self._set_state(DecodeState.VERIFYING, time)

    def _set_state(self, state: DecodeState, time: float) -> None:
        self._state, self._entered_at = state, time
        self.decode_all = state in _DECODING
        self._learning = self._learning_rate()

    def _learning_rate(self) -> LearningRate:
        if self._state is DecodeState.IDLE:
            return LearningRate.SLOW
        still = not (self._pixels.is_moving or self._pixels.saw_movement)
        return LearningRate.FAST if still and self.analysed_at > self._entered_at else LearningRate.NONE

    def _size_trigger(self, time: float) -> None:
        """The first gate."""
        if self._sizes.deviation > self._threshold.threshold(time):
            self._triggered_by_sizes, self._missed_by_sizes = True, False
            self._set_state(DecodeState.VERIFYING, time)

    def _on_keyframe(self, time: float) -> None:
        """What goes on, goes on or pauses; what begins is looked at from further back.

        So is what moves after a pause: it may be somebody else.
        """
        moving, coasting = self._pixels.saw_movement, self._state is DecodeState.COASTING
        if coasting and self._pixels.is_moving:
            if moving:
                self._pixels.extend(time)
                self._last_alive = time
            else:
                self._pixels.pause((self._last + time) / 2)
        elif moving:
            self._missed_by_sizes = not coasting
            self._start_rewind(
                self._last_alive if coasting else min(self._last, time - min(2 * self._keyframe_gap, self.MIN_REWIND)),
                time,
            )

    def _start_rewind(self, to: float, time: float) -> None:
        self._rewind, self.rewind_to, self._triggered_by_sizes = True, to, False
        self._set_state(DecodeState.VERIFYING, time)

    def _on_picture(self, time: float) -> None:
        """The third gate: what to make of a picture among many."""
        match self._state:
            case DecodeState.IDLE if self._pixels.saw_movement:
                self._set_state(DecodeState.VERIFYING, time)
            case DecodeState.VERIFYING if self._pixels.is_moving:
                self._last_motion, self._triggered_by_sizes = time, False
                if self._missed_by_sizes:
                    self._threshold.record_miss(time)
                self._set_state(DecodeState.MOVING, time)
            case DecodeState.VERIFYING:
                self._stop_verifying(time)
            case DecodeState.MOVING if not self._pixels.is_moving:
                self._set_state(DecodeState.IDLE if self._learned_enough() else DecodeState.VERIFYING, time)
            case DecodeState.MOVING if self._may_coast(time):
                self._last_alive = time
                self._set_state(DecodeState.COASTING, time)

    def _stop_verifying(self, time: float) -> None:
        """Nothing moves, after all, if the pixels had the time to see it."""
        duration = time - self._entered_at
        timeout = self.VERIFY_LONG if self._pixels.saw_movement or self._pixels.is_learning else self.VERIFY_SHORT
        if duration >= timeout and self._learned_enough():
            if self._triggered_by_sizes:
                self._threshold.record_false_trigger(
                    time - self._last_keyframe if time > self._last_keyframe else duration
                )
            self._set_state(DecodeState.IDLE, time)

    def _learned_enough(self) -> bool:
        """Whether calm was seen long enough; keyframes far apart are no help while sizes are young."""
        return self._sizes.learned_seconds >= (
            self._initial_calm
            if self._keyframe_gap <= self.MAX_KEYFRAME_GAP
            else max(self._initial_calm, self.MIN_LEARNED)
        )

    def _may_coast(self, time: float) -> bool:
        is_steady = self._pixels.saw_movement and time > self.now - 2 * PixelGate.INTERVAL
        return (
            is_steady
            and self._keyframe_gap <= self.MAX_KEYFRAME_GAP
            and not self._follow
            and self._sizes.learned_seconds >= self._initial_calm
        )


_IDLE = DecodeState.IDLE
_DECODING = (DecodeState.VERIFYING, DecodeState.MOVING)
