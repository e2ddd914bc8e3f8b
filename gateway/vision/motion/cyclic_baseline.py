"""What a number usually is, by the place in a cycle, and how much it strays. Sans-I/O."""

from __future__ import annotations


class CyclicBaseline:
    """A level, a shape around it by the place in the cycle, and the spread that remains.

    Movement only ever adds bytes, so the spread is learnt below the level, where none of it is.
    """

    FAST = 0.05
    """From this pace on nothing is too far away to be taken up: somebody looked, and nothing moves."""
    _CLIP = 2.0
    _FIRST_SPREAD = 0.2
    _FIRST_VISITS, _HARDLY = 4, 0.1
    """The shape is taken from the first few visits as it is, and afterwards hardly from what is far off."""
    _SHAPE, _SPREAD = 0.06, 0.02
    """Shares of a new value that they take up, once they have seen some."""

    def __init__(self, places: int, quietest: float) -> None:
        self._level: float | None = None
        self._shape = [0.0] * places
        self._visits = [0] * places
        self._below = 0
        self._quietest = quietest
        self.spread = self._FIRST_SPREAD

    def above(self, value: float, place: int) -> float:
        """How far above the usual, in spreads."""
        if self._level is None:
            self._level = value
        return (value - self._level - self._shape[place]) / self.spread

    @property
    def level(self) -> float:
        """The usual, its place in the cycle left aside."""
        return self._level or 0.0

    def learn(self, value: float, place: int, pace: float) -> None:
        """Take up this value; `pace` is the share of it that the level takes at once."""
        assert self._level is not None, "nothing was asked yet"
        away = value - self._level - self._shape[place]
        clip = self._CLIP * self.spread
        near = min(max(away, -clip), clip)
        self._visits[place] += 1
        shaped = away if self._visits[place] <= self._FIRST_VISITS else near + self._HARDLY * (away - near)
        self._shape[place] += shaped * max(self._SHAPE, 0.5 / self._visits[place])
        self._level += (away if pace >= self.FAST else near) * min(1.0, pace)
        if away < 0:
            self._below += 1
            strays = max(min(-away, 3 * self.spread) * 1.25, self._quietest)
            self.spread += (strays - self.spread) * max(self._SPREAD, 1 / (self._below + 3))
