"""The threads that look: few, for many cameras, so that nothing is ever decoded where packets are received."""

from __future__ import annotations

import ctypes
import time
import traceback
from collections.abc import Callable, Iterator
from threading import Event, Lock, Thread

from gateway.errors import LinkLost
from gateway.model import Words
from gateway.vision.camera_decoder import KeyframeDecoder
from gateway.vision.frame_analysis import FrameAnalysis
from gateway.vision.motion.gates import Gates

THREADS = 2
IDLE_INTERVAL = 0.25
"""Seconds between two rounds when there is nothing left to do: waking up is what costs."""
TIME_SLICE = 0.02
"""Seconds of work after which the next camera has its turn."""
KEYFRAME_CHECK_SHARE = 0.03
"""Of a core, for keyframes of cameras on which nothing is known to move: the slower the machine, the fewer they are.

Where packets say nothing of motion (constant bit rate, noise) it decides how soon a first visitor is seen: of 44
on such films 43 within a second when each camera is glanced at every 4 s, 23 at every 13 s, which is what this gives
130 of them.
"""
KEYFRAME_CHECK_COST = 0.004
"""Seconds of CPU that one takes, until that is measured."""
MAX_KEYFRAME_CHECK_INTERVAL = 20.0
"""Seconds between two keyframes of a camera, whatever they cost."""
SHARE_INTERVAL = 10.0
_FIRST = 20
"""Of measured ones that the estimate counts for."""
TRIM_INTERVAL = 60.0
"""Seconds between two times what decoders left behind is given back; a heap keeps 1.6 MB of each otherwise."""
FIRST_TRIM_DELAY = 20.0
"""Seconds after which the start is over, when every camera is decoded for a while."""


class DecodeThread(Thread):
    """Goes round its cameras. One that fails is ended by `failed`, alone. `chores` are done between two rounds."""

    def __init__(self, name: str, chores: Callable[[], None] | None) -> None:
        super().__init__(name=name, daemon=True)
        self._lock = Lock()
        self._some = Event()
        self._pause = Event()
        self._keys = KeyframeDecoder()
        self._turns: dict[FrameAnalysis, tuple[Iterator[bool], Callable[..., None]]] = {}
        self._dropped = 0
        self._chores = chores

    @property
    def cameras(self) -> int:
        """Whose pictures are looked at; of a main stream nothing is."""
        with self._lock:
            return sum(look.looks for look in self._turns)

    @property
    def dropped(self) -> int:
        with self._lock:
            return self._dropped + sum(look.dropped for look in self._turns)

    def add(self, look: FrameAnalysis, failed: Callable[..., None]) -> None:
        with self._lock:
            self._turns[look] = look.steps(self._keys), failed
            self._some.set()

    def remove(self, look: FrameAnalysis) -> None:
        with self._lock:
            if self._turns.pop(look, None):
                self._dropped += look.dropped

    def run(self) -> None:
        while True:
            self._some.wait()
            with self._lock:
                turns = list(self._turns.items())
                if not turns:
                    self._some.clear()
            if not sum(self._turn(look, steps, failed) for look, (steps, failed) in turns):
                self._pause.wait(IDLE_INTERVAL)
            if self._chores is not None:
                self._chores()

    def glance(self, every: float) -> None:
        with self._lock:
            for look in self._turns:
                look.glance(every)

    @property
    def keyframe_check_cpu_s(self) -> tuple[int, float]:
        """Keyframes looked at by the cameras that are here now, and the seconds of CPU they took."""
        with self._lock:
            return sum(look.glances for look in self._turns), sum(look.keyframe_check_cpu_s for look in self._turns)

    def _turn(self, look: FrameAnalysis, steps: Iterator[bool], failed: Callable[..., None]) -> bool:
        """Whether it has more to do."""
        until = time.monotonic() + TIME_SLICE
        try:
            while more := next(steps):
                if time.monotonic() >= until:
                    break
        except StopIteration:
            self.remove(look)
            return False
        except LinkLost as error:
            self.remove(look)
            failed(Words.of(error.why))
            return False
        except Exception:  # noqa: BLE001  a supervisor of one camera: whatever its pictures break, breaks it alone
            traceback.print_exc()
            self.remove(look)
            failed()
            return False
        return more


class DecodeThreads:
    def __init__(self, threads: int = THREADS) -> None:
        self._threads = [
            DecodeThread(f"looker-{number + 1}", None if number else self._chores) for number in range(threads)
        ]
        self._trim_due = time.monotonic() + FIRST_TRIM_DELAY
        self._share_due = 0.0
        self._of_a_core = KEYFRAME_CHECK_SHARE

    @property
    def dropped(self) -> int:
        """Pictures that were wanted and not decoded."""
        return sum(thread.dropped for thread in self._threads)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def spend(self, of_a_core: float) -> None:
        """So much on glances, from now on."""
        self._of_a_core = of_a_core
        self._share()

    def add(self, look: FrameAnalysis, failed: Callable[..., None]) -> None:
        """To the one with the fewest.

        `failed` is called when its pictures break the code, and with words when they can't be decoded.
        """
        min(self._threads, key=lambda thread: thread.cameras).add(look, failed)
        self._share()

    def remove(self, look: FrameAnalysis) -> None:
        for thread in self._threads:
            thread.remove(look)
        self._share()

    def _chores(self) -> None:
        now = time.monotonic()
        if now >= self._share_due:
            self._share_due = now + SHARE_INTERVAL
            self._share()
        if now >= self._trim_due:
            self._trim_due = now + TRIM_INTERVAL
            ctypes.CDLL(None).malloc_trim(0)

    def _share(self) -> None:
        """Few cameras are glanced at more often than many, and small pictures more often than large ones."""
        counts, spent = zip(*(thread.keyframe_check_cpu_s for thread in self._threads), strict=True)
        cost = (sum(spent) + KEYFRAME_CHECK_COST * _FIRST) / (sum(counts) + _FIRST)
        every = cost * sum(thread.cameras for thread in self._threads) / self._of_a_core
        for thread in self._threads:
            thread.glance(min(max(Gates.GLANCE, every), MAX_KEYFRAME_CHECK_INTERVAL))
