"""How far above the usual sizes must lie before anybody looks: as low as looking in vain allows. Sans-I/O."""

from __future__ import annotations

from math import exp


class AdaptiveThreshold:
    """Keeps what is decoded in vain to a share of the time.

    Each second decoded for nothing raises the limit, each second that passes lowers it, and they are
    even at that share: a calm stream is looked at for little, a wavering one for much.
    """

    FIRST, KEENEST, DULLEST = 4.0, 3.0, 12.0
    """Deviations."""
    VAIN = 0.03
    """The share of time that may be decoded in vain."""
    _STEP = 0.18
    """How much of the limit, in its logarithm, a second in vain adds."""
    _MOST = 2.0
    """Seconds that one look in vain counts at most: keyframes far apart make it dear, and are no other help."""
    BLIND = 600.0
    """Seconds for which sizes that missed something are not relied upon."""
    _WALKER = 60.0
    """Bytes a frame that somebody small who walks costs, at least."""

    def __init__(self) -> None:
        self._limit = self.FIRST
        self._time = 0.0
        self._blind_until = float("-inf")

    def limit(self, time: float) -> float:
        """Deviations above the usual from which to look."""
        passed, self._time = time - self._time, time
        if 0 < passed < self.BLIND:
            self._limit = max(self._limit * exp(-self._STEP * self.VAIN * passed), self.KEENEST)
        return self._limit

    def vain(self, seconds: float) -> None:
        """So much was decoded because of the sizes, and nothing moved."""
        self._limit = min(self._limit * exp(self._STEP * min(seconds, self._MOST)), self.DULLEST)

    def missed(self, time: float) -> None:
        """Something moved, and the sizes had not said so."""
        self._blind_until = time + self.BLIND

    def missed_lately(self, time: float) -> bool:
        return time < self._blind_until

    def blind(self, grain: float) -> bool:
        """Whether somebody may pass unnoticed by the sizes, which stray by `grain` bytes anyway."""
        return self._limit * grain > self._WALKER
