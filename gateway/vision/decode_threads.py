"""The threads that decode and analyse: few for many cameras, so that nothing is decoded where packets are received."""

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
from gateway.vision.motion.gates import MotionGates

THREADS = 2
IDLE_INTERVAL = 0.25
"""Seconds between two rounds when no work is left: waking up is what costs."""
TIME_SLICE = 0.02
"""Seconds of work on one camera before the next one is served."""
KEYFRAME_CHECK_SHARE = 0.03
"""Share of a core for decoding keyframes of cameras without known motion: the slower the machine, the fewer they are.

Where packet sizes say nothing about motion (constant bit rate, noise) it decides how soon a first visitor is seen: of
44 on such films 43 were seen within a second when each camera was checked every 4 s, 23 at every 13 s, which is what
this share gives 130 of them.
"""
KEYFRAME_CHECK_COST = 0.004
"""Seconds of CPU that one check takes, until that is measured."""
MAX_KEYFRAME_CHECK_INTERVAL = 20.0
"""Seconds between two checks of a camera, whatever they cost."""
SHARE_INTERVAL = 10.0
"""Seconds between two calculations of the check interval."""
_ASSUMED_CHECKS = 20
"""Weight of KEYFRAME_CHECK_COST, in measured checks."""
TRIM_INTERVAL = 60.0
"""Seconds between two returns of freed memory to the system; otherwise the heap keeps 1.6 MB of each decoder."""
FIRST_TRIM_DELAY = 20.0
"""Seconds after the start, when every camera is decoded for a while."""


class DecodeThread(Thread):
    """Serves its cameras in turn. One that fails is removed alone. `housekeeping` runs between two rounds."""

    def __init__(self, name: str, housekeeping: Callable[[], None] | None) -> None:
        super().__init__(name=name, daemon=True)
        self._lock = Lock()
        self._has_cameras = Event()
        self._pause = Event()
        self._keyframes = KeyframeDecoder()
        self._cameras: dict[FrameAnalysis, tuple[Iterator[bool], Callable[..., None]]] = {}
        self._dropped = 0
        self._housekeeping = housekeeping

    @property
    def cameras(self) -> int:
        """How many are analysed; main streams are not."""
        with self._lock:
            return sum(analysis.is_enabled for analysis in self._cameras)

    @property
    def dropped(self) -> int:
        """Pictures not decoded for lack of time, of removed cameras too."""
        with self._lock:
            return self._dropped + sum(analysis.dropped for analysis in self._cameras)

    def add(self, analysis: FrameAnalysis, on_failure: Callable[..., None]) -> None:
        """Serve a camera from the next round on."""
        with self._lock:
            self._cameras[analysis] = analysis.steps(self._keyframes), on_failure
            self._has_cameras.set()

    def remove(self, analysis: FrameAnalysis) -> None:
        """Serve it no more; does nothing for another thread's camera."""
        with self._lock:
            if self._cameras.pop(analysis, None):
                self._dropped += analysis.dropped

    def run(self) -> None:
        """Never returns; waits while there is no camera."""
        while True:
            self._has_cameras.wait()
            with self._lock:
                cameras = list(self._cameras.items())
                if not cameras:
                    self._has_cameras.clear()
            if not sum(self._serve(analysis, steps, on_failure) for analysis, (steps, on_failure) in cameras):
                self._pause.wait(IDLE_INTERVAL)
            if self._housekeeping is not None:
                self._housekeeping()

    def set_keyframe_check_interval(self, seconds: float) -> None:
        """For all its cameras."""
        with self._lock:
            for analysis in self._cameras:
                analysis.set_keyframe_check_interval(seconds)

    @property
    def keyframe_checks(self) -> tuple[int, float]:
        """Checks of the cameras that are here now, and the seconds of CPU they took."""
        with self._lock:
            checks = sum(analysis.keyframe_checks for analysis in self._cameras)
            return checks, sum(analysis.keyframe_check_cpu_s for analysis in self._cameras)

    def _serve(self, analysis: FrameAnalysis, steps: Iterator[bool], on_failure: Callable[..., None]) -> bool:
        """One time slice of a camera; whether it has more to do."""
        until = time.monotonic() + TIME_SLICE
        try:
            while more := next(steps):
                if time.monotonic() >= until:
                    break
        except StopIteration:
            self.remove(analysis)
            return False
        except LinkLost as error:
            self.remove(analysis)
            on_failure(Words.of(error.why))
            return False
        except Exception:  # noqa: BLE001  a supervisor of one camera: whatever its pictures break, breaks it alone
            traceback.print_exc()
            self.remove(analysis)
            on_failure()
            return False
        return more


class DecodeThreads:
    """Distributes cameras over a fixed number of threads and limits what keyframe checks cost."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = [
            DecodeThread(f"decoder-{number + 1}", None if number else self._housekeeping) for number in range(threads)
        ]
        self._trim_due = time.monotonic() + FIRST_TRIM_DELAY
        self._share_due = 0.0
        self._keyframe_check_share = KEYFRAME_CHECK_SHARE

    @property
    def dropped(self) -> int:
        """Pictures that should have been decoded and were not, for lack of time."""
        return sum(thread.dropped for thread in self._threads)

    def start(self) -> None:
        """Start the threads; they are daemons and are never stopped."""
        for thread in self._threads:
            thread.start()

    def set_keyframe_check_share(self, of_a_core: float) -> None:
        """Spend this share of a core on keyframe checks, from now on."""
        self._keyframe_check_share = of_a_core
        self._update_interval()

    def add(self, analysis: FrameAnalysis, on_failure: Callable[..., None]) -> None:
        """Give a camera to the thread with the fewest.

        `on_failure` is called without arguments when its pictures break the code, with Words when they can't be
        decoded.
        """
        min(self._threads, key=lambda thread: thread.cameras).add(analysis, on_failure)
        self._update_interval()

    def remove(self, analysis: FrameAnalysis) -> None:
        """Serve a camera no more, whichever thread has it."""
        for thread in self._threads:
            thread.remove(analysis)
        self._update_interval()

    def _housekeeping(self) -> None:
        now = time.monotonic()
        if now >= self._share_due:
            self._share_due = now + SHARE_INTERVAL
            self._update_interval()
        if now >= self._trim_due:
            self._trim_due = now + TRIM_INTERVAL
            ctypes.CDLL(None).malloc_trim(0)

    def _update_interval(self) -> None:
        """Few cameras are checked more often than many, and small pictures more often than large ones."""
        counts, spent = zip(*(thread.keyframe_checks for thread in self._threads), strict=True)
        cost = (sum(spent) + KEYFRAME_CHECK_COST * _ASSUMED_CHECKS) / (sum(counts) + _ASSUMED_CHECKS)
        interval = cost * sum(thread.cameras for thread in self._threads) / self._keyframe_check_share
        for thread in self._threads:
            thread.set_keyframe_check_interval(
                min(max(MotionGates.BLIND_INTERVAL, interval), MAX_KEYFRAME_CHECK_INTERVAL)
            )
