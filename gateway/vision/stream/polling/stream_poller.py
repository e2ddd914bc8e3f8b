"""The thread that receives all live RTSP streams of a worker.

A stream that plays over TCP is polled every `POLL_INTERVAL`, together with all others: between two polls the thread
sleeps, and the kernel keeps what arrives. Only what can't wait wakes the thread: datagrams, which the kernel would
drop, connections that are being set up, and, every `URGENT_INTERVAL`, streams that somebody waits for.
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
"""Seconds to sleep after a readiness, so that a UDP stream wakes the thread 200 times a second at most."""

_Interests = Sequence[tuple[socket.socket, int]]


class StreamPoller:
    """`add` and `remove` may be called from any thread; listeners are called in the poller's."""

    def __init__(self, interval: float = POLL_INTERVAL, urgent_interval: float = URGENT_INTERVAL) -> None:
        self._interval = interval
        self._urgent_interval = min(urgent_interval, interval)
        self._thread = Thread(target=self._run, name="stream-poller", daemon=True)
        self._stopped = Event()
        self._selector = selectors.DefaultSelector()
        self._wake_sender, self._wake_receiver = socket.socketpair()
        self._requests: deque[tuple[RtspClient, bool]] = deque()
        """Clients to add (True) or to remove (False)."""
        self._interests: dict[RtspClient, _Interests] = {}
        """The sockets registered for each client; its keys are all clients."""
        self._urgent: list[RtspClient] = []
        self._all_due = 0.0

    def start(self) -> None:
        """Start the thread."""
        for end in (self._wake_sender, self._wake_receiver):
            end.setblocking(False)
        self._selector.register(self._wake_receiver, selectors.EVENT_READ)
        self._thread.start()

    def stop(self) -> None:
        """Disconnect all cameras; returns when the thread has ended. May be called again."""
        self._stopped.set()
        self._wake()
        self._thread.join()

    def add(self, client: RtspClient) -> None:
        """Connect and poll it until it is lost or removed."""
        self._requests.append((client, True))
        self._wake()

    def remove(self, client: RtspClient) -> None:
        """Disconnect. Its listener gets no `stream_lost`; a unit may still be under way."""
        self._requests.append((client, False))
        self._wake()

    def _wake(self) -> None:
        with suppress(OSError):  # full: the thread will wake anyway; closed: it has ended
            self._wake_sender.send(b"\0")

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopped.is_set():
            ready = self._selector.select(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            self._handle_requests(now)
            if now >= due:
                self._poll_due(now)
                due = min(now + self._urgent_interval, self._all_due) if self._urgent else self._all_due
            elif ready:
                self._poll_ready(ready, now)
                self._stopped.wait(min(DATAGRAM_PAUSE, max(0.0, due - now)))
        for client in list(self._interests):
            self._disconnect(client)
        for closable in (self._selector, self._wake_sender, self._wake_receiver):
            closable.close()

    def _poll_due(self, now: float) -> None:
        """Poll all clients or, between two such polls, the urgent ones."""
        if now < self._all_due:
            for client in self._urgent:
                if client in self._interests:
                    self._poll(client, now)
            return
        for client in list(self._interests):
            self._poll(client, now)
        self._urgent = [client for client in self._interests if client.is_urgent()]
        self._all_due = max(self._all_due + self._interval, now)

    def _handle_requests(self, now: float) -> None:
        while self._requests:
            client, is_added = self._requests.popleft()
            if is_added:
                self._interests[client] = ()
                self._poll(client, now)
            elif client in self._interests:
                self._disconnect(client)

    def _poll_ready(self, ready: list[tuple[selectors.SelectorKey, int]], now: float) -> None:
        for key, _ in ready:
            if key.fileobj is self._wake_receiver:
                self._wake_receiver.recv(4096)
        # Once for a client of which several sockets are ready; the wake socket has no client.
        for client in dict.fromkeys(key.data for key, _ in ready):
            if client in self._interests:
                self._poll(client, now)

    def _poll(self, client: RtspClient, now: float) -> None:
        """Poll one client. Its errors end this camera alone."""
        try:
            client.poll(now)
        except (LinkLost, BadInput, OSError) as error:
            self._lose(client, error)
        except Exception as error:  # noqa: BLE001  a supervisor of one camera: it would end the thread of all others
            traceback.print_exc()
            self._lose(client, error)
        else:
            if (interests := client.interests) != self._interests[client]:
                self._register(client, interests)

    def _lose(self, client: RtspClient, why: Exception) -> None:
        self._disconnect(client)
        client.listener.stream_lost(client.describe_error(why))

    def _register(self, client: RtspClient, interests: _Interests) -> None:
        for registered, _ in self._interests[client]:
            self._selector.unregister(registered)
        for wanted, events in interests:
            self._selector.register(wanted, events, client)
        self._interests[client] = interests

    def _disconnect(self, client: RtspClient) -> None:
        # Unregister first: a closed socket can't be unregistered.
        self._register(client, ())
        del self._interests[client]
        client.close()
