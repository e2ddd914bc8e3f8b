"""The gateway's side of a worker's live views and recordings: sends requests, distributes segments, awaits replies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from gateway.errors import AnjuError, LinkLost, Refused
from gateway.vision.ipc import IpcMessage
from gateway.vision.view.broadcast import InitSegment, LiveBroadcast, LiveViewer

REPLY_TIMEOUT = 5.0
FINISH_TIMEOUT = 60.0
T = TypeVar("T")
Send = Callable[[dict[str, object]], None]


@dataclass(frozen=True, slots=True)
class RecordedSpan:
    """When the first and the last picture of a recording came."""

    began: datetime
    ended: datetime


class OngoingRecording:
    """A recording under way. Call `stop`, then await `result`; that raises LinkLost when the stream was lost."""

    def __init__(self, began: datetime, result: asyncio.Future[RecordedSpan], stop: Callable[[], None]) -> None:
        self.began = began
        self.result = result
        self.stop = stop


class ViewClient:
    """Views are numbered together with all other requests to the worker. All of them end when the worker does.

    `has_stream` tells whether the worker runs and was given a stream.
    """

    def __init__(self, send: Send, next_number: Callable[[], int], has_stream: Callable[[int], bool]) -> None:
        self._has_stream = has_stream
        self._send = send
        self._next_number = next_number
        self._broadcasts: dict[int, LiveBroadcast] = {}
        self._by_stream: dict[int, int] = {}
        """The view of each stream that is viewed."""
        self._replies: dict[int, asyncio.Future[float]] = {}
        self._recordings: dict[int, asyncio.Future[RecordedSpan]] = {}

    @contextmanager
    def view(self, stream: int) -> Iterator[LiveViewer]:
        """A viewer of this stream; all viewers share one live view of the worker. Raises LinkLost when it is over."""
        self._check(stream)
        # The first viewer starts the live view, the last one ends it.
        if stream not in self._by_stream:
            view = self._by_stream[stream] = self._next_number()
            self._broadcasts[view] = LiveBroadcast()
            self._send({"request": "view", "stream": stream, "view": view})
        view = self._by_stream[stream]
        broadcast, viewer = self._broadcasts[view], LiveViewer()
        broadcast.add(viewer)
        try:
            yield viewer
        finally:
            broadcast.remove(viewer)
            # It may have failed meanwhile; then nothing is left to stop.
            if view in self._broadcasts and not broadcast.has_viewers:
                del self._broadcasts[view], self._by_stream[stream]
                self._send({"request": "stop_view", "view": view})

    async def record(self, stream: int, file: Path, before_s: float) -> OngoingRecording:
        """Raises LinkLost when the worker does not begin in time."""
        self._check(stream)
        view = self._next_number()
        result: asyncio.Future[RecordedSpan] = asyncio.get_running_loop().create_future()
        self._recordings[view] = result
        result.add_done_callback(lambda done: self._forget(view, done))
        request: dict[str, object] = {"request": "record", "stream": stream, "file": str(file), "before": before_s}
        try:
            began = await self._ask(view, request, REPLY_TIMEOUT)
        except BaseException:
            result.cancel()
            raise

        def stop() -> None:
            self._send({"request": "stop_view", "view": view})

        return OngoingRecording(datetime.fromtimestamp(began, UTC), result, stop)

    async def finish(self, raw: Path, mp4: Path) -> float:
        """Remux a recording to an MP4; gives its seconds. Raises LinkLost."""
        request: dict[str, object] = {"request": "finish", "raw": str(raw), "mp4": str(mp4)}
        return await self._ask(self._next_number(), request, FINISH_TIMEOUT)

    def handle(self, message: IpcMessage) -> None:
        """One event of the worker. Raises KeyError, TypeError or ValueError when it is invalid."""
        header, view = message.header, message.header["view"]
        match header["event"]:
            case "segment" if broadcast := self._broadcasts.get(view):
                start, init = _init_segment(header.get("init"), message.blob)
                broadcast.publish(message.blob[start:], key=bool(header["key"]), init=init)
            case "recording" | "finished":
                _set_result(self._replies.get(view), float(header["value"]))
            case "recorded":
                began, ended = (datetime.fromtimestamp(float(header[name]), UTC) for name in ("began", "ended"))
                _set_result(self._recordings.get(view), RecordedSpan(began, ended))
            case "view_failed":
                self._fail(view, _error(header))

    def on_worker_lost(self, why: str) -> None:
        """End all views and recordings with LinkLost."""
        for view in [*self._broadcasts, *self._replies, *self._recordings]:
            self._fail(view, LinkLost(why))

    def _check(self, stream: int) -> None:
        if not self._has_stream(stream):
            raise LinkLost("the camera is not connected")

    def _forget(self, view: int, result: asyncio.Future[RecordedSpan]) -> None:
        del self._recordings[view]
        if not result.cancelled():
            result.exception()  # marks it as retrieved: nobody may be awaiting it any more

    def _fail(self, view: int, error: AnjuError) -> None:
        if broadcast := self._broadcasts.pop(view, None):
            self._by_stream = {stream: number for stream, number in self._by_stream.items() if number != view}
            broadcast.end(error)
        for future in (self._replies.get(view), self._recordings.get(view)):
            if future is not None and not future.done():
                future.set_exception(error)

    async def _ask(self, view: int, request: dict[str, object], limit_s: float) -> float:
        reply: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._replies[view] = reply
        self._send(request | {"view": view})
        try:
            async with asyncio.timeout(limit_s):
                return await reply
        except TimeoutError:
            raise LinkLost(f"the vision worker did not {request['request']} within {limit_s:.0f} s") from None
        finally:
            del self._replies[view]


def _init_segment(description: Sequence[Any] | None, blob: bytes) -> tuple[int, InitSegment | None]:
    """Where the media begin in the blob, and the init segment in front of them."""
    if description is None:
        return 0, None
    codec, width, height, size = description
    return int(size), InitSegment(str(codec), int(width), int(height), blob[: int(size)])


def _error(header: dict[str, object]) -> AnjuError:
    why = str(header["why"])
    return Refused(why) if header.get("code") == "codec" else LinkLost(why)


def _set_result(future: asyncio.Future[T] | None, value: T) -> None:
    if future is not None and not future.done():
        future.set_result(value)
