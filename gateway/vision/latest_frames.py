"""Frames for the recognisers: keeps the newest of each camera and counts those that it replaced."""

from __future__ import annotations

from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestFrames(Generic[T]):
    """One place for each camera. Cameras are served in the order in which their places were filled."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._pending: dict[int, T] = {}
        self.dropped = 0
        """Frames that a newer one replaced before they were taken."""

    def put(self, camera: int, frame: T) -> None:
        """Replace the camera's pending frame, if there is one."""
        with self._changed:
            if camera in self._pending:
                self.dropped += 1
            # A replaced frame keeps its place in the order, so that a busy camera starves no other.
            self._pending[camera] = frame
            self._changed.notify()

    def take(self, timeout: float) -> tuple[int, T] | None:
        """The next camera's number and frame; None when nothing came in `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._pending), timeout):
                return None
            camera = next(iter(self._pending))
            return camera, self._pending.pop(camera)

    def remove(self, camera: int) -> None:
        """Discard the camera's pending frame."""
        with self._changed:
            self._pending.pop(camera, None)
