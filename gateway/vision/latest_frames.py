"""Frames on their way to the recognisers: the newest of each camera wins, and what it replaces is counted."""

from __future__ import annotations

from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestFrames(Generic[T]):
    """One place a camera; taken in the order in which the places were filled."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: dict[int, T] = {}
        self.dropped = 0

    def offer(self, camera: int, thing: T) -> None:
        with self._changed:
            if camera in self._waiting:
                self.dropped += 1
            self._waiting[camera] = thing
            self._changed.notify()

    def take(self, timeout: float) -> tuple[int, T] | None:
        """None when nothing came in `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._waiting), timeout):
                return None
            camera = next(iter(self._waiting))
            return camera, self._waiting.pop(camera)

    def forget(self, camera: int) -> None:
        with self._changed:
            self._waiting.pop(camera, None)
