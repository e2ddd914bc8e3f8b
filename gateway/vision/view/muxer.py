"""Units on their way into MP4: put away by the receiving thread, made into segments by a thread of their own."""

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
"""Bytes that wait for the thread; what comes beyond is left out up to the next keyframe."""
MAX_SEGMENT_BYTES = 1024 * 1024
"""Bytes after which a part is sent, though more waits: all since a main stream's keyframe may be ten megabytes."""


class Muxer(ABC):
    """`take` and `end` in the receiving thread, `work` in the other."""

    def __init__(self, view: int, wake: Callable[[], None], remuxer: Remuxer) -> None:
        self.view = view
        self.began = 0.0
        """When its first picture came, in seconds since 1970; 0 while none has."""
        self.is_over = False
        self.dropped = 0
        self._why: str | None = None
        self._code = ""
        self._wake = wake
        self._waiting: deque[AccessUnit] = deque()
        self._bytes = 0
        self._needs_key = True
        self._remuxer = remuxer
        self._before: AccessUnit | None = None

    def take(self, unit: AccessUnit, at: float) -> None:
        if self._bytes > MAX_PENDING_BYTES:
            self._needs_key = True
        if self._needs_key and (not unit.key or self._bytes > MAX_PENDING_BYTES):
            self.dropped += 1
            return
        self._needs_key = False
        self.began = self.began or at
        self._waiting.append(unit)
        self._bytes += unit.size
        self._wake()

    def end(self, why: str, code: str = "") -> None:
        """Nothing comes any more; what waits is still made use of."""
        self._why, self._code = why, code
        self._wake()

    @abstractmethod
    def work(self) -> None:
        """Deal with what waits. Raises OSError when it can't be put anywhere."""

    @abstractmethod
    def fail(self, why: str) -> None:
        """It came to nothing."""

    def _units(self) -> Iterator[AccessUnit]:
        while self._waiting:
            unit = self._waiting.popleft()
            self._bytes -= unit.size
            yield unit


class MuxerOutput(Protocol):
    """The worker's outbox."""

    def say(self, word: str, blob: bytes = b"", **more: Any) -> None: ...
    def stream(self, view: int, blob: bytes, *, key: bool, opening: list[object] | None) -> None: ...


class LiveMuxer(Muxer):
    """Parts for the gateway, each beginning with a keyframe or holding none; with a keyframe goes the opening."""

    def __init__(self, view: int, wake: Callable[[], None], outlet: MuxerOutput) -> None:
        super().__init__(view, wake, Remuxer())
        self._outlet = outlet
        self._opening: tuple[list[object], bytes] | None = None

    def work(self) -> None:
        why = self._why  # before the units: those that come together with the end are waited for
        self._send(self._units())
        if why is not None and not self.is_over:
            self.fail(why)

    def fail(self, why: str) -> None:
        self.is_over = True
        self._outlet.say("unshown", view=self.view, why=why, code=self._code)

    def _send(self, units: Iterable[AccessUnit]) -> None:
        part, key = bytearray(), False
        for unit in units:
            before, self._before = self._before, unit
            for segment in self._remuxer.push(unit):
                assert before is not None
                if segment.is_init:
                    self._open(before, segment.codec, segment.data)
                    continue
                if before.key or len(part) > MAX_SEGMENT_BYTES:
                    self._part(part, key)
                    part, key = bytearray(), before.key
                part += segment.data
        self._part(part, key)

    def _open(self, unit: AccessUnit, codec: str, data: bytes) -> None:
        shape = sps_info(unit.format)
        self._opening = [codec, shape.width, shape.height, len(data)], data

    def _part(self, part: bytearray, key: bool) -> None:
        if not part:
            return
        if key and self._opening is not None:
            said, segment = self._opening
            self._outlet.stream(self.view, segment + part, key=True, opening=said)
        else:
            self._outlet.stream(self.view, bytes(part), key=key, opening=None)


class FileMuxer(Muxer):
    """A file of fragmented MP4, of use at every moment: what is written stays when the power goes.

    Raises OSError when it can't be begun.
    """

    def __init__(self, view: int, wake: Callable[[], None], outlet: MuxerOutput, file: Path) -> None:
        super().__init__(view, wake, Remuxer(once=True))
        self._outlet = outlet
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._synced = self._opened = False
        self._first: AccessUnit | None = None

    def work(self) -> None:
        if self.is_over:
            return
        ends = self._why is not None  # before the units: those that come together with the end are waited for
        data = b"".join(self._data())
        if data:
            _write(self._file, data)
            if not self._synced:
                os.fdatasync(self._file)
                self._synced = True
        if ends:
            self._finish()

    def fail(self, why: str) -> None:
        self._close()
        self._outlet.say("unshown", view=self.view, why=why)

    def _data(self) -> Iterator[bytes]:
        for unit in self._units():
            self._first, self._before = self._first or unit, unit
            for segment in self._remuxer.push(unit):
                self._opened |= segment.is_init
                yield segment.data

    def _finish(self) -> None:
        first, last = self._first, self._before
        if not self._opened or first is None or last is None:
            self.fail("no keyframe came while it was recorded")
            return
        self._close()
        lasted = max(0.0, last.time_s - first.time_s)
        self._outlet.say("recorded", view=self.view, began=self.began, ended=self.began + lasted)

    def _close(self) -> None:
        self.is_over = True
        os.close(self._file)


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
