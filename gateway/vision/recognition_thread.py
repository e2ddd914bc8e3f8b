"""The recognition thread of a worker: one for all its cameras, so that recognition takes one core at most.

A failure on one camera's frames ends that camera alone.
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
from gateway.vision.sighting import Sighting
from gateway.vision.stream_config import StreamConfig

_MAX_WAIT = 0.5
"""Seconds to wait for a frame before tracks are checked for time passed."""


class RecognitionThread(Thread):
    """Takes the newest frames, runs the recognisers, and sends sightings."""

    def __init__(self, send_queue: SendQueue, frames: LatestFrames[TimedFrame]) -> None:
        super().__init__(name="recognition", daemon=True)
        self._send_queue = send_queue
        self._frames = frames
        self._lock = Lock()
        self._index = IdentityIndex(Identities())
        self._cameras: dict[int, tuple[CameraRecogniser, Callable[[], None]]] = {}

    def set_identities(self, identities: Identities) -> None:
        """Match against these from the next frame on."""
        self._index = IdentityIndex(identities)

    def add(self, number: int, config: StreamConfig, on_failure: Callable[[], None]) -> None:
        """`on_failure` is called, in this thread, when the camera's frames break the code."""
        with self._lock:
            self._cameras[number] = CameraRecogniser(config), on_failure

    def remove(self, number: int) -> None:
        """Discard the camera's tracks and its pending frame."""
        with self._lock:
            self._cameras.pop(number, None)
        self._frames.remove(number)

    def run(self) -> None:
        """Never returns."""
        models = RecognitionModels()
        while True:
            self._recognise(models)
            # Tracks end by time too, when a face or a plate has left the picture.
            for number in self._numbers():
                self._send_sightings(number, lambda camera: camera.pass_time(time.monotonic(), self._index))

    def _recognise(self, models: RecognitionModels) -> None:
        if taken := self._frames.take(_MAX_WAIT):
            number, frame = taken
            self._send_sightings(number, lambda camera: camera.recognise(frame, models, self._index))

    def _send_sightings(self, number: int, recognise: Callable[[CameraRecogniser], list[Sighting]]) -> None:
        with self._lock:
            entry = self._cameras.get(number)
        if entry is None:  # removed while its frame was pending
            return
        camera, on_failure = entry
        try:
            for sighting in recognise(camera):
                self._send_queue.send_sighting(number, sighting)
        except Exception:  # noqa: BLE001  a supervisor of one camera: an error would end the worker of all others
            traceback.print_exc()
            self.remove(number)
            on_failure()

    def _numbers(self) -> list[int]:
        with self._lock:
            return list(self._cameras)
