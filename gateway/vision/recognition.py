"""The thread in which a worker recognises: one for all its cameras, since one core is what it may take."""

from __future__ import annotations

import time
from threading import Lock, Thread

from gateway.vision.known import Known
from gateway.vision.newest import Newest
from gateway.vision.outbox import Outbox
from gateway.vision.recogniser import CameraTracks, Recognisers, View
from gateway.vision.registry import Registry
from gateway.vision.sighting import Watch

_TICK = 0.5


class Recognition(Thread):
    def __init__(self, outbox: Outbox, frames: Newest[View]) -> None:
        super().__init__(name="recognition", daemon=True)
        self._outbox = outbox
        self._frames = frames
        self._lock = Lock()
        self._registry = Registry(Known())
        self._cameras: dict[int, CameraTracks] = {}

    def know(self, known: Known) -> None:
        self._registry = Registry(known)

    def add(self, number: int, watch: Watch) -> None:
        with self._lock:
            self._cameras[number] = CameraTracks(watch)

    def remove(self, number: int) -> None:
        with self._lock:
            self._cameras.pop(number, None)
        self._frames.forget(number)

    def run(self) -> None:
        recognisers = Recognisers()
        while True:
            self._look(recognisers)
            for number, camera in self._all():
                for sighting in camera.pass_time(time.monotonic(), self._registry):
                    self._outbox.offer(number, sighting)

    def _look(self, recognisers: Recognisers) -> None:
        taken = self._frames.take(_TICK)
        if taken is None:
            return
        number, view = taken
        with self._lock:
            camera = self._cameras.get(number)
        if camera is not None:
            for sighting in camera.look(view, recognisers, self._registry):
                self._outbox.offer(number, sighting)

    def _all(self) -> list[tuple[int, CameraTracks]]:
        with self._lock:
            return list(self._cameras.items())
