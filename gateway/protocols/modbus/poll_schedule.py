"""Decides which units are polled in a cycle: online units in every one, offline units with a growing pause.

A unit that does not answer costs its response timeout. So at most one offline unit is polled in a cycle, and its
pause doubles up to 30 s; online units are never polled less often.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

FIRST_BACKOFF_S, MAX_BACKOFF_S = 1.0, 30.0


@dataclass(slots=True)
class _PollState:
    """`missed` is responses missed in a row; an offline unit is polled again at `retry_at`."""

    missed: int = 0
    backoff: float = FIRST_BACKOFF_S
    retry_at: float = 0.0


class PollSchedule:
    """A unit counts as offline after `max_missed` polls in a row without a response."""

    def __init__(self, units: Iterable[int], max_missed: int) -> None:
        self._states = {unit: _PollState() for unit in units}
        self._max_missed = max_missed

    def due(self, now: float) -> list[int]:
        """The units to poll in this cycle, in their order."""
        waiting = [unit for unit in self._states if self.is_offline(unit) and self._states[unit].retry_at <= now]
        # At most one offline unit in a cycle, the one that has waited longest.
        chosen = min(waiting, key=lambda unit: self._states[unit].retry_at, default=None)
        return [unit for unit in self._states if not self.is_offline(unit) or unit == chosen]

    def is_offline(self, unit: int) -> bool:
        """Whether it has missed `max_missed` polls in a row, or rejects its polls."""
        return self._states[unit].missed >= self._max_missed

    @property
    def all_offline(self) -> bool:
        """Whether no unit answers."""
        return all(map(self.is_offline, self._states))

    def answered(self, unit: int) -> None:
        """The unit answered: poll it in every cycle."""
        self._states[unit] = _PollState()

    def missed(self, unit: int, now: float) -> bool:
        """The unit did not answer. Returns whether it has just gone offline."""
        state = self._states[unit]
        state.missed += 1
        # Only from the second poll after it went offline.
        if state.missed > self._max_missed:
            state.backoff = min(2 * state.backoff, MAX_BACKOFF_S)
        state.retry_at = now + state.backoff
        return state.missed == self._max_missed

    def rejected(self, unit: int, now: float) -> bool:
        """The unit answered with an exception: treat it as offline at once. Returns whether that is new."""
        fresh = not self.is_offline(unit)
        # An exception response is no lost frame: polling again at once would not help.
        self._states[unit].missed = max(self._states[unit].missed, self._max_missed - 1)
        self.missed(unit, now)
        return fresh
