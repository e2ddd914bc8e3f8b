"""A camera's main stream, received beside the sub stream while it is recorded or somebody views it.

Its loss is independent: the main stream is retried by itself, and the sub stream stays connected.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.backoff import ExponentialBackoff
from gateway.errors import LinkLost, LoginRefused, NotFound
from gateway.model import Text, Words, as_data
from gateway.vision.sighting import Sighting
from gateway.vision.stream_config import MainStreamConfig
from gateway.vision.view.broadcast import LiveViewer
from gateway.vision.worker_interface import VisionWorker

MIN_RETRY_DELAY, MAX_RETRY_DELAY, STABLE_AFTER = 1.0, 30.0, 30.0
"""Seconds between two attempts; and after which a stream counts as stable, so that the delay begins anew."""
FAULT_DELAY = 20.0
"""Seconds for which a recorded stream may be lost before that is reported. A camera that restarts loses both streams
at once; then its own loss is reported, and this one is not."""
STALE_AFTER = 6.0
"""Seconds without `on_alive` after which nothing is recorded from it. Even a quiet machine sends one every second or
two (`camera_session.ALIVE_INTERVAL`)."""
LINGER = 2.0
"""Seconds for which it is still received after the last viewer left: one who comes back finds it connected, and the
reason of a loss still arrives."""


class MainStreamConnection:
    """One camera's main stream, connected on demand. The sub stream's driver calls `open` and `close`."""

    def __init__(self, device: str, worker: VisionWorker) -> None:
        self._device = device
        self._worker = worker
        self._config: MainStreamConfig | None = None
        self._last_config: MainStreamConfig | None = None
        """Kept while closed: a rejected login stays rejected until the YAML is changed."""
        self._report: Callable[[Sighting], None] = lambda _: None
        self._number: int | None = None
        self._viewers = 0
        self._backoff = ExponentialBackoff(MIN_RETRY_DELAY, MAX_RETRY_DELAY, jitter=(0.8, 1.2))
        self._not_before = 0.0
        self._timers: dict[Callable[[], None], asyncio.TimerHandle] = {}
        self._alive_since = self._last_alive = float("-inf")
        self._why: Text = Words("没有画面", "it gave no picture")
        self._is_reported = False

    def open(self, config: MainStreamConfig | None, report: Callable[[Sighting], None]) -> None:
        """`report` gets a sighting when a stream that is recorded is lost, and when it is back."""
        if config != self._last_config:
            self._backoff.reset()
            self._not_before = 0.0
        self._config = self._last_config = config
        self._report = report
        if self._is_recorded:
            self._schedule_fault()
            self._schedule(max(0.0, self._not_before - time.monotonic()), self._retry)

    def close(self) -> None:
        """Disconnect and forget all timers; `open` may follow."""
        for callback in list(self._timers):
            self._cancel(callback)
        self._disconnect()
        self._config = None

    @contextmanager
    def view(self) -> Iterator[LiveViewer]:
        """Its live packets. Raises NotFound where the camera has none, LinkLost where it gives nothing."""
        self._viewers += 1
        try:
            with self._worker.views.view(self._connect()) as viewer:
                yield viewer
        finally:
            self._viewers -= 1
            self._schedule(LINGER, self._disconnect_unless_used)

    def recordable_stream(self, before_s: float) -> int | None:
        """The stream number to record; None while it was not there for so many seconds, or is not to be recorded."""
        if self._number is None or not self._is_recorded:
            return None
        now = time.monotonic()
        return self._number if now - self._alive_since >= before_s and now - self._last_alive < STALE_AFTER else None

    # StreamListener

    def on_alive(self) -> None:
        """Packets arrive: cancel a pending fault, report the end of one."""
        now = time.monotonic()
        if now - self._last_alive > STALE_AFTER:
            self._alive_since = now
        self._last_alive = now
        if now - self._alive_since > STABLE_AFTER:
            self._backoff.reset()
        self._cancel(self._report_fault)
        if self._is_reported:
            self._is_reported = False
            self._report(Sighting("device.restored", time.time(), {"stream": "main"}))

    def on_sighting(self, sighting: Sighting) -> None:
        """Never called: the main stream is not analysed."""

    def on_lost(self, error: LinkLost) -> None:
        """Disconnect and, if it is recorded, try again later."""
        self._why = error.why
        self._disconnect()
        delay = self._backoff.next_delay()
        if isinstance(error, LoginRefused):
            # Cameras lock an account after a few wrong logins, for the sub stream too.
            delay = max(delay, LoginRefused.LEAVE_ALONE_S)
        self._not_before = time.monotonic() + delay
        if self._is_recorded:
            self._schedule_fault()
            self._schedule(delay, self._retry)

    @property
    def _is_recorded(self) -> bool:
        return self._config is not None and self._config.recorded

    def _connect(self) -> int:
        if self._config is None:
            raise NotFound(f"camera {self._device} has no main stream, or is not connected")
        if self._number is None:
            # Viewers' requests must not bypass the retry delay.
            if time.monotonic() < self._not_before:
                raise LinkLost(self._why)
            self._number = self._worker.add_stream_now(self, self._config.stream_config)
        return self._number

    def _retry(self) -> None:
        self._not_before = 0.0
        try:
            self._connect()
        except LinkLost as error:
            self.on_lost(error)

    def _disconnect(self) -> None:
        self._alive_since = self._last_alive = float("-inf")
        if self._number is not None:
            number, self._number = self._number, None
            self._worker.remove_stream(number)

    def _disconnect_unless_used(self) -> None:
        if not self._viewers and not self._is_recorded:
            self._disconnect()

    def _schedule_fault(self) -> None:
        if self._report_fault not in self._timers and not self._is_reported:
            self._schedule(FAULT_DELAY, self._report_fault)

    def _report_fault(self) -> None:
        self._is_reported = True
        why = Words.of(self._why)
        why = Words(f"主码流中断：{why.zh}", f"the main stream is lost: {why}")
        self._report(Sighting("device.faulted", time.time(), {"stream": "main", "why": as_data(why)}))

    def _schedule(self, delay: float, callback: Callable[[], None]) -> None:
        """Call back once after `delay` seconds; replaces an earlier timer of the same callback."""
        self._cancel(callback)

        def fire() -> None:
            del self._timers[callback]
            callback()

        self._timers[callback] = asyncio.get_running_loop().call_later(delay, fire)

    def _cancel(self, callback: Callable[[], None]) -> None:
        if timer := self._timers.pop(callback, None):
            timer.cancel()
