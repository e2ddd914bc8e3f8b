"""How far above the usual sizes must lie before anybody looks: as low as looking in vain allows. Sans-I/O."""

from __future__ import annotations

from math import exp


class AdaptiveThreshold:
    """Keeps what is decoded in vain to a share of the time.

    Each second decoded for nothing raises the limit, each second that passes lowers it, and they are
    even at that share: a calm stream is looked at for little, a wavering one for much.
    """

    INITIAL, MIN, MAX = 4.0, 3.0, 12.0
    """Deviations."""
    MAX_FALSE_SHARE = 0.03
    """The share of time that may be decoded in vain."""
    _STEP_PER_SECOND = 0.18
    """How much of the limit, in its logarithm, a second in vain adds."""
    _MAX_SECONDS = 2.0
    """Seconds that one look in vain counts at most: keyframes far apart make it dear, and are no other help."""
    DISTRUST_SECONDS = 600.0
    """Seconds for which sizes that missed something are not relied upon."""
    _MIN_WALKER_BYTES = 60.0
    """Bytes a frame that somebody small who walks costs, at least."""

    def __init__(self) -> None:
        self._threshold = self.INITIAL
        self._time = 0.0
        self._blind_until = float("-inf")

    def threshold(self, time: float) -> float:
        """Deviations above the usual from which to look."""
        elapsed, self._time = time - self._time, time
        if 0 < elapsed < self.DISTRUST_SECONDS:
            self._threshold = max(
                self._threshold * exp(-self._STEP_PER_SECOND * self.MAX_FALSE_SHARE * elapsed), self.MIN
            )
        return self._threshold

    def record_false_trigger(self, seconds: float) -> None:
        """So much was decoded because of the sizes, and nothing moved."""
        self._threshold = min(self._threshold * exp(self._STEP_PER_SECOND * min(seconds, self._MAX_SECONDS)), self.MAX)

    def record_miss(self, time: float) -> None:
        """Something moved, and the sizes had not said so."""
        self._blind_until = time + self.DISTRUST_SECONDS

    def missed_recently(self, time: float) -> bool:
        return time < self._blind_until

    def is_blind(self, noise_bytes: float) -> bool:
        """Whether somebody may pass unnoticed by the sizes, which stray by `noise_bytes` bytes anyway."""
        return self._threshold * noise_bytes > self._MIN_WALKER_BYTES
