"""Contacts bounce (抖动): a position counts once it has lasted."""

from __future__ import annotations


class Debounce:
    """`seconds` is how long a position must have been seen without another in between; 0: at once.

    The first position ever seen counts at once: there is nothing it could bounce from.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._other_since: float | None = None
        self.position: bool | None = None

    def see(self, position: bool, now: float) -> bool:
        """Whether the lasting position is another one now."""
        if position == self.position:
            self._other_since = None
            return False
        if self._other_since is None:
            self._other_since = now
        if self.position is not None and now - self._other_since < self._seconds:
            return False
        self._other_since = None
        self.position = position
        return True

    def forget(self) -> None:
        """It can't be seen any more; what is seen next counts at once."""
        self.position = self._other_since = None
