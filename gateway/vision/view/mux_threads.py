"""Live views and recordings in a worker: their muxers, and the two threads that run them."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event, Lock, Thread

from gateway.errors import BadInput
from gateway.vision.view.faststart import write_faststart
from gateway.vision.view.muxer import FileMuxer, LiveMuxer, Muxer, MuxerOutput
from gateway.vision.view.subscribers import Subscribers

LIVE_INTERVAL, FILE_INTERVAL = 0.1, 1.0
"""Seconds between two runs of the muxers: units are collected, because browsers and disks want few and large pieces."""


class MuxThread:
    """Runs its muxers at an interval, and sleeps while none has data."""

    def __init__(self, name: str, interval: float) -> None:
        self.wake = Event()
        self._interval = interval
        self._lock = Lock()
        self._muxers: dict[int, Muxer] = {}
        self._pause = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """A daemon thread; never stopped."""
        self._thread.start()

    def add(self, muxer: Muxer) -> None:
        """Run it until it is finished."""
        with self._lock:
            self._muxers[muxer.view] = muxer

    def _run(self) -> None:
        while True:
            self.wake.wait()
            # Cleared before the work: data that comes meanwhile wakes the thread again.
            self.wake.clear()
            with self._lock:
                muxers = list(self._muxers.values())
            for muxer in muxers:
                self._process(muxer)
            self._pause.wait(self._interval)

    def _process(self, muxer: Muxer) -> None:
        try:
            muxer.process()
        except (OSError, BadInput) as error:
            muxer.fail(str(error))
        if muxer.is_finished:
            with self._lock:
                self._muxers.pop(muxer.view, None)


class MuxThreads:
    """All views of a worker, by number. Every method is for the thread that handles the gateway's requests."""

    def __init__(self, output: MuxerOutput) -> None:
        self._output = output
        self._live = MuxThread("live", LIVE_INTERVAL)
        self._files = MuxThread("recordings", FILE_INTERVAL)
        self._running: dict[int, tuple[Muxer, Subscribers]] = {}

    def start(self) -> None:
        """Start both threads."""
        self._live.start()
        self._files.start()

    def view(self, view: int, subscribers: Subscribers) -> None:
        """Send live segments until stopped."""
        self._begin(LiveMuxer(view, self._live.wake.set, self._output), subscribers, self._live)

    def record(self, view: int, subscribers: Subscribers, file: Path, before_s: float) -> None:
        """Write a file from `before_s` seconds ago on; sends `recording` once it has begun."""
        try:
            muxer = FileMuxer(view, self._files.wake.set, self._output, file)
        except OSError as error:
            self._output.send("view_failed", view=view, why=str(error))
            return
        self._begin(muxer, subscribers, self._files, before_s)
        self._output.send("recording", view=view, value=muxer.began or time.time())

    def stop(self, view: int) -> None:
        """End a live view or a recording; the latter sends `recorded` once its file is complete."""
        if running := self._running.pop(view, None):
            muxer, subscribers = running
            subscribers.unsubscribe(muxer)
            muxer.end("nobody wants it any more")

    def finish(self, view: int, raw: Path, mp4: Path) -> None:
        """Remux a recording in a thread of its own; sends `finished`."""
        Thread(target=self._finish, args=(view, raw, mp4), name=f"finish-{view}", daemon=True).start()

    def _begin(self, muxer: Muxer, subscribers: Subscribers, thread: MuxThread, before_s: float | None = None) -> None:
        # Muxers end by themselves when their stream is lost; nobody else removes them here.
        self._running = {view: running for view, running in self._running.items() if not running[0].is_finished}
        self._running[muxer.view] = muxer, subscribers
        thread.add(muxer)
        subscribers.subscribe(muxer, before_s)

    def _finish(self, view: int, raw: Path, mp4: Path) -> None:
        try:
            seconds = write_faststart(raw, mp4)
        except (OSError, BadInput) as error:
            self._output.send("view_failed", view=view, why=str(error))
        else:
            self._output.send("finished", view=view, value=seconds)
