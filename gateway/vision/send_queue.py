"""A worker's way out: bounded, written by one thread, never waited for by a camera's."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from threading import Condition
from typing import Any

from gateway.vision.ipc import IpcMessage
from gateway.vision.sighting import Sighting

ALIVE_INTERVAL = 2.0
"""Seconds after which a worker with nothing to say says that it lives."""


class SendQueue:
    """What must arrive waits in front; sightings wait behind, and when `most` do, the newest is dropped and counted.

    Live pictures wait behind all: when `most_live` bytes of them do, a view loses its parts up to its next keyframe.
    """

    def __init__(
        self, frames_dropped: Callable[[], int], most: int = 64, max_live_bytes: int = 16 * 1024 * 1024
    ) -> None:
        self._frames_dropped = frames_dropped
        self._most = most
        self._changed = Condition()
        self._first: deque[IpcMessage] = deque()
        self._sightings: deque[IpcMessage] = deque()
        self._dropped = 0
        self._max_live_bytes = max_live_bytes
        self._live: deque[IpcMessage] = deque()
        self._live_bytes = 0
        self._behind: set[int] = set()
        self.segments_dropped = 0

    def say(self, word: str, blob: bytes = b"", **more: Any) -> None:
        """Ready, lost, heard, picture: few by nature, so never dropped."""
        with self._changed:
            self._first.append(IpcMessage({"say": word, **more}, blob))
            self._changed.notify()

    def offer(self, watch: int, sighting: Sighting) -> None:
        header = {"say": "sighting", "watch": watch, "kind": sighting.kind, "at": sighting.at, "data": sighting.data}
        with self._changed:
            if len(self._sightings) >= self._most:
                self._dropped += 1
                return
            self._sightings.append(IpcMessage(header, sighting.jpeg))
            self._changed.notify()

    def pulse(self, watch: int) -> None:
        """A camera's packets arrive. One a camera waits at most."""
        with self._changed:
            heard = {"say": "heard", "watch": watch}
            if all(message.header != heard for message in self._first):
                self._first.append(IpcMessage(heard))
                self._changed.notify()

    def stream(self, view: int, blob: bytes, *, key: bool, opening: list[object] | None) -> None:
        """A part of a live picture."""
        header = {"say": "part", "view": view, "key": key, "opening": opening}
        with self._changed:
            full = self._live_bytes + len(blob) > self._max_live_bytes and bool(self._live)
            if full or (view in self._behind and not key):
                self._behind.add(view)
                self.segments_dropped += 1
                return
            self._behind.discard(view)
            self._live.append(IpcMessage(header, blob))
            self._live_bytes += len(blob)
            self._changed.notify()

    def write_to(self, line: socket.socket) -> None:
        """Until the line breaks (OSError); for a thread of its own."""
        while True:
            message = self._next()
            message.header["dropped"] = [self._dropped, self._frames_dropped(), self.segments_dropped]
            line.sendall(message.coded())

    def _next(self) -> IpcMessage:
        with self._changed:
            self._changed.wait_for(lambda: self._first or self._sightings or self._live, ALIVE_INTERVAL)
            if self._first:
                return self._first.popleft()
            if self._sightings:
                return self._sightings.popleft()
            return self._next_live() if self._live else IpcMessage({"say": "alive"})

    def _next_live(self) -> IpcMessage:
        part = self._live.popleft()
        self._live_bytes -= len(part.blob)
        return part
