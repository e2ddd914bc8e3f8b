"""How far above the usual sizes must lie before anybody looks: learnt from having looked. Sans-I/O."""

from __future__ import annotations


class Trust:
    """In vain raises the limit by a quarter, an event that the sizes missed lowers it; quiet hours bring it back."""

    USUAL, KEENEST, DULLEST = 4.5, 2.5, 14.0
    """Deviations."""
    _RAISE, _LOWER = 1.25, 0.75
    _FORGETS = 600.0
    """Seconds in which two thirds of what was learnt are forgotten."""

    def __init__(self, *, keen: bool = False) -> None:
        self._usual = self.KEENEST if keen else self.USUAL
        self._limit = self._usual
        self._time = 0.0

    def limit(self, time: float) -> float:
        """Deviations above the usual from which to look."""
        passed, self._time = time - self._time, time
        if 0 < passed < self._FORGETS:
            self._limit += (self._usual - self._limit) * passed / self._FORGETS
        return self._limit

    def wrong(self, time: float) -> None:
        """They were followed, and nothing moved."""
        self._limit = min(self.limit(time) * self._RAISE, self.DULLEST)

    def right(self, time: float, *, surprised: bool) -> None:
        """Something moved; `surprised` when the sizes had not said so."""
        if surprised:
            self._limit = max(self.limit(time) * self._LOWER, self.KEENEST)
