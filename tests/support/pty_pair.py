"""Two ends of a serial line: a test holds one, the code under test opens the other by its path."""

from __future__ import annotations

import contextlib
import os
import tty
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PtyPair:
    """`fd` is the device's end, raw and non-blocking; `path` is what an installer would write as `port`."""

    fd: int
    path: str

    def write(self, data: bytes) -> None:
        os.write(self.fd, data)

    def read(self, limit: int = 4096) -> bytes:
        """What has come in so far, perhaps nothing."""
        try:
            return os.read(self.fd, limit)
        except BlockingIOError:
            return b""


@contextlib.contextmanager
def pty_pair() -> Iterator[PtyPair]:
    ours, theirs = os.openpty()
    try:
        tty.setraw(ours)
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        yield PtyPair(ours, os.ttyname(theirs))
    finally:
        for fd in (ours, theirs):  # a test may have closed one to cut the line
            with contextlib.suppress(OSError):
                os.close(fd)
