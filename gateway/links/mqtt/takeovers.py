"""Detects two devices, or two gateways, that share a client id and take the session from each other."""

from __future__ import annotations

from collections import OrderedDict, deque

MIN_TAKEOVERS, WITHIN_S = 4, 60.0
"""So many takeovers within so many seconds are a conflict; fewer are a device that came back."""
MAX_CLIENTS = 1000


class TakeoverTracker:
    """The times of the latest takeovers, by client, of the clients that were taken over last."""

    def __init__(self) -> None:
        self._times: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def is_conflict(self, account: str, client: str, now: float) -> bool:
        """Record a takeover, and return whether there have been too many of this client."""
        times = self._times.setdefault((account, client), deque(maxlen=MIN_TAKEOVERS))
        self._times.move_to_end((account, client))
        while len(self._times) > MAX_CLIENTS:
            self._times.popitem(last=False)
        times.append(now)
        return len(times) == MIN_TAKEOVERS and now - times[0] <= WITHIN_S
