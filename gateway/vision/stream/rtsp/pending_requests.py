"""Requests that wait for their responses, and which response belongs to which request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.vision.stream.rtsp.message import RtspResponse

MAX_PENDING = 16


@dataclass(slots=True)
class PendingRequest:
    """A request without a response yet. `headers` are those beside CSeq, User-Agent, Authorization and Session."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    rejections: int = 0
    """How often it was rejected with 401."""
    keeps_alive: bool = False
    """Its response is ignored: while packets come, the session is alive."""


@dataclass(slots=True)
class PendingRequests:
    """Bounded, because a camera may never respond to keep-alives."""

    _sequence: int = 0
    _by_number: dict[int, PendingRequest] = field(default_factory=dict)

    def add(self, request: PendingRequest) -> int:
        """Gives the request's number, for its CSeq header. Drops the oldest request when there are too many."""
        if len(self._by_number) >= MAX_PENDING:
            self._by_number.pop(next(iter(self._by_number)))
        self._sequence += 1
        self._by_number[self._sequence] = request
        return self._sequence

    def match(self, response: RtspResponse) -> PendingRequest | None:
        """Take the request that this responds to; where CSeq is missing or unknown, the oldest one.

        Cameras respond in order, and not all of them return the number (FFmpeg only warns).
        """
        number = response.sequence
        if number in self._by_number:
            return self._by_number.pop(number)
        oldest = next(iter(self._by_number), None)
        is_past = number is not None and oldest is not None and 0 < number < oldest
        if oldest is None or (is_past and not _fits(response, self._by_number[oldest].method)):
            return None
        return self._by_number.pop(oldest)


def _fits(response: RtspResponse, method: str) -> bool:
    """Whether this may be the response to such a request; if not, an earlier response was repeated."""
    if response.status >= 300:
        return True
    if method == "DESCRIBE":
        return bool(response.body)
    return method != "SETUP" or "transport" in response.headers or "session" in response.headers
