"""One camera's live picture for all who watch it: one stream from the worker, any number of viewers.

A viewer begins with the newest keyframe. One that is too slow loses what waits for it and goes on with the
next keyframe; the others and the worker never notice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from gateway.errors import AnjuError

MAX_PENDING_SEGMENTS = 50
"""Parts that wait for a viewer: some five seconds of them."""
MAX_PENDING_BYTES = 8 * 1024 * 1024
"""Ten seconds of a main stream: a screen is given them at once where keyframes are so far apart."""
MAX_KEPT_BYTES = 16 * 1024 * 1024
"""Bytes since the last keyframe that are kept for the next viewer; a stream with more makes him wait for a keyframe."""


@dataclass(frozen=True, slots=True)
class InitSegment:
    """What a player must know first: `codec` as RFC 6381 spells it, and the init segment."""

    codec: str
    width: int
    height: int
    segment: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """Media segments that follow each other; the first picture of a `key` part can be decoded by itself."""

    opening: InitSegment
    key: bool
    data: bytes = field(repr=False)


class LiveViewer:
    """An async iterator over the parts; raises what ended the broadcast. `dropped` counts parts it was too slow for."""

    def __init__(self, max_segments: int = MAX_PENDING_SEGMENTS, max_bytes: int = MAX_PENDING_BYTES) -> None:
        self._max_segments = max_segments
        self._max_bytes = max_bytes
        self._waiting: deque[LiveSegment] = deque()
        self._bytes = 0
        self._needs_key = True
        self._changed = asyncio.Event()
        self._why: AnjuError | None = None
        self.dropped = 0

    def offer(self, part: LiveSegment) -> None:
        if self._is_full(part):
            self._skip()
        if self._needs_key and not part.key:
            self.dropped += 1
            return
        self._needs_key = False
        self._waiting.append(part)
        self._bytes += len(part.data)
        self._changed.set()

    def end(self, why: AnjuError) -> None:
        self._why = why
        self._changed.set()

    def __aiter__(self) -> LiveViewer:
        return self

    async def __anext__(self) -> LiveSegment:
        while not self._waiting:
            if self._why is not None:
                raise self._why
            self._changed.clear()
            await self._changed.wait()
        part = self._waiting.popleft()
        self._bytes -= len(part.data)
        return part

    def _skip(self) -> None:
        """To the next keyframe that waits, else to the next that comes."""
        while self._waiting:
            self._bytes -= len(self._waiting.popleft().data)
            self.dropped += 1
            if self._waiting and self._waiting[0].key:
                return
        self._needs_key = True

    def _is_full(self, part: LiveSegment) -> bool:
        """What is large by itself still goes to a viewer who waits for nothing else."""
        too_large = self._bytes + len(part.data) > self._max_bytes
        return bool(self._waiting) and (len(self._waiting) >= self._max_segments or too_large)


class LiveBroadcast:
    """Fed by the camera's worker."""

    def __init__(self, max_kept_bytes: int = MAX_KEPT_BYTES) -> None:
        self._max_kept_bytes = max_kept_bytes
        self._opening: InitSegment | None = None
        self._kept: list[LiveSegment] = []
        self._kept_bytes = 0
        self._viewers: set[LiveViewer] = set()

    @property
    def is_watched(self) -> bool:
        return bool(self._viewers)

    def take(self, data: bytes, *, key: bool, opening: InitSegment | None = None) -> None:
        """`opening` comes with every keyframe; it is another one when the camera begins anew in another way."""
        if opening is not None and opening != self._opening:
            self._opening = opening
        if self._opening is None:
            return
        part = LiveSegment(self._opening, key, data)
        self._keep(part)
        for viewer in self._viewers:
            viewer.offer(part)

    def join(self, viewer: LiveViewer) -> None:
        self._viewers.add(viewer)
        if self._kept:
            viewer.offer(LiveSegment(self._kept[0].opening, True, b"".join(part.data for part in self._kept)))

    def leave(self, viewer: LiveViewer) -> None:
        self._viewers.discard(viewer)

    def end(self, why: AnjuError) -> None:
        for viewer in self._viewers:
            viewer.end(why)

    def _keep(self, part: LiveSegment) -> None:
        if part.key:
            self._kept, self._kept_bytes = [], 0
        elif not self._kept:
            return
        self._kept.append(part)
        self._kept_bytes += len(part.data)
        if self._kept_bytes > self._max_kept_bytes:
            self._kept, self._kept_bytes = [], 0
