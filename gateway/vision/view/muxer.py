"""Access units to fragmented MP4: collected by the receiving thread, muxed by another one."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from gateway.vision.stream.fmp4.remux import Remuxer
from gateway.vision.stream.fmp4.sps import sps_info
from gateway.vision.stream.rtp.access_unit import AccessUnit

MAX_PENDING_BYTES = 32 * 1024 * 1024
"""Bytes that wait for the muxing thread; units beyond that are dropped up to the next keyframe."""
MAX_SEGMENT_BYTES = 1024 * 1024
"""Bytes after which a segment is sent though more is pending: a main stream may have ten megabytes since a keyframe."""


class Muxer(ABC):
    """A `Subscriber`. `put` and `end` run in the receiving thread, `process` in the muxing thread."""

    def __init__(self, view: int, wake: Callable[[], None], remuxer: Remuxer) -> None:
        self.view = view
        self.began = 0.0
        """When its first picture came, in seconds since 1970; 0 while none has."""
        self.is_finished = False
        self.dropped = 0
        self._end_reason: str | None = None
        self._code = ""
        self._wake = wake
        self._pending: deque[AccessUnit] = deque()
        self._bytes = 0
        self._needs_key = True
        self._remuxer = remuxer
        self._previous: AccessUnit | None = None

    def put(self, unit: AccessUnit, at: float) -> None:
        """Queue a unit that came at `at`, in seconds since 1970."""
        if self._bytes > MAX_PENDING_BYTES:
            self._needs_key = True
        # A keyframe alone may not fit either while the muxing thread is behind.
        if self._needs_key and (not unit.key or self._bytes > MAX_PENDING_BYTES):
            self.dropped += 1
            return
        self._needs_key = False
        self.began = self.began or at
        self._pending.append(unit)
        self._bytes += unit.size
        self._wake()

    def end(self, why: str, code: str = "") -> None:
        """No more units come; pending ones are still muxed."""
        self._end_reason, self._code = why, code
        self._wake()

    @abstractmethod
    def process(self) -> None:
        """Mux the pending units. Raises OSError when they can't be written."""

    @abstractmethod
    def fail(self, why: str) -> None:
        """End without a result, and report why."""

    def _take_pending(self) -> Iterator[AccessUnit]:
        while self._pending:
            unit = self._pending.popleft()
            self._bytes -= unit.size
            yield unit


class MuxerOutput(Protocol):
    """Where muxers send events and live segments: the worker's send queue."""

    def send(self, event: str, blob: bytes = b"", **data: Any) -> None:
        """An event for the gateway."""
        ...

    def send_segment(self, view: int, blob: bytes, *, key: bool, init: list[object] | None) -> None:
        """A live segment for the gateway."""
        ...


class LiveMuxer(Muxer):
    """Sends live segments. Each begins with a keyframe or holds none; one with a keyframe carries the init segment."""

    def __init__(self, view: int, wake: Callable[[], None], output: MuxerOutput) -> None:
        super().__init__(view, wake, Remuxer())
        self._output = output
        self._init: tuple[list[object], bytes] | None = None

    def process(self) -> None:
        """Send what is pending; `view_failed` once the stream has ended."""
        # Read before the units: `end` is called after the last `put`, so none of them is missed.
        why = self._end_reason
        self._send(self._take_pending())
        if why is not None and not self.is_finished:
            self.fail(why)

    def fail(self, why: str) -> None:
        """End the view."""
        self.is_finished = True
        self._output.send("view_failed", view=self.view, why=why, code=self._code)

    def _send(self, units: Iterable[AccessUnit]) -> None:
        data, key = bytearray(), False
        for unit in units:
            # The remuxer gives a unit out when the next one comes, so its segments belong to the previous unit.
            previous, self._previous = self._previous, unit
            for segment in self._remuxer.push(unit):
                assert previous is not None
                if segment.is_init:
                    self._set_init(previous, segment.codec, segment.data)
                    continue
                if previous.key or len(data) > MAX_SEGMENT_BYTES:
                    self._send_segment(data, key)
                    data, key = bytearray(), previous.key
                data += segment.data
        self._send_segment(data, key)

    def _set_init(self, unit: AccessUnit, codec: str, data: bytes) -> None:
        sps = sps_info(unit.format)
        self._init = [codec, sps.width, sps.height, len(data)], data

    def _send_segment(self, data: bytearray, key: bool) -> None:
        if not data:
            return
        if key and self._init is not None:
            description, init_data = self._init
            self._output.send_segment(self.view, init_data + data, key=True, init=description)
        else:
            self._output.send_segment(self.view, bytes(data), key=key, init=None)


class FileMuxer(Muxer):
    """Writes a file of fragmented MP4, which can be read at any time: what is written survives a power cut.

    Raises OSError when the file can't be created.
    """

    def __init__(self, view: int, wake: Callable[[], None], output: MuxerOutput, file: Path) -> None:
        super().__init__(view, wake, Remuxer(once=True))
        self._output = output
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._is_synced = self._has_init = False
        self._first: AccessUnit | None = None

    def process(self) -> None:
        """Write what is pending; `recorded` once the stream has ended."""
        if self.is_finished:
            return
        # Read before the units: `end` is called after the last `put`, so none of them is missed.
        ends = self._end_reason is not None
        data = b"".join(self._mux_pending())
        if data:
            _write(self._file, data)
            # Once is enough to keep the init segment, without which nothing else can be read.
            if not self._is_synced:
                os.fdatasync(self._file)
                self._is_synced = True
        if ends:
            self._finish()

    def fail(self, why: str) -> None:
        """End the recording; the file stays as it is."""
        self._close()
        self._output.send("view_failed", view=self.view, why=why)

    def _mux_pending(self) -> Iterator[bytes]:
        for unit in self._take_pending():
            self._first, self._previous = self._first or unit, unit
            for segment in self._remuxer.push(unit):
                self._has_init |= segment.is_init
                yield segment.data

    def _finish(self) -> None:
        first, last = self._first, self._previous
        if not self._has_init or first is None or last is None:
            self.fail("no keyframe came while it was recorded")
            return
        self._close()
        duration = max(0.0, last.time_s - first.time_s)
        self._output.send("recorded", view=self.view, began=self.began, ended=self.began + duration)

    def _close(self) -> None:
        self.is_finished = True
        os.close(self._file)


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
