"""A worker's side of live views and recordings: reels, and the two threads that work on them."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event, Lock, Thread

from gateway.errors import BadInput
from gateway.vision.view.faststart import write_faststart
from gateway.vision.view.muxer import FileMuxer, LiveMuxer, Muxer, MuxerOutput
from gateway.vision.view.subscribers import Subscribers

LIVE_INTERVAL, FILE_INTERVAL = 0.1, 1.0
"""How often the reels are worked on: segments are put together, a browser and a disk want few and large pieces."""


class MuxThread:
    """A thread that works on its reels every so often, and sleeps while there are none."""

    def __init__(self, name: str, interval: float) -> None:
        self.wake = Event()
        self._interval = interval
        self._lock = Lock()
        self._muxers: dict[int, Muxer] = {}
        self._pause = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def add(self, muxer: Muxer) -> None:
        with self._lock:
            self._muxers[muxer.view] = muxer

    def _run(self) -> None:
        while True:
            self.wake.wait()
            self.wake.clear()
            with self._lock:
                muxers = list(self._muxers.values())
            for muxer in muxers:
                self._work(muxer)
            self._pause.wait(self._interval)

    def _work(self, muxer: Muxer) -> None:
        try:
            muxer.work()
        except (OSError, BadInput) as error:
            muxer.fail(str(error))
        if muxer.is_over:
            with self._lock:
                self._muxers.pop(muxer.view, None)


class MuxThreads:
    """Every method is for the thread that hears the gateway."""

    def __init__(self, outlet: MuxerOutput) -> None:
        self._outlet = outlet
        self._live = MuxThread("live", LIVE_INTERVAL)
        self._files = MuxThread("recordings", FILE_INTERVAL)
        self._running: dict[int, tuple[Muxer, Subscribers]] = {}

    def start(self) -> None:
        self._live.start()
        self._files.start()

    def show(self, view: int, subscribers: Subscribers) -> None:
        muxer = LiveMuxer(view, self._live.wake.set, self._outlet)
        self._begin(muxer, subscribers, self._live)

    def record(self, view: int, subscribers: Subscribers, file: Path, before_s: float) -> None:
        try:
            muxer = FileMuxer(view, self._files.wake.set, self._outlet, file)
        except OSError as error:
            self._outlet.say("unshown", view=view, why=str(error))
            return
        self._begin(muxer, subscribers, self._files, before_s)
        self._outlet.say("recording", view=view, value=muxer.began or time.time())

    def hide(self, view: int) -> None:
        """End it. A recording says `recorded` once its file is whole."""
        if running := self._running.pop(view, None):
            muxer, subscribers = running
            subscribers.leave(muxer)
            muxer.end("nobody wants it any more")

    def finish(self, view: int, raw: Path, mp4: Path) -> None:
        """In a thread: nobody waits for it here."""
        Thread(target=self._finish, args=(view, raw, mp4), name=f"finish-{view}", daemon=True).start()

    def _begin(self, muxer: Muxer, subscribers: Subscribers, thread: MuxThread, before_s: float | None = None) -> None:
        self._running = {view: running for view, running in self._running.items() if not running[0].is_over}
        self._running[muxer.view] = muxer, subscribers
        thread.add(muxer)
        subscribers.join(muxer, before_s)

    def _finish(self, view: int, raw: Path, mp4: Path) -> None:
        try:
            seconds = write_faststart(raw, mp4)
        except (OSError, BadInput) as error:
            self._outlet.say("unshown", view=view, why=str(error))
        else:
            self._outlet.say("finished", view=view, value=seconds)
