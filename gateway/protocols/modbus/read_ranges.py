"""Finds out which address ranges of a table a unit can read in one request.

A unit that has inputs 0 to 7 and 200 to 207 rejects a request for 0 to 207 (exception 2, with some makes 3 or 4). A
rejected range is split at its widest gap between numbers that the YAML names, or in the middle if there is no gap,
until the unit answers. A single number that the unit rejects does not exist there, which is reported to the installer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.protocols.modbus.request import ReadRequest, Table

SPLIT_ON = frozenset({2, 3, 4})
"""Exception codes that may mean a bad range. Busy and unreachable are temporary; 1 means the table is unsupported."""
RETRY_S = 60.0
"""How often the whole range and missing numbers are tried again: the unit may have been repaired, or only busy."""
MAX_SPLITS_PER_POLL = 8
"""Rejected requests per poll; the rest is tried in the next poll, so that other units are not delayed."""


class ReadRanges:
    """The ranges of one table of one unit. Times are seconds of one monotonic clock."""

    def __init__(self, table: Table, numbers: Iterable[int]) -> None:
        self.table = table
        self._whole = tuple(sorted(set(numbers)))
        self._found: list[tuple[int, ...]] = []
        self._untried: list[tuple[int, ...]] = [self._whole]
        self.missing: dict[int, int] = {}
        """Numbers that the unit rejects on their own, with the exception code."""
        self._retry_at = 0.0

    @property
    def is_splitting(self) -> bool:
        """Whether some ranges have not been read yet."""
        return bool(self._untried)

    def requests(self, now: float) -> list[ReadRequest]:
        """The requests of this poll, in order; pass each outcome to `accepted` or `rejected`."""
        ranges = [*self._found, *self._untried]
        if not self._untried and self._found != [self._whole]:
            # The whole first: if the unit now answers it, the other requests are not sent.
            if now >= self._retry_at:
                self._retry_at = now + RETRY_S
                return [self._request(each) for each in (self._whole, *ranges, *self._some_missing())]
            # Nothing is readable: still send one request, so that an offline unit is noticed.
            if not ranges:
                return [self._request(self._whole)]
        return [self._request(numbers) for numbers in ranges]

    def accepted(self, request: ReadRequest) -> bool:
        """The unit answered. Returns whether the request covered the whole table."""
        numbers = self._numbers(request)
        if numbers == self._whole:
            self._found, self._untried = [numbers], []
            self.missing.clear()
            return True
        if numbers not in self._found:
            self._found.append(numbers)
            self._found.sort()
        self._untried = [each for each in self._untried if each != numbers]
        for number in numbers:
            self.missing.pop(number, None)
        return False

    def rejected(self, request: ReadRequest, code: int, now: float) -> list[ReadRequest]:
        """The unit rejected it. Returns the requests to send instead; none for a single number, which is missing."""
        numbers = self._numbers(request)
        if numbers not in self._found and numbers not in self._untried:
            return []  # a retry that failed again
        self._retry_at = now + RETRY_S
        self._found = [each for each in self._found if each != numbers]
        self._untried = [each for each in self._untried if each != numbers]
        if len(numbers) == 1:
            self.missing[numbers[0]] = code
            return []
        # A gap is where an address hole is most likely.
        at = _split_index(numbers)
        self._untried += [numbers[:at], numbers[at:]]
        return [self._request(numbers[:at]), self._request(numbers[at:])]

    def _some_missing(self) -> list[tuple[int, ...]]:
        """The first few missing numbers; if no range is readable, start over with the whole."""
        if self._found:
            return [(number,) for number in sorted(self.missing)[:MAX_SPLITS_PER_POLL]]
        self._untried = [self._whole]
        self.missing.clear()
        return []

    def _numbers(self, request: ReadRequest) -> tuple[int, ...]:
        """Those numbers in its range that the YAML names."""
        return tuple(number for number in self._whole if request.first <= number < request.first + request.count)

    def _request(self, numbers: Sequence[int]) -> ReadRequest:
        return ReadRequest(self.table, numbers[0], numbers[-1] - numbers[0] + 1)


def _split_index(numbers: Sequence[int]) -> int:
    """Where to split: at the widest gap; of equal gaps, at the one nearest to the middle."""
    middle = len(numbers) / 2
    return max(range(1, len(numbers)), key=lambda at: (numbers[at] - numbers[at - 1], -abs(at - middle)))
