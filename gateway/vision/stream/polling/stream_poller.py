"""The thread that sweeps all live streams of a worker.

A stream that flows over TCP is looked at every `POLL_INTERVAL`, all of them in one go: between packets nobody
is awake, and what comes waits in the kernel. Only what can't wait wakes the thread: datagrams, which the
kernel would drop, connections that are being set up, and, every `URGENT_INTERVAL`, streams that somebody waits for.
"""

from __future__ import annotations

import selectors
import socket
import time
import traceback
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread

from gateway.errors import BadInput, LinkLost
from gateway.vision.stream.polling.rtsp_client import RtspClient

POLL_INTERVAL, URGENT_INTERVAL = 0.25, 0.08
DATAGRAM_PAUSE = 0.005
"""Seconds of rest after a readiness, so that a stream of datagrams wakes the thread 200 times a second at most."""

_Interest = Sequence[tuple[socket.socket, int]]


class StreamPoller:
    """`watch` and `unwatch` may be called from any thread; listeners are called in the sweeper's."""

    def __init__(self, interval: float = POLL_INTERVAL, quick: float = URGENT_INTERVAL) -> None:
        self._interval = interval
        self._quick = min(quick, interval)
        self._thread = Thread(target=self._run, name="sweeper", daemon=True)
        self._stopped = Event()
        self._selector = selectors.DefaultSelector()
        self._bell, self._ear = socket.socketpair()
        self._wishes: deque[tuple[RtspClient, bool]] = deque()
        self._interests: dict[RtspClient, _Interest] = {}
        self._urgent: list[RtspClient] = []
        self._all_due = 0.0

    def start(self) -> None:
        for end in (self._bell, self._ear):
            end.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._thread.start()

    def stop(self) -> None:
        """Says goodbye to all cameras; returns when the thread has ended. May be called again."""
        self._stopped.set()
        self._ring()
        self._thread.join()

    def watch(self, reception: RtspClient) -> None:
        self._wishes.append((reception, True))
        self._ring()

    def unwatch(self, reception: RtspClient) -> None:
        """Its listener hears no `lost`; a unit may still be under way."""
        self._wishes.append((reception, False))
        self._ring()

    def _ring(self) -> None:
        with suppress(OSError):  # full: so many rings are heard without one more; closed: nobody listens any more
            self._bell.send(b"\0")

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopped.is_set():
            ready = self._selector.select(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            self._grant(now)
            if now >= due:
                self._sweep(now)
                due = min(now + self._quick, self._all_due) if self._urgent else self._all_due
            elif ready:
                self._serve(ready, now)
                self._stopped.wait(min(DATAGRAM_PAUSE, max(0.0, due - now)))
        for reception in list(self._interests):
            self._forget(reception)
        for thing in (self._selector, self._bell, self._ear):
            thing.close()

    def _sweep(self, now: float) -> None:
        """All of them, or between two such sweeps those that somebody waits for."""
        if now < self._all_due:
            for reception in self._urgent:
                if reception in self._interests:
                    self._step(reception, now)
            return
        for reception in list(self._interests):
            self._step(reception, now)
        self._urgent = [reception for reception in self._interests if reception.is_urgent()]
        self._all_due = max(self._all_due + self._interval, now)

    def _grant(self, now: float) -> None:
        while self._wishes:
            reception, wanted = self._wishes.popleft()
            if wanted:
                self._interests[reception] = ()
                self._step(reception, now)
            elif reception in self._interests:
                self._forget(reception)

    def _serve(self, ready: list[tuple[selectors.SelectorKey, int]], now: float) -> None:
        for key, _ in ready:
            if key.fileobj is self._ear:
                self._ear.recv(4096)
        for reception in dict.fromkeys(key.data for key, _ in ready):
            if reception in self._interests:
                self._step(reception, now)

    def _step(self, reception: RtspClient, now: float) -> None:
        """What goes wrong with one camera ends this camera alone."""
        try:
            reception.step(now)
        except (LinkLost, BadInput, OSError) as error:
            self._lose(reception, error)
        except Exception as error:  # noqa: BLE001  a supervisor of one camera: it would end the thread of all others
            traceback.print_exc()
            self._lose(reception, error)
        else:
            if (interest := reception.interest) != self._interests[reception]:
                self._register(reception, interest)

    def _lose(self, reception: RtspClient, why: Exception) -> None:
        self._forget(reception)
        reception.listener.lost(reception.fault(why))

    def _register(self, reception: RtspClient, interest: _Interest) -> None:
        for one, _ in self._interests[reception]:
            self._selector.unregister(one)
        for one, events in interest:
            self._selector.register(one, events, reception)
        self._interests[reception] = interest

    def _forget(self, reception: RtspClient) -> None:
        self._register(reception, ())
        del self._interests[reception]
        reception.close()
