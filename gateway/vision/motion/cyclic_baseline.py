"""What a number usually is, by the place in a cycle, and how much it strays. Sans-I/O."""

from __future__ import annotations


class CyclicBaseline:
    """A level, a shape around it by the place in the cycle, and the spread that remains.

    Movement only ever adds bytes, so the spread is learnt below the level, where none of it is.
    """

    FAST_WEIGHT = 0.05
    """From this pace on nothing is too far away to be taken up: somebody looked, and nothing moves."""
    _CLIP_SPREADS = 2.0
    _INITIAL_SPREAD = 0.2
    _INITIAL_VISITS, _FAR_WEIGHT = 4, 0.1
    """The shape is taken from the first few visits as it is, and afterwards hardly from what is far off."""
    _SHAPE_WEIGHT, _SPREAD_WEIGHT = 0.06, 0.02
    """Shares of a new value that they take up, once they have seen some."""

    def __init__(self, positions: int, min_spread: float) -> None:
        self._level: float | None = None
        self._shape = [0.0] * positions
        self._visits = [0] * positions
        self._below_count = 0
        self._min_spread = min_spread
        self.spread = self._INITIAL_SPREAD

    def deviation(self, value: float, position: int) -> float:
        """How far above the usual, in spreads."""
        if self._level is None:
            self._level = value
        return (value - self._level - self._shape[position]) / self.spread

    @property
    def level(self) -> float:
        """The usual, its place in the cycle left aside."""
        return self._level or 0.0

    def learn(self, value: float, position: int, weight: float) -> None:
        """Take up this value; `weight` is the share of it that the level takes at once."""
        assert self._level is not None, "nothing was asked yet"
        residual = value - self._level - self._shape[position]
        clip = self._CLIP_SPREADS * self.spread
        clipped = min(max(residual, -clip), clip)
        self._visits[position] += 1
        correction = (
            residual
            if self._visits[position] <= self._INITIAL_VISITS
            else clipped + self._FAR_WEIGHT * (residual - clipped)
        )
        self._shape[position] += correction * max(self._SHAPE_WEIGHT, 0.5 / self._visits[position])
        self._level += (residual if weight >= self.FAST_WEIGHT else clipped) * min(1.0, weight)
        if residual < 0:
            self._below_count += 1
            deviation = max(min(-residual, 3 * self.spread) * 1.25, self._min_spread)
            self.spread += (deviation - self.spread) * max(self._SPREAD_WEIGHT, 1 / (self._below_count + 3))
