"""The gateway's end of one worker: talks to it, and starts it again when it dies."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.model import Words, from_data
from gateway.vision.identities import Identities
from gateway.vision.ipc import IpcMessage
from gateway.vision.sighting import Sighting, StreamConfig
from gateway.vision.view.view_client import ViewClient
from gateway.vision.worker_interface import StreamListener
from gateway.vision.worker_process import WorkerProcess, start_worker

START_TIMEOUT = 20.0
PICTURE_TIMEOUT = 3.0
SILENCE_TIMEOUT = 20.0
"""A worker says something every two seconds; one that does not is stuck, and is killed."""
_FIRST_WAIT, _LONGEST_WAIT, _SETTLED = 0.5, 30.0, 60.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class DropCounts:
    """What gave way since the start: sightings, frames that a newer one replaced, parts of live pictures."""

    sightings: int = 0
    frames: int = 0
    parts: int = 0

    def __add__(self, other: DropCounts) -> DropCounts:
        sums = (self.sightings + other.sightings, self.frames + other.frames, self.parts + other.parts)
        return DropCounts(*sums)


class WorkerClient:
    """Run `run()` in a task. Its process starts with the first camera."""

    def __init__(
        self,
        name: str,
        home_province: str | None = None,
        silence_timeout: float = SILENCE_TIMEOUT,
        glances: float | None = None,
    ) -> None:
        self.name = name
        self.restarts = 0
        self._home_province = home_province
        self._silence_timeout = silence_timeout
        self._glances = glances
        self._known = Identities()
        self._line: WorkerProcess | None = None
        self._wanted = asyncio.Event()
        self._ready = asyncio.Event()
        self._numbers = itertools.count(1)
        self._watches: dict[int, StreamListener] = {}
        self._pictures: dict[int, asyncio.Future[bytes]] = {}
        self._earlier, self._current = DropCounts(), DropCounts()
        self.views = ViewClient(self._send, lambda: next(self._numbers), lambda watch: watch in self._watches)

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._line.process.pid if self._line else None

    @property
    def dropped(self) -> DropCounts:
        return self._earlier + self._current

    async def run(self) -> None:
        wait, clock = _FIRST_WAIT, asyncio.get_running_loop().time
        await self._wanted.wait()
        while True:
            began = clock()
            why = await self._live()
            self._lose(f"vision worker {self.name} is gone: {why}")
            log.warning("vision worker gone", worker=self.name, why=why)
            wait = _FIRST_WAIT if clock() - began > _SETTLED else wait
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311  jitter is no secret
            wait = min(2 * wait, _LONGEST_WAIT)
            self.restarts += 1

    def know(self, known: Identities) -> None:
        self._known = known
        if self._ready.is_set():
            self._send_known()

    # what a slot asks for

    async def wait_until_ready(self) -> None:
        """Raises LinkLost when it does not start."""
        self._wanted.set()
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await self._ready.wait()
        except TimeoutError:
            raise LinkLost(
                Words("视频程序启动不了，请通知安装员", f"vision worker {self.name} does not start")
            ) from None

    async def begin(self, hears: StreamListener, watch: StreamConfig) -> int:
        await self.wait_until_ready()
        return self.add_stream_now(hears, watch)

    def add_stream_now(self, hears: StreamListener, watch: StreamConfig) -> int:
        if not self._ready.is_set():
            raise LinkLost(Words("视频程序正在重新启动", f"vision worker {self.name} does not run"))
        number = next(self._numbers)
        self._watches[number] = hears
        watch = replace(watch, home_province=watch.home_province or self._home_province)
        self._send({"do": "watch", "watch": number, "what": watch.message()})
        return number

    def end(self, number: int) -> None:
        if self._watches.pop(number, None):
            self._send({"do": "unwatch", "watch": number})

    async def picture(self, number: int) -> bytes | None:
        ask = next(self._numbers)
        answer = self._pictures[ask] = asyncio.get_running_loop().create_future()
        self._send({"do": "picture", "watch": number, "ask": ask})
        try:
            async with asyncio.timeout(PICTURE_TIMEOUT):
                return await answer or None
        except TimeoutError:
            return None
        finally:
            del self._pictures[ask]

    def count_dropped_sighting(self) -> None:
        self._earlier.sightings += 1

    # the process's life

    async def _live(self) -> str:
        """From its start to its end; says how it ended."""
        try:
            async with start_worker() as line:
                self._line = line
                why = await self._listen(line)
        except OSError as error:
            return f"it can't be started: {error}"
        else:
            return f"{why} (exit {line.process.returncode})"
        finally:
            self._line = None
            self._ready.clear()

    async def _listen(self, line: WorkerProcess) -> str:
        try:
            async for message in line.messages(self._silence_timeout):
                self._take(message)
        except TimeoutError:
            return f"it said nothing for {self._silence_timeout:.0f} s"
        except (ConnectionError, BadInput) as error:
            return str(error)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            return f"it says what no worker says ({type(error).__name__}: {error})"
        return "it ended"

    def _take(self, message: IpcMessage) -> None:
        header = message.header
        self._current = DropCounts(*map(int, header["dropped"]))
        match header["say"]:
            case "ready":
                self._ready.set()
                if self._glances is not None:
                    self._send({"do": "spend", "of_a_core": self._glances})
                self._send_known()
            case "picture":
                answer = self._pictures.get(header["ask"])
                if answer is not None and not answer.done():
                    answer.set_result(message.blob)
            case "part" | "recording" | "recorded" | "finished" | "unshown":
                self.views.take(message)
            case "heard" | "sighting" | "lost" if header["watch"] in self._watches:
                _tell(self._watches[header["watch"]], message)

    def _lose(self, why: str) -> None:
        self._earlier, self._current = self.dropped, DropCounts()
        watches, self._watches = self._watches, {}
        for hears in watches.values():
            hears.lost(LinkLost(Words("视频程序中断，正在重新启动", why)))
        self.views.lose(why)

    def _send_known(self) -> None:
        known, templates = self._known.message()
        self._send({"do": "know", "known": known}, templates)

    def _send(self, header: Mapping[str, object], blob: bytes = b"") -> None:
        if self._line is not None:
            self._line.send(IpcMessage(dict(header), blob))


def _tell(hears: StreamListener, message: IpcMessage) -> None:
    header = message.header
    match header["say"]:
        case "heard":
            hears.heard()
        case "sighting":
            hears.saw(Sighting(str(header["kind"]), float(header["at"]), dict(header["data"]), message.blob))
        case "lost":
            hears.lost((LoginRefused if header["refused"] else LinkLost)(from_data(header["why"])))
