"""Chunks fed once more, under a watch that breaks off what takes too long."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from tests.fuzz.subject import Feed, Subject

HANG_S = 1.0
"""Of the processor's time for one chunk; the slowest honest one (a body of 64 kB) takes a tenth of that."""


class Hang(BaseException):
    """One chunk took longer than HANG_S. No Exception, so that no decoder takes it for bad input."""


def replayed(subject: Subject, chunks: Sequence[bytes]) -> BaseException | None:
    """What a fresh decoder raises over them, that it should not; refusals begin it anew, as in the run."""
    feed = subject.open()
    try:
        for chunk in chunks:
            signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)
            try:
                feed(chunk)
            except subject.refuses:
                close(feed)
                feed = subject.open()
    except (Exception, Hang) as error:  # noqa: BLE001  # whatever it is that a decoder must not raise
        return error
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        close(feed)
    return None


def close(feed: Feed) -> None:
    with suppress(AttributeError):
        feed.close()  # most have none


@contextmanager
def watched() -> Iterator[None]:
    """A chunk that takes too long is broken off; the timer counts this process' own time. Main thread only."""

    def too_long(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGVTALRM, too_long)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
