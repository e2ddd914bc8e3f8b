"""Which ranges of a table a unit answers: all of it at once, or, where it has holes, in pieces.

A unit that has inputs 0 to 7 and 200 to 207 refuses a request for 0 to 207 (exception 2, of some makes 3 or 4). What
is refused is cut at its widest gap between numbers that the YAML names, and where there is none, into halves, until
the unit answers; a single number that it refuses does not exist there, which the installer is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.protocols.modbus.request import Read, Table

CUT_ON = frozenset({2, 3, 4})
"""Exceptions that may be about the range. Busy and no way to it are about the moment, and 1 about the table."""
TRY_AGAIN_S = 60.0
"""How often the whole is tried again, and what was missing: a unit may have been mended, or refused for the moment."""
CUTS_A_LOOK = 8
"""So many requests of a look may be refused; the rest is found in the next, so that no other unit waits for long."""


class Pieces:
    """Of one table of one unit. Times are seconds of one monotonic clock."""

    def __init__(self, table: Table, numbers: Iterable[int]) -> None:
        self.table = table
        self._whole = tuple(sorted(set(numbers)))
        self._found: list[tuple[int, ...]] = []
        self._open: list[tuple[int, ...]] = [self._whole]
        self.missing: dict[int, int] = {}
        """Numbers that the unit refuses by themselves, and with which exception."""
        self._again_at = 0.0

    @property
    def is_cutting(self) -> bool:
        """Whether it is not known yet what of it can be read."""
        return bool(self._open)

    def due(self, now: float) -> list[Read]:
        """What is to be asked in this look, in order; each outcome is to be given to `answered` or `refused`."""
        asked = [*self._found, *self._open]
        if not self._open and self._found != [self._whole]:
            if now >= self._again_at:
                self._again_at = now + TRY_AGAIN_S
                return [self._read(each) for each in (self._whole, *asked, *self._some_missing())]
            if not asked:
                return [self._read(self._whole)]
        return [self._read(numbers) for numbers in asked]

    def answered(self, read: Read) -> bool:
        """Whether that was all of it."""
        numbers = self._numbers(read)
        if numbers == self._whole:
            self._found, self._open = [numbers], []
            self.missing.clear()
            return True
        if numbers not in self._found:
            self._found.append(numbers)
            self._found.sort()
        self._open = [each for each in self._open if each != numbers]
        for number in numbers:
            self.missing.pop(number, None)
        return False

    def refused(self, read: Read, code: int, now: float) -> list[Read]:
        """What is to be asked instead; a number that is refused by itself is missing."""
        numbers = self._numbers(read)
        if numbers not in self._found and numbers not in self._open:
            return []  # it was tried again, in vain
        self._again_at = now + TRY_AGAIN_S
        self._found = [each for each in self._found if each != numbers]
        self._open = [each for each in self._open if each != numbers]
        if len(numbers) == 1:
            self.missing[numbers[0]] = code
            return []
        at = _cut(numbers)
        self._open += [numbers[:at], numbers[at:]]
        return [self._read(numbers[:at]), self._read(numbers[at:])]

    def _some_missing(self) -> list[tuple[int, ...]]:
        """The first few, or where nothing answers the whole is cut anew."""
        if self._found:
            return [(number,) for number in sorted(self.missing)[:CUTS_A_LOOK]]
        self._open = [self._whole]
        self.missing.clear()
        return []

    def _numbers(self, read: Read) -> tuple[int, ...]:
        """Of this range those that the YAML names."""
        return tuple(number for number in self._whole if read.first <= number < read.first + read.count)

    def _read(self, numbers: Sequence[int]) -> Read:
        return Read(self.table, numbers[0], numbers[-1] - numbers[0] + 1)


def _cut(numbers: Sequence[int]) -> int:
    """Where to cut: at the widest gap, the one nearest to the middle of equal ones."""
    middle = len(numbers) / 2
    return max(range(1, len(numbers)), key=lambda at: (numbers[at] - numbers[at - 1], -abs(at - middle)))
