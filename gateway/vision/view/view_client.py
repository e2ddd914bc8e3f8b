"""The gateway's end of what a worker shows and takes down: its cameras' broadcasts and recordings."""

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
    """From the first picture of a recording to the last."""

    began: datetime
    ended: datetime


class OngoingRecording:
    """A recording under way."""

    def __init__(self, began: datetime, taken: asyncio.Future[RecordedSpan], stop: Callable[[], None]) -> None:
        self.began = began
        self.taken = taken
        self.stop = stop


class ViewClient:
    """Numbers are unique among all that is asked of the worker. Everything ends when the worker does.

    `watches` says whether the worker has been told of a watch and still lives.
    """

    def __init__(self, send: Send, number: Callable[[], int], watches: Callable[[int], bool]) -> None:
        self._watches = watches
        self._send = send
        self._number = number
        self._broadcasts: dict[int, LiveBroadcast] = {}
        self._by_watch: dict[int, int] = {}
        self._answers: dict[int, asyncio.Future[float]] = {}
        self._takings: dict[int, asyncio.Future[RecordedSpan]] = {}

    @contextmanager
    def show(self, watch: int) -> Iterator[LiveViewer]:
        """A viewer of what this watch receives. Raises LinkLost when it is over."""
        self._check(watch)
        if watch not in self._by_watch:
            view = self._by_watch[watch] = self._number()
            self._broadcasts[view] = LiveBroadcast()
            self._send({"do": "show", "watch": watch, "view": view})
        view = self._by_watch[watch]
        broadcast, viewer = self._broadcasts[view], LiveViewer()
        broadcast.join(viewer)
        try:
            yield viewer
        finally:
            broadcast.leave(viewer)
            if view in self._broadcasts and not broadcast.is_watched:
                del self._broadcasts[view], self._by_watch[watch]
                self._send({"do": "hide", "view": view})

    async def record(self, watch: int, file: Path, before_s: float) -> OngoingRecording:
        """Raises LinkLost when the worker does not begin."""
        self._check(watch)
        view = self._number()
        taken: asyncio.Future[RecordedSpan] = asyncio.get_running_loop().create_future()
        self._takings[view] = taken
        taken.add_done_callback(lambda done: self._forget(view, done))
        request: dict[str, object] = {"do": "record", "watch": watch, "view": view, "file": str(file)}
        try:
            began = await self._ask(view, request | {"before": before_s}, REPLY_TIMEOUT)
        except BaseException:
            taken.cancel()
            raise
        return OngoingRecording(
            datetime.fromtimestamp(began, UTC), taken, lambda: self._send({"do": "hide", "view": view})
        )

    async def finish(self, raw: Path, mp4: Path) -> float:
        """Make an MP4 of a recording; gives its seconds. Raises LinkLost."""
        request: dict[str, object] = {"do": "finish", "raw": str(raw), "mp4": str(mp4)}
        return await self._ask(self._number(), request, FINISH_TIMEOUT)

    def take(self, message: IpcMessage) -> None:
        """What the worker says of a view. Raises KeyError, TypeError or ValueError on what no worker says."""
        header, view = message.header, message.header["view"]
        match header["say"]:
            case "part" if broadcast := self._broadcasts.get(view):
                start, opening = _opening(header.get("opening"), message.blob)
                broadcast.take(message.blob[start:], key=bool(header["key"]), opening=opening)
            case "recording" | "finished":
                _settle(self._answers.get(view), float(header["value"]))
            case "recorded":
                began, ended = (datetime.fromtimestamp(float(header[name]), UTC) for name in ("began", "ended"))
                _settle(self._takings.get(view), RecordedSpan(began, ended))
            case "unshown":
                self._fail(view, _fault(header))

    def lose(self, why: str) -> None:
        """The worker is gone."""
        for view in [*self._broadcasts, *self._answers, *self._takings]:
            self._fail(view, LinkLost(why))

    def _check(self, watch: int) -> None:
        if not self._watches(watch):
            raise LinkLost("the camera is not connected")

    def _forget(self, view: int, taken: asyncio.Future[RecordedSpan]) -> None:
        del self._takings[view]
        if not taken.cancelled():
            taken.exception()  # nobody may be waiting for it any more

    def _fail(self, view: int, error: AnjuError) -> None:
        if broadcast := self._broadcasts.pop(view, None):
            self._by_watch = {watch: number for watch, number in self._by_watch.items() if number != view}
            broadcast.end(error)
        for future in (self._answers.get(view), self._takings.get(view)):
            if future is not None and not future.done():
                future.set_exception(error)

    async def _ask(self, view: int, request: dict[str, object], limit: float) -> float:
        answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._answers[view] = answer
        self._send(request | {"view": view})
        try:
            async with asyncio.timeout(limit):
                return await answer
        except TimeoutError:
            raise LinkLost(f"the vision worker did not {request['do']} within {limit:.0f} s") from None
        finally:
            del self._answers[view]


def _opening(said: Sequence[Any] | None, blob: bytes) -> tuple[int, InitSegment | None]:
    """Where the media begins, and what stands before it."""
    if said is None:
        return 0, None
    codec, width, height, size = said
    return int(size), InitSegment(str(codec), int(width), int(height), blob[: int(size)])


def _fault(header: dict[str, object]) -> AnjuError:
    why = str(header["why"])
    return Refused(why) if header.get("code") == "codec" else LinkLost(why)


def _settle(future: asyncio.Future[T] | None, value: T) -> None:
    if future is not None and not future.done():
        future.set_result(value)
