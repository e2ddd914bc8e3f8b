"""One decoder under fire: what it took, how long, what it held, and what broke."""

from __future__ import annotations

import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from random import Random

from tests.fuzz import replay
from tests.fuzz.memory import Footprint, held_by
from tests.fuzz.mutate import Mutator
from tests.fuzz.replay import Hang, close, replayed, watched
from tests.fuzz.result import Failure, Result
from tests.fuzz.shrink import shrunk
from tests.fuzz.subject import Feed, Subject

WARM_UP = 0.3
"""The share of the bytes after which caches are full and growth counts."""
MOST_GROWTH = 2 << 20
"""Bytes of RAM gained after that, besides what the decoder may hold. Leaking a quarter of its input is found."""
MOST_BLOCKS = 10_000
"""Python's small blocks gained after that, besides those in what the decoder may hold: a leak in every hundredth
frame."""
LOOKS = 50
REMEMBERED = 1 << 20
"""Bytes of the latest input kept to make a failure small."""
TELL_EVERY_S = 0.25


class Run:
    """`tell` hears the bytes so far, a few times a second."""

    def __init__(self, subject: Subject, size: int, seed: int, tell: Callable[[int], None] = lambda _: None) -> None:
        self._subject, self._size, self._tell = subject, size, tell
        self._mutator = Mutator(subject, Random(f"{seed} {subject.name}"))
        self._result = Result(subject.name)
        self._history: deque[bytes] = deque()
        self._remembered = 0
        self._feed: Feed = subject.open()
        self._fresh = held_by(self._feed)

    def result(self) -> Result:
        with watched():
            try:
                self._attack()
            except Hang:
                self._result.failure = Failure(f"a chunk took more than {replay.HANG_S:g} s", self._history_now()[-1:])
            except Exception as error:  # noqa: BLE001  # whatever it is that a decoder must not raise
                self._result.failure = self._of(error)
            finally:
                close(self._feed)
        return self._result

    def _attack(self) -> None:
        result, size = self._result, self._size
        warm: Footprint | None = None
        look_at, told = 0, 0.0
        for chunk in self._input():
            self._take(chunk)
            if result.bytes >= look_at:
                self._look()
                look_at += size // LOOKS + 1
            if warm is None and result.bytes >= size * WARM_UP:
                warm = Footprint.now()
            if (now := time.monotonic()) - told > TELL_EVERY_S:
                told = now
                self._tell(result.bytes)
            if result.bytes >= size:
                break
        self._judge(warm, Footprint.now())
        self._tell(result.bytes)

    def _input(self) -> Iterator[bytes]:
        """A stream begins anew where a connection does."""
        pieces = self._mutator.pieces()
        while True:
            refused = self._result.refused
            for chunk in pieces if self._subject.whole else self._mutator.chunks(pieces):
                yield chunk
                if self._result.refused != refused:
                    break

    def _take(self, chunk: bytes) -> None:
        result = self._result
        self._remember(chunk)
        began = time.thread_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, replay.HANG_S)
        try:
            self._feed(chunk)
        except self._subject.refuses:
            result.refused += 1
            self._reopen()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        took = time.thread_time() - began
        result.seconds += took
        result.worst_s = max(result.worst_s, took)
        result.bytes += len(chunk)

    def _reopen(self) -> None:
        close(self._feed)
        self._feed = self._subject.open()
        self._history.clear()
        self._remembered = 0

    def _remember(self, chunk: bytes) -> None:
        self._history.append(chunk)
        self._remembered += len(chunk)
        while self._remembered > REMEMBERED:
            self._remembered -= len(self._history.popleft())

    def _history_now(self) -> list[bytes]:
        return list(self._history)

    def _look(self) -> None:
        held = held_by(self._feed) - self._fresh
        self._result.held = max(self._result.held, held)
        if held > self._subject.holds and self._result.failure is None:
            self._result.failure = Failure(f"it holds {held} bytes, {self._subject.holds} are its bound")

    def _judge(self, warm: Footprint | None, end: Footprint) -> None:
        assert warm is not None
        result, holds = self._result, self._subject.holds
        result.grown, result.blocks = end.resident - warm.resident, end.blocks - warm.blocks
        if result.grown > holds + MOST_GROWTH:
            result.failure = result.failure or Failure(f"the process grew by {result.grown >> 10} kB")
        if result.blocks > holds // 32 + MOST_BLOCKS + self._subject.leaks:
            result.failure = result.failure or Failure(f"the process grew by {result.blocks} objects")

    def _of(self, error: Exception) -> Failure:
        def fails(chunks: Sequence[bytes]) -> bool:
            return type(replayed(self._subject, chunks)) is type(error)

        kind = type(error)
        why = f"raised {kind.__module__}.{kind.__qualname__}: {str(error)[:200]}".replace("builtins.", "")
        trace = "".join(traceback.format_exception(error)[-6:])
        return Failure(why, shrunk(self._history_now(), fails), trace)
