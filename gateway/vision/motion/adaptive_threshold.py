"""Threshold of the size gate, adapted so that false triggers cost a fixed share of the time. Sans-I/O."""

from __future__ import annotations

from math import exp


class AdaptiveThreshold:
    """Each second decoded for nothing raises the threshold, each second that passes lowers it.

    They balance at `MAX_FALSE_SHARE`: a calm stream triggers early, an unsteady one late.
    """

    INITIAL, MIN, MAX = 4.0, 3.0, 12.0
    """In standard spreads above the baseline."""
    MAX_FALSE_SHARE = 0.03
    """Share of the time that may be decoded without finding motion."""
    _STEP_PER_SECOND = 0.18
    """Rise of the threshold's logarithm per second decoded for nothing."""
    _MAX_SECONDS = 2.0
    """Seconds that one false trigger counts at most: with keyframes far apart each is expensive, and a higher
    threshold does not make it cheaper."""
    DISTRUST_SECONDS = 600.0
    """Seconds for which packet sizes are not relied on after they have missed motion."""
    _MIN_WALKER_BYTES = 60.0
    """Bytes per frame that a small walking person costs at least."""

    def __init__(self) -> None:
        self._threshold = self.INITIAL
        self._time = 0.0
        self._blind_until = float("-inf")

    def threshold(self, time: float) -> float:
        """Current threshold in spreads; call with the stream's time, since it decays."""
        elapsed, self._time = time - self._time, time
        if 0 < elapsed < self.DISTRUST_SECONDS:
            self._threshold = max(
                self._threshold * exp(-self._STEP_PER_SECOND * self.MAX_FALSE_SHARE * elapsed), self.MIN
            )
        return self._threshold

    def record_false_trigger(self, seconds: float) -> None:
        """Raise the threshold: `seconds` were decoded because of packet sizes, and nothing moved."""
        self._threshold = min(self._threshold * exp(self._STEP_PER_SECOND * min(seconds, self._MAX_SECONDS)), self.MAX)

    def record_miss(self, time: float) -> None:
        """Record that something moved without a rise of packet sizes."""
        self._blind_until = time + self.DISTRUST_SECONDS

    def missed_recently(self, time: float) -> bool:
        """Whether packet sizes missed motion within the last DISTRUST_SECONDS."""
        return time < self._blind_until

    def is_blind(self, noise_bytes: float) -> bool:
        """Whether a walking person may go undetected by packet sizes, which vary by `noise_bytes` per frame anyway."""
        return self._threshold * noise_bytes > self._MIN_WALKER_BYTES
