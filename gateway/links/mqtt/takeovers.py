"""Clients that take each other's session: two devices, or two gateways, with one name."""

from __future__ import annotations

from collections import OrderedDict, deque

IN_A_ROW, WITHIN_S = 4, 60.0
"""So many within so many seconds are a fight, and no device that came back."""
MOST = 1000


class TakeoverTracker:
    """Of the clients of an endpoint, the last ones that were taken over."""

    def __init__(self) -> None:
        self._of: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def goes_on(self, account: str, client: str, now: float) -> bool:
        """Note one; whether it is a fight."""
        times = self._of.setdefault((account, client), deque(maxlen=IN_A_ROW))
        self._of.move_to_end((account, client))
        while len(self._of) > MOST:
            self._of.popitem(last=False)
        times.append(now)
        return len(times) == IN_A_ROW and now - times[0] <= WITHIN_S
