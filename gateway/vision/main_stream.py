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
from gateway.model import Said, Words, as_data
from gateway.vision.sighting import MainStreamConfig, Sighting
from gateway.vision.view.broadcast import LiveViewer
from gateway.vision.worker_interface import VisionWorker

MIN_RETRY_DELAY, MAX_RETRY_DELAY, STABLE_AFTER = 1.0, 30.0, 30.0
"""Seconds between two tries, and after which a stream that held is tried again at once."""
FAULT_DELAY = 20.0
"""Seconds for which a recorded stream may be away before that is told. A camera that restarts loses both streams at
once, and then its own loss is told and nothing of this."""
STALE_AFTER = 6.0
"""Seconds without a word that packets come after which nothing is recorded from it; a quiet machine has one every
second or two (`eye.PULSE`)."""
LINGER = 2.0
"""Seconds for which it is received on when nobody watches any more: who comes back finds it there, and of one that was
lost it is heard how."""


class MainStreamConnection:
    """One camera's line to its main stream. `open` and `close` go with the sub stream's driver."""

    def __init__(self, device: str, worker: VisionWorker) -> None:
        self._device = device
        self._worker = worker
        self._stream: MainStreamConfig | None = None
        self._last: MainStreamConfig | None = None
        """What it was, while it is closed: where the login was refused, that stands until the YAML is changed."""
        self._tell: Callable[[Sighting], None] = lambda _: None
        self._number: int | None = None
        self._viewers = 0
        self._wait, self._not_before = MIN_RETRY_DELAY, 0.0
        self._timers: dict[Callable[[], None], asyncio.TimerHandle] = {}
        self._flows_since = self._heard_at = float("-inf")
        self._why: Said = Words("没有画面", "it gave no picture")
        self._is_told = False

    def open(self, stream: MainStreamConfig | None, tell: Callable[[Sighting], None]) -> None:
        """`tell` is told when a stream that is recorded is away, and when it is back."""
        if stream != self._last:
            self._wait, self._not_before = MIN_RETRY_DELAY, 0.0
        self._stream = self._last = stream
        self._tell = tell
        if self._is_recorded:
            self._expect()
            self._after(max(0.0, self._not_before - time.monotonic()), self._try)

    def close(self) -> None:
        for what in list(self._timers):
            self._forget(what)
        self._leave()
        self._stream = None

    @contextmanager
    def view(self) -> Iterator[LiveViewer]:
        """Its packets as they come. Raises NotFound where the camera has none, LinkLost where it gives nothing."""
        self._viewers += 1
        try:
            with self._worker.views.show(self._connected()) as viewer:
                yield viewer
        finally:
            self._viewers -= 1
            self._after(LINGER, self._leave_unless_wanted)

    def recordable_stream(self, before_s: float) -> int | None:
        """The number to record it by; None while it was not there for so many seconds, or is not to be recorded."""
        if self._number is None or not self._is_recorded:
            return None
        now = time.monotonic()
        return self._number if now - self._flows_since >= before_s and now - self._heard_at < STALE_AFTER else None

    # what its worker says of it

    def heard(self) -> None:
        now = time.monotonic()
        if now - self._heard_at > STALE_AFTER:
            self._flows_since = now
        self._heard_at = now
        if now - self._flows_since > STABLE_AFTER:
            self._wait = MIN_RETRY_DELAY
        self._forget(self._miss)
        if self._is_told:
            self._is_told = False
            self._tell(Sighting("device.restored", time.time(), {"stream": "main"}))

    def saw(self, sighting: Sighting) -> None:
        """Nothing is looked for in it."""

    def lost(self, error: LinkLost) -> None:
        self._why = error.why
        self._leave()
        wait = self._wait * random.uniform(0.8, 1.2)  # noqa: S311  jitter is no secret
        if isinstance(error, LoginRefused):
            wait = max(wait, LoginRefused.LEAVE_ALONE_S)
        self._wait = min(2 * self._wait, MAX_RETRY_DELAY)
        self._not_before = time.monotonic() + wait
        if self._is_recorded:
            self._expect()
            self._after(wait, self._try)

    @property
    def _is_recorded(self) -> bool:
        return self._stream is not None and self._stream.recorded

    def _connected(self) -> int:
        if self._stream is None:
            raise NotFound(f"camera {self._device} has no main stream, or is not connected")
        if self._number is None:
            if time.monotonic() < self._not_before:
                raise LinkLost(self._why)
            self._number = self._worker.add_stream_now(self, self._stream.watch)
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

    def _leave_unless_wanted(self) -> None:
        if not self._viewers and not self._is_recorded:
            self._leave()

    def _expect(self) -> None:
        if self._miss not in self._timers and not self._is_told:
            self._after(FAULT_DELAY, self._miss)

    def _miss(self) -> None:
        self._is_told = True
        why = Words.of(self._why)
        why = Words(f"主码流中断：{why.zh}", f"the main stream is away: {why}")
        self._tell(Sighting("device.faulted", time.time(), {"stream": "main", "why": as_data(why)}))

    def _after(self, wait: float, what: Callable[[], None]) -> None:
        """Once, however often it is asked for."""
        self._forget(what)

        def do() -> None:
            del self._timers[what]
            what()

        self._timers[what] = asyncio.get_running_loop().call_later(wait, do)

    def _forget(self, what: Callable[[], None]) -> None:
        if timer := self._timers.pop(what, None):
            timer.cancel()
