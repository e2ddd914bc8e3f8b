"""A worker's outgoing messages: bounded, written by one thread, never waited for by a camera's thread."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from threading import Condition
from typing import Any

from gateway.vision.ipc import IpcMessage
from gateway.vision.sighting import Sighting

IDLE_INTERVAL = 2.0
"""Seconds after which a worker without messages sends `idle`, to show that it runs."""


class SendQueue:
    """Three queues by priority: events that must arrive, then sightings, then live segments.

    When `max_sightings` are pending, the newest is dropped and counted. When `max_live_bytes` of live segments are
    pending, a view loses its segments up to its next keyframe.
    """

    def __init__(
        self, frames_dropped: Callable[[], int], max_sightings: int = 64, max_live_bytes: int = 16 * 1024 * 1024
    ) -> None:
        self._frames_dropped = frames_dropped
        self._max_sightings = max_sightings
        self._changed = Condition()
        self._events: deque[IpcMessage] = deque()
        self._sightings: deque[IpcMessage] = deque()
        self._dropped = 0
        self._max_live_bytes = max_live_bytes
        self._live: deque[IpcMessage] = deque()
        self._live_bytes = 0
        self._needs_key: set[int] = set()
        """Views that lost a segment and wait for a keyframe."""
        self.segments_dropped = 0

    def send(self, event: str, blob: bytes = b"", **data: Any) -> None:
        """An event that is never dropped (ready, lost, jpeg, …): few by nature."""
        with self._changed:
            self._events.append(IpcMessage({"event": event, **data}, blob))
            self._changed.notify()

    def send_sighting(self, stream: int, sighting: Sighting) -> None:
        """Drops it when too many are pending."""
        header = {
            "event": "sighting", "stream": stream, "kind": sighting.kind, "at": sighting.at, "data": sighting.data,
            "secret": sighting.secret,
        }  # fmt: skip
        with self._changed:
            if len(self._sightings) >= self._max_sightings:
                self._dropped += 1
                return
            self._sightings.append(IpcMessage(header, sighting.jpeg))
            self._changed.notify()

    def send_alive(self, stream: int) -> None:
        """A camera's pictures arrive. At most one such event per camera is pending."""
        with self._changed:
            alive = {"event": "alive", "stream": stream}
            if all(message.header != alive for message in self._events):
                self._events.append(IpcMessage(alive))
                self._changed.notify()

    def send_segment(self, view: int, blob: bytes, *, key: bool, init: list[object] | None) -> None:
        """A live segment; `init` describes the init segment in front of it, where there is one."""
        header = {"event": "segment", "view": view, "key": key, "init": init}
        with self._changed:
            full = self._live_bytes + len(blob) > self._max_live_bytes and bool(self._live)
            # Segments after a lost one can't be decoded until the next keyframe, so they are not sent at all.
            if full or (view in self._needs_key and not key):
                self._needs_key.add(view)
                self.segments_dropped += 1
                return
            self._needs_key.discard(view)
            self._live.append(IpcMessage(header, blob))
            self._live_bytes += len(blob)
            self._changed.notify()

    def write_to(self, connection: socket.socket) -> None:
        """Send until the connection breaks (OSError); for a thread of its own."""
        while True:
            message = self._next()
            message.header["dropped"] = [self._dropped, self._frames_dropped(), self.segments_dropped]
            connection.sendall(message.encode())

    def _next(self) -> IpcMessage:
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._sightings or self._live, IDLE_INTERVAL)
            if self._events:
                return self._events.popleft()
            if self._sightings:
                return self._sightings.popleft()
            return self._next_live() if self._live else IpcMessage({"event": "idle"})

    def _next_live(self) -> IpcMessage:
        segment = self._live.popleft()
        self._live_bytes -= len(segment.blob)
        return segment
