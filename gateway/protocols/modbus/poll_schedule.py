"""Whose turn it is on a line: all that answer in every cycle, and those that do not ever less often.

A dead unit costs the time it may take to answer. So at most one of them is asked in a cycle, and
each waits longer from time to time; the living are never asked less.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.backoff import ExponentialBackoff

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0


@dataclass(slots=True)
class _Turn:
    """`missed` answers in a row; one that is dead is asked again at `again`."""

    missed: int = 0
    backoff: ExponentialBackoff = field(default_factory=lambda: ExponentialBackoff(FIRST_PAUSE_S, LONGEST_PAUSE_S))
    again: float = 0.0


class PollSchedule:
    """`patience` is how many answers in a row a unit may leave out before it counts as dead."""

    def __init__(self, units: Iterable[int], patience: int) -> None:
        self._turns = {unit: _Turn() for unit in units}
        self._patience = patience

    def due(self, now: float) -> list[int]:
        """The units of this cycle in their order."""
        waiting = [unit for unit in self._turns if self.is_dead(unit) and self._turns[unit].again <= now]
        chosen = min(waiting, key=lambda unit: self._turns[unit].again, default=None)
        return [unit for unit in self._turns if not self.is_dead(unit) or unit == chosen]

    def is_dead(self, unit: int) -> bool:
        return self._turns[unit].missed >= self._patience

    @property
    def all_dead(self) -> bool:
        return all(map(self.is_dead, self._turns))

    def answered(self, unit: int) -> None:
        self._turns[unit] = _Turn()

    def missed(self, unit: int, now: float) -> bool:
        """Whether it has just become dead."""
        turn = self._turns[unit]
        turn.missed += 1
        if turn.missed >= self._patience:
            turn.again = now + turn.backoff.next_delay()
        return turn.missed == self._patience

    def refused(self, unit: int, now: float) -> bool:
        """It lives and does not do what it is asked: as good as dead, at once. Whether it just became so."""
        fresh = not self.is_dead(unit)
        self._turns[unit].missed = max(self._turns[unit].missed, self._patience - 1)
        self.missed(unit, now)
        return fresh
