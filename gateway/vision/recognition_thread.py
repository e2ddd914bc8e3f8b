"""The thread in which a worker recognises: one for all its cameras, since one core is what it may take.

What fails over one camera's pictures ends that camera alone.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from threading import Lock, Thread

from gateway.vision.camera_recogniser import CameraRecogniser, RecognitionModels, TimedFrame
from gateway.vision.identities import Identities
from gateway.vision.identity_index import IdentityIndex
from gateway.vision.latest_frames import LatestFrames
from gateway.vision.send_queue import SendQueue
from gateway.vision.sighting import Sighting, StreamConfig

_TICK = 0.5


class RecognitionThread(Thread):
    def __init__(self, send_queue: SendQueue, frames: LatestFrames[TimedFrame]) -> None:
        super().__init__(name="recognition", daemon=True)
        self._send_queue = send_queue
        self._frames = frames
        self._lock = Lock()
        self._registry = IdentityIndex(Identities())
        self._cameras: dict[int, tuple[CameraRecogniser, Callable[[], None]]] = {}

    def know(self, known: Identities) -> None:
        self._registry = IdentityIndex(known)

    def add(self, number: int, watch: StreamConfig, failed: Callable[[], None]) -> None:
        """`failed` is called, in this thread, when what it shows breaks the code."""
        with self._lock:
            self._cameras[number] = CameraRecogniser(watch), failed

    def remove(self, number: int) -> None:
        with self._lock:
            self._cameras.pop(number, None)
        self._frames.forget(number)

    def run(self) -> None:
        recognisers = RecognitionModels()
        while True:
            self._look(recognisers)
            for number in self._all():
                self._tell(number, lambda camera: camera.pass_time(time.monotonic(), self._registry))

    def _look(self, recognisers: RecognitionModels) -> None:
        if taken := self._frames.take(_TICK):
            number, view = taken
            self._tell(number, lambda camera: camera.look(view, recognisers, self._registry))

    def _tell(self, number: int, look: Callable[[CameraRecogniser], list[Sighting]]) -> None:
        with self._lock:
            known = self._cameras.get(number)
        if known is None:
            return
        camera, failed = known
        try:
            for sighting in look(camera):
                self._send_queue.offer(number, sighting)
        except Exception:  # noqa: BLE001  a supervisor of one camera: an error would end the worker of all others
            traceback.print_exc()
            self.remove(number)
            failed()

    def _all(self) -> list[int]:
        with self._lock:
            return list(self._cameras)
