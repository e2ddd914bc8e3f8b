"""Cameras for the recorder's tests: real packets into real files, on a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gateway.errors import LinkLost
from gateway.vision.view.faststart import write_faststart
from gateway.vision.view.muxer import FileMuxer
from gateway.vision.view.view_client import OngoingRecording, RecordedSpan
from tests.vision.view.fake_camera import Camera, RecordedOutput


class Footage:
    """`cameras` by name; `broken` names those whose worker dies when it is told to end a recording."""

    def __init__(self) -> None:
        self.cameras: dict[str, Camera] = {}
        self.broken: set[str] = set()
        self.recordings = 0
        self.muxers: list[FileMuxer] = []
        self._lose: dict[str, Callable[[], None]] = {}

    def add(self, name: str, filmed: int = 300) -> Camera:
        camera = self.cameras[name] = Camera()
        camera.film(filmed)
        return camera

    async def record(self, camera: str, raw: Path, before_s: float) -> OngoingRecording:
        if camera not in self.cameras:
            raise LinkLost(f"camera {camera} is not connected")
        self.recordings += 1
        output, subscribers = RecordedOutput(), self.cameras[camera].subscribers
        muxer = FileMuxer(self.recordings, lambda: None, output, raw)
        subscribers.subscribe(muxer, before_s)
        taken: asyncio.Future[RecordedSpan] = asyncio.get_running_loop().create_future()
        self.muxers.append(muxer)

        def stop() -> None:
            subscribers.unsubscribe(muxer)
            if camera in self.broken and not taken.done():
                muxer.process()
                taken.set_exception(LinkLost("the worker is gone"))
            else:
                _end(muxer, output, taken)

        self._lose[camera] = lambda: _end(muxer, output, taken)
        return OngoingRecording(_time(muxer.began), taken, stop)

    def lose(self, camera: str, *, one_of_two: bool = False) -> None:
        """Its stream ends in the middle of a recording, and it has no other unless it is `one_of_two`."""
        if not one_of_two:
            del self.cameras[camera]
        self._lose[camera]()

    async def finish(self, raw: Path, mp4: Path) -> float:
        return await asyncio.to_thread(write_faststart, raw, mp4)


def _end(muxer: FileMuxer, output: RecordedOutput, taken: asyncio.Future[RecordedSpan]) -> None:
    if taken.done():
        return
    muxer.end("enough")
    muxer.process()
    said = output.last("recorded") or {}
    taken.set_result(RecordedSpan(_time(said["began"]), _time(said["ended"])))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
