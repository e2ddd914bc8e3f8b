"""A camera's main stream, received beside the sub stream while it is recorded or somebody watches it.

What becomes of it is its own matter: it is tried again when it is lost, and the sub stream is watched on.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.errors import LinkLost, LoginRefused, NotFound
from gateway.vision.sighting import MainStream, Sighting
from gateway.vision.view.broadcast import Viewer
from gateway.vision.workplace import Workplace

FIRST_WAIT, LONGEST_WAIT, SETTLED = 1.0, 30.0, 30.0
"""Seconds between two tries, and after which a stream that held is tried again at once."""
GRACE = 20.0
"""Seconds for which a recorded stream may be away before that is told. A camera that restarts loses both streams at
once, and then its own loss is told and nothing of this."""
STALE = 3.0
"""Seconds without a packet after which nothing is recorded from it; its worker speaks of it each second."""


class MainLine:
    """One camera's line to its main stream. `open` and `close` go with the sub stream's driver."""

    def __init__(self, device: str, worker: Workplace) -> None:
        self._device = device
        self._worker = worker
        self._stream: MainStream | None = None
        self._tell: Callable[[Sighting], None] = lambda _: None
        self._number: int | None = None
        self._viewers = 0
        self._wait, self._not_before = FIRST_WAIT, 0.0
        self._retry: asyncio.TimerHandle | None = None
        self._grace: asyncio.TimerHandle | None = None
        self._flows_since = self._heard_at = float("-inf")
        self._why = "it gave no picture"
        self._is_told = False

    def open(self, stream: MainStream | None, tell: Callable[[Sighting], None]) -> None:
        """`tell` is told when a stream that is recorded is away, and when it is back."""
        self._stream, self._tell = stream, tell
        if stream is not None and stream.recorded:
            self._expect()
            self._try()

    def close(self) -> None:
        for timer in (self._retry, self._grace):
            if timer is not None:
                timer.cancel()
        self._retry = self._grace = None
        self._leave()
        self._stream = None

    @contextmanager
    def view(self) -> Iterator[Viewer]:
        """Its packets as they come. Raises NotFound where the camera has none, LinkLost where it gives nothing."""
        self._viewers += 1
        try:
            with self._worker.views.show(self._connected()) as viewer:
                yield viewer
        finally:
            self._viewers -= 1
            if not self._viewers and not (self._stream and self._stream.recorded):
                self._leave()

    def recordable(self, before_s: float) -> int | None:
        """The number to record it by; None while it was not there for so many seconds, or is not to be recorded."""
        if self._number is None or self._stream is None or not self._stream.recorded:
            return None
        now = time.monotonic()
        return self._number if now - self._flows_since >= before_s and now - self._heard_at < STALE else None

    # what its worker says of it

    def heard(self) -> None:
        now = time.monotonic()
        if now - self._heard_at > STALE:
            self._flows_since = now
        self._heard_at = now
        if now - self._flows_since > SETTLED:
            self._wait = FIRST_WAIT
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None
        if self._is_told:
            self._is_told = False
            self._tell(Sighting("device.restored", time.time(), {"stream": "main"}))

    def saw(self, sighting: Sighting) -> None:
        """Nothing is looked for in it."""

    def lost(self, error: LinkLost) -> None:
        self._why = str(error)
        self._leave()
        wait = self._wait * random.uniform(0.8, 1.2)  # noqa: S311  jitter is no secret
        if isinstance(error, LoginRefused):
            wait = max(wait, LoginRefused.LEAVE_ALONE_S)
        self._wait = min(2 * self._wait, LONGEST_WAIT)
        self._not_before = time.monotonic() + wait
        if self._stream is not None and self._stream.recorded:
            self._expect()
            self._retry = asyncio.get_running_loop().call_later(wait, self._try)

    def _connected(self) -> int:
        if self._stream is None:
            raise NotFound(f"camera {self._device} has no main stream, or is not connected")
        if self._number is None:
            if time.monotonic() < self._not_before:
                raise LinkLost(self._why)
            self._number = self._worker.begin_now(self, self._stream.watch)
        return self._number

    def _try(self) -> None:
        self._not_before = 0.0
        try:
            self._connected()
        except LinkLost as error:
            self.lost(error)

    def _leave(self) -> None:
        self._flows_since = self._heard_at = float("-inf")
        if self._number is not None:
            number, self._number = self._number, None
            self._worker.end(number)

    def _expect(self) -> None:
        if self._grace is None and not self._is_told:
            self._grace = asyncio.get_running_loop().call_later(GRACE, self._miss)

    def _miss(self) -> None:
        self._grace, self._is_told = None, True
        fault = {"stream": "main", "fault": f"the main stream is away: {self._why}"}
        self._tell(Sighting("device.faulted", time.time(), fault))
