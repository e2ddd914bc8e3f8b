"""Debouncing (去抖): a contact's position is accepted once it has lasted."""

from __future__ import annotations


class Debounce:
    """`seconds` is how long a new position must last without interruption; 0 accepts it at once.

    The first position is accepted at once: there is no earlier one that it could bounce from.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._changing_since: float | None = None
        self.position: bool | None = None

    def update(self, position: bool, now: float) -> bool:
        """Take a reading. Returns whether the accepted position has changed."""
        if position == self.position:
            self._changing_since = None
            return False
        if self._changing_since is None:
            self._changing_since = now
        if self.position is not None and now - self._changing_since < self._seconds:
            return False
        self._changing_since = None
        self.position = position
        return True

    def reset(self) -> None:
        """The contact can't be read any more; the next reading is accepted at once."""
        self.position = self._changing_since = None
