"""Decides which pictures of a camera are decoded, by a state machine over packet sizes and analysed pictures. Sans-I/O.

It starts by decoding everything. A calm camera gets a keyframe now and then. Rising packet sizes, or a keyframe that
shows movement, make it decode every picture again; steady movement is followed by keyframes alone.
"""

from __future__ import annotations

from enum import Enum, auto

from gateway.vision.motion.adaptive_threshold import AdaptiveThreshold
from gateway.vision.motion.pixel_gate import PixelGate
from gateway.vision.motion.size_gate import LearningRate, SizeGate


class DecodeState(Enum):
    """What the policy believes about the camera, which decides how much is decoded."""

    IDLE = auto()
    """Nothing moves: only a keyframe now and then is decoded."""
    VERIFYING = auto()
    """Something may move: every picture is decoded until the pixel gate has decided."""
    MOVING = auto()
    """Something moves, and every picture is decoded."""
    COASTING = auto()
    """Something moves, but nobody needs its pictures: keyframes suffice to know that it continues."""


class DecodePolicy:
    """State machine of one camera.

    `follow`: decode every picture while something moves. `initial_calm`: seconds of calm to analyse before the first
    idle state. `blind_interval`: seconds between two keyframes while packet sizes are no evidence of motion.
    """

    IDLE_INTERVAL, BLIND_INTERVAL = 10.0, 2.0
    """Seconds between two analysed keyframes while nothing moves: usually, and while packet sizes are no evidence."""
    VERIFY_SHORT, VERIFY_LONG = 0.4, 1.5
    """Seconds of pictures after which verification ends without motion: if nothing changed, and if something did."""
    INITIAL_CALM, MIN_LEARNED = 2.0, 20.0
    """Seconds of calm to learn from before packet sizes are used at all, and before they are relied on."""
    MAX_KEYFRAME_GAP = 4.5
    """Largest distance of keyframes, in seconds, for coasting on them or for relying on young size statistics."""
    MIN_REWIND = 4.0
    """Seconds to go back at least, where keyframes allow: the first keyframe may not show somebody small."""
    RECENT_MOTION = 600.0
    """Seconds after the last motion for which more motion is expected at this camera."""
    _TOLERANCE = 1e-3

    def __init__(self, pixels: PixelGate, *, follow: bool, initial_calm: float, blind_interval: float) -> None:
        self._pixels = pixels
        self._follow = follow
        self._initial_calm = initial_calm
        self.blind_interval = blind_interval
        self._sizes = SizeGate()
        self._threshold = AdaptiveThreshold()
        self.now = self.analysed_at = self.rewind_to = float("-inf")
        self._last = self._last_keyframe = self._entered_at = self._last_alive = self._last_motion = float("-inf")
        self._keyframe_gap = float("inf")
        self._rewind = self._triggered_by_sizes = self._missed_by_sizes = False
        self._state = DecodeState.VERIFYING
        self.decode_all, self._learning = True, LearningRate.NONE
        """`decode_all`: every picture is wanted."""

    def add_packet(self, time: float, key: bool, size: int) -> None:
        """Feed one access unit: time in seconds, size in bytes. Called thousands of times a second over all cameras."""
        # With B frames times run up to a frame or two backwards; a larger jump is a reconnect or a new file.
        if not -1 < time - self.now < PixelGate.MAX_GAP:
            self._time_jump(time)
        self.now = max(self.now, time)
        if key:
            self._last_keyframe, self._keyframe_gap = time, (time - self._last_keyframe) or float("inf")
        if self._sizes.add_packet(time, key=key, size=size, rate=self._learning) and self._state is _IDLE:
            self._size_trigger(time)

    def take_rewind(self) -> bool:
        """Whether to begin anew at a keyframe not after `rewind_to`; True once per rewind."""
        rewind, self._rewind = self._rewind, False
        if rewind:
            # Pictures older than the last one analysed are ignored, so forget that time to have them analysed again.
            self.analysed_at = float("-inf")
            self._pixels.rewind()
        return rewind

    def is_due(self, *, urgent: bool) -> bool:
        """The second gate: whether to analyse the keyframe that has just arrived."""
        if urgent or self._state is DecodeState.COASTING:
            return True
        return self.now - self._last >= self._keyframe_interval() - self._TOLERANCE

    def _keyframe_interval(self) -> float:
        """Seconds between two analysed keyframes; short where somebody moved recently and sizes are no evidence."""
        distrusted = self._sizes.learned_seconds < self.MIN_LEARNED or self._threshold.is_blind(self._sizes.noise_bytes)
        moved_recently = self.now < self._last_motion + self.RECENT_MOTION
        if self._threshold.missed_recently(self.now) or (distrusted and moved_recently):
            return self.BLIND_INTERVAL
        return self.blind_interval if distrusted else max(self.IDLE_INTERVAL, self.blind_interval)

    def picture_analysed(self, time: float, *, isolated: bool) -> None:
        """Record that the pixel gate has seen a picture; `isolated`: a single keyframe, far from other pictures."""
        self.analysed_at = time
        if isolated:
            self._on_keyframe(time)
        else:
            self._on_picture(time)
        self._last = time
        self._learning = self._learning_rate()

    def motion_ended(self, time: float) -> None:
        """Record that all motion has been quiet for long enough to be over."""
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
        """How fast the size baseline may adapt: not at all while something moves."""
        if self._state is DecodeState.IDLE:
            return LearningRate.SLOW
        still = not (self._pixels.is_moving or self._pixels.saw_movement)
        return LearningRate.FAST if still and self.analysed_at > self._entered_at else LearningRate.NONE

    def _size_trigger(self, time: float) -> None:
        """The first gate: unusually large packets start a verification."""
        if self._sizes.deviation > self._threshold.threshold(time):
            self._triggered_by_sizes, self._missed_by_sizes = True, False
            self._set_state(DecodeState.VERIFYING, time)

    def _on_keyframe(self, time: float) -> None:
        """React to an isolated keyframe: extend or pause the motion that is coasted, or rewind if motion begins.

        Movement after a pause rewinds too: it may be somebody else.
        """
        moving, coasting = self._pixels.saw_movement, self._state is DecodeState.COASTING
        if coasting and self._pixels.is_moving:
            if moving:
                self._pixels.extend(time)
                self._last_alive = time
            else:
                # When it stopped between the two keyframes is unknown; the middle is off by half the gap at most.
                self._pixels.pause((self._last + time) / 2)
        elif moving:
            self._missed_by_sizes = not coasting
            before = min(self._last, time - min(2 * self._keyframe_gap, self.MIN_REWIND))
            self._start_rewind(self._last_alive if coasting else before, time)

    def _start_rewind(self, to: float, time: float) -> None:
        self._rewind, self.rewind_to, self._triggered_by_sizes = True, to, False
        self._set_state(DecodeState.VERIFYING, time)

    def _on_picture(self, time: float) -> None:
        """The third gate: change the state by what a picture of a continuous run shows."""
        match self._state:
            case DecodeState.IDLE if self._pixels.saw_movement:
                self._set_state(DecodeState.VERIFYING, time)
            case DecodeState.VERIFYING if self._pixels.is_moving:
                self._last_motion, self._triggered_by_sizes = time, False
                # A keyframe found what the packet sizes had missed, so they are not relied on for a while.
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
        """Go back to idle once the pixel gate has had enough time to see motion and saw none."""
        duration = time - self._entered_at
        timeout = self.VERIFY_LONG if self._pixels.saw_movement or self._pixels.is_learning else self.VERIFY_SHORT
        if duration >= timeout and self._learned_enough():
            if self._triggered_by_sizes:
                # Decoding began at the last keyframe, so the wasted time counts from there.
                wasted = time - self._last_keyframe if time > self._last_keyframe else duration
                self._threshold.record_false_trigger(wasted)
            self._set_state(DecodeState.IDLE, time)

    def _learned_enough(self) -> bool:
        """Whether enough calm has been seen to go idle; if keyframes are far apart, sizes must be reliable first."""
        is_sparse = self._keyframe_gap > self.MAX_KEYFRAME_GAP
        needed = max(self._initial_calm, self.MIN_LEARNED) if is_sparse else self._initial_calm
        return self._sizes.learned_seconds >= needed

    def _may_coast(self, time: float) -> bool:
        # A picture much older than the newest packet is one of a rewind, and shows what is past.
        is_steady = self._pixels.saw_movement and time > self.now - 2 * PixelGate.INTERVAL
        has_keyframes = self._keyframe_gap <= self.MAX_KEYFRAME_GAP
        return is_steady and has_keyframes and not self._follow and self._sizes.learned_seconds >= self._initial_calm


_IDLE = DecodeState.IDLE
_DECODING = (DecodeState.VERIFYING, DecodeState.MOVING)
