"""Baseline of a value that varies with its position in a cycle (frames after a keyframe), with its spread. Sans-I/O."""

from __future__ import annotations


class CyclicBaseline:
    """A level, an offset for each position in the cycle, and the spread that remains.

    Motion only ever adds bytes, so the spread is learned from values below the level, where motion has no influence.
    """

    FAST_WEIGHT = 0.05
    """From this weight on, outliers are learned unclipped: the pictures were analysed, and nothing moves."""
    _CLIP_SPREADS = 2.0
    _INITIAL_SPREAD = 0.2
    _INITIAL_VISITS, _FAR_WEIGHT = 4, 0.1
    """Visits of a position whose value is taken as it is; the weight of the part beyond the clip afterwards."""
    _SHAPE_WEIGHT, _SPREAD_WEIGHT = 0.06, 0.02
    """Weights of a new value for the offset and the spread, once both have settled."""

    def __init__(self, positions: int, min_spread: float) -> None:
        self._level: float | None = None
        self._shape = [0.0] * positions
        self._visits = [0] * positions
        self._below_count = 0
        self._min_spread = min_spread
        self.spread = self._INITIAL_SPREAD

    def deviation(self, value: float, position: int) -> float:
        """How far `value` lies above the baseline at this position, in spreads."""
        if self._level is None:
            self._level = value
        return (value - self._level - self._shape[position]) / self.spread

    @property
    def level(self) -> float:
        """The baseline without the offset of a position."""
        return self._level or 0.0

    def learn(self, value: float, position: int, weight: float) -> None:
        """Adapt to this value; `weight` is its share in the new level."""
        assert self._level is not None, "deviation() sets the first level"
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
            # 1.25 makes a standard deviation of a mean absolute one (√(π/2) for a normal distribution).
            deviation = max(min(-residual, 3 * self.spread) * 1.25, self._min_spread)
            self.spread += (deviation - self.spread) * max(self._SPREAD_WEIGHT, 1 / (self._below_count + 3))
