"""One camera's live picture for all its viewers: one stream from the worker, any number of viewers.

A viewer begins with the newest keyframe. One that is too slow loses its pending segments and goes on with the next
keyframe; the other viewers and the worker are not affected.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from gateway.errors import AnjuError

MAX_PENDING_SEGMENTS = 50
"""Segments that wait for a viewer: some five seconds of them."""
MAX_PENDING_BYTES = 8 * 1024 * 1024
"""Ten seconds of a main stream: a viewer gets all of them at once where keyframes are so far apart."""
MAX_KEPT_BYTES = 16 * 1024 * 1024
"""Bytes since the last keyframe that are kept for the next viewer; with more, he waits for the next keyframe."""


@dataclass(frozen=True, slots=True)
class InitSegment:
    """What a player needs first: the `codec` as in RFC 6381, and the MP4 init segment."""

    codec: str
    width: int
    height: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """One or more MP4 media segments; the first picture of a `key` segment can be decoded by itself."""

    init: InitSegment
    key: bool
    data: bytes = field(repr=False)


class LiveViewer:
    """An async iterator over segments; raises what ended the broadcast. `dropped` counts segments lost by slowness."""

    def __init__(self, max_segments: int = MAX_PENDING_SEGMENTS, max_bytes: int = MAX_PENDING_BYTES) -> None:
        self._max_segments = max_segments
        self._max_bytes = max_bytes
        self._pending: deque[LiveSegment] = deque()
        self._bytes = 0
        self._needs_key = True
        self._changed = asyncio.Event()
        self._error: AnjuError | None = None
        self.dropped = 0

    def put(self, segment: LiveSegment) -> None:
        """Add a segment; when full, skip to a keyframe."""
        if self._is_full(segment):
            self._skip_to_keyframe()
        if self._needs_key and not segment.key:
            self.dropped += 1
            return
        self._needs_key = False
        self._pending.append(segment)
        self._bytes += len(segment.data)
        self._changed.set()

    def end(self, error: AnjuError) -> None:
        """Raise `error` to the reader after the pending segments."""
        self._error = error
        self._changed.set()

    def __aiter__(self) -> LiveViewer:
        return self

    async def __anext__(self) -> LiveSegment:
        while not self._pending:
            if self._error is not None:
                raise self._error
            self._changed.clear()
            await self._changed.wait()
        segment = self._pending.popleft()
        self._bytes -= len(segment.data)
        return segment

    def _skip_to_keyframe(self) -> None:
        """To the next pending keyframe, else to the next one that comes."""
        while self._pending:
            self._bytes -= len(self._pending.popleft().data)
            self.dropped += 1
            if self._pending and self._pending[0].key:
                return
        self._needs_key = True

    def _is_full(self, segment: LiveSegment) -> bool:
        # A segment that is too large by itself is still accepted while nothing else is pending.
        too_large = self._bytes + len(segment.data) > self._max_bytes
        return bool(self._pending) and (len(self._pending) >= self._max_segments or too_large)


class LiveBroadcast:
    """Distributes one stream's segments, and keeps those since the last keyframe for viewers who come later."""

    def __init__(self, max_kept_bytes: int = MAX_KEPT_BYTES) -> None:
        self._max_kept_bytes = max_kept_bytes
        self._init: InitSegment | None = None
        self._kept: list[LiveSegment] = []
        self._kept_bytes = 0
        self._viewers: set[LiveViewer] = set()

    @property
    def has_viewers(self) -> bool:
        """Whether anybody watches."""
        return bool(self._viewers)

    def publish(self, data: bytes, *, key: bool, init: InitSegment | None = None) -> None:
        """`init` comes with every keyframe; it differs when the camera restarted with other parameters."""
        # The same object is kept while nothing changes: viewers compare by identity.
        if init is not None and init != self._init:
            self._init = init
        if self._init is None:
            return
        segment = LiveSegment(self._init, key, data)
        self._keep(segment)
        for viewer in self._viewers:
            viewer.put(segment)

    def add(self, viewer: LiveViewer) -> None:
        """Give it what came since the last keyframe at once."""
        self._viewers.add(viewer)
        if self._kept:
            viewer.put(LiveSegment(self._kept[0].init, True, b"".join(segment.data for segment in self._kept)))

    def remove(self, viewer: LiveViewer) -> None:
        """Send it nothing more."""
        self._viewers.discard(viewer)

    def end(self, error: AnjuError) -> None:
        """End all viewers with `error`."""
        for viewer in self._viewers:
            viewer.end(error)

    def _keep(self, segment: LiveSegment) -> None:
        if segment.key:
            self._kept, self._kept_bytes = [], 0
        elif not self._kept:
            return
        self._kept.append(segment)
        self._kept_bytes += len(segment.data)
        if self._kept_bytes > self._max_kept_bytes:
            # Without its beginning the rest is of no use, so nothing is kept up to the next keyframe.
            self._kept, self._kept_bytes = [], 0
