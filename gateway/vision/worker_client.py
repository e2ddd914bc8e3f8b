"""The gateway's side of one vision worker: sends requests, handles events, restarts the process when it dies."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from gateway.backoff import ExponentialBackoff
from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.model import Words, from_data
from gateway.vision.identities import Identities
from gateway.vision.ipc import IpcMessage
from gateway.vision.sighting import Sighting
from gateway.vision.stream_config import StreamConfig
from gateway.vision.view.view_client import ViewClient
from gateway.vision.worker_interface import StreamListener
from gateway.vision.worker_process import WorkerProcess, start_worker

START_TIMEOUT = 20.0
JPEG_TIMEOUT = 3.0
SILENCE_TIMEOUT = 20.0
"""A worker sends something every two seconds; one that does not for so long is stuck and is killed."""
_MIN_RESTART_DELAY, _MAX_RESTART_DELAY, _STABLE_AFTER = 0.5, 30.0, 60.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class DropCounts:
    """Dropped since the start: sightings, frames that a newer one replaced, segments of live pictures."""

    sightings: int = 0
    frames: int = 0
    segments: int = 0

    def __add__(self, other: DropCounts) -> DropCounts:
        sums = (self.sightings + other.sightings, self.frames + other.frames, self.segments + other.segments)
        return DropCounts(*sums)


class WorkerClient:
    """Run `run()` in a task. The process starts with the first camera."""

    def __init__(
        self,
        name: str,
        home_province: str | None = None,
        silence_timeout: float = SILENCE_TIMEOUT,
        keyframe_check_share: float | None = None,
    ) -> None:
        self.name = name
        self.restarts = 0
        self._home_province = home_province
        self._silence_timeout = silence_timeout
        self._keyframe_check_share = keyframe_check_share
        self._identities = Identities()
        self._process: WorkerProcess | None = None
        self._needed = asyncio.Event()
        self._ready = asyncio.Event()
        self._numbers = itertools.count(1)
        self._listeners: dict[int, StreamListener] = {}
        self._jpegs: dict[int, asyncio.Future[bytes]] = {}
        self._dropped_before, self._dropped_now = DropCounts(), DropCounts()
        """Of earlier processes and in this one; and as the running process counts."""
        self.views = ViewClient(self._send, lambda: next(self._numbers), lambda stream: stream in self._listeners)

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._process.process.pid if self._process else None

    @property
    def dropped(self) -> DropCounts:
        """Since the gateway's start, over all restarts."""
        return self._dropped_before + self._dropped_now

    async def run(self) -> None:
        """Keep the process running until cancelled, once a camera needs it. Restarts are delayed more and more."""
        backoff = ExponentialBackoff(_MIN_RESTART_DELAY, _MAX_RESTART_DELAY, jitter=(0.8, 1.2))
        clock = asyncio.get_running_loop().time
        await self._needed.wait()
        while True:
            began = clock()
            why = await self._run_once()
            self._lose_streams(f"vision worker {self.name} is gone: {why}")
            log.warning("vision worker gone", worker=self.name, why=why)
            if clock() - began > _STABLE_AFTER:
                backoff.reset()
            await asyncio.sleep(backoff.next_delay())
            self.restarts += 1

    def set_identities(self, identities: Identities) -> None:
        """Send them now, if the process runs, and after every restart."""
        self._identities = identities
        if self._ready.is_set():
            self._send_identities()

    # VisionWorker, for slots

    async def wait_until_ready(self) -> None:
        """Start the process if need be. Raises LinkLost when it does not start within START_TIMEOUT."""
        self._needed.set()
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await self._ready.wait()
        except TimeoutError:
            raise LinkLost(
                Words("视频程序启动不了，请通知安装员", f"vision worker {self.name} does not start")
            ) from None

    async def add_stream(self, listener: StreamListener, config: StreamConfig) -> int:
        """Gives the stream's number. Raises LinkLost when the process does not start."""
        await self.wait_until_ready()
        return self.add_stream_now(listener, config)

    def add_stream_now(self, listener: StreamListener, config: StreamConfig) -> int:
        """Gives the stream's number. Raises LinkLost when the process does not run."""
        if not self._ready.is_set():
            raise LinkLost(Words("视频程序正在重新启动", f"vision worker {self.name} does not run"))
        number = next(self._numbers)
        self._listeners[number] = listener
        config = replace(config, home_province=config.home_province or self._home_province)
        self._send({"request": "add_stream", "stream": number, "config": config.to_message()})
        return number

    def remove_stream(self, number: int) -> None:
        """Does nothing for a stream that is lost already."""
        if self._listeners.pop(number, None):
            self._send({"request": "remove_stream", "stream": number})

    async def latest_jpeg(self, number: int) -> bytes | None:
        """None while there is no picture, or after JPEG_TIMEOUT."""
        request = next(self._numbers)
        reply = self._jpegs[request] = asyncio.get_running_loop().create_future()
        self._send({"request": "jpeg", "stream": number, "id": request})
        try:
            async with asyncio.timeout(JPEG_TIMEOUT):
                return await reply or None
        except TimeoutError:
            return None
        finally:
            del self._jpegs[request]

    def count_dropped_sighting(self) -> None:
        """Count a sighting that a slow driver lost."""
        self._dropped_before.sightings += 1

    # the process

    async def _run_once(self) -> str:
        """Run the process from start to end; gives the reason of its end."""
        try:
            async with start_worker() as process:
                self._process = process
                why = await self._listen(process)
        except OSError as error:
            return f"it can't be started: {error}"
        else:
            return f"{why} (exit {process.process.returncode})"
        finally:
            self._process = None
            self._ready.clear()

    async def _listen(self, process: WorkerProcess) -> str:
        try:
            async for message in process.messages(self._silence_timeout):
                self._handle(message)
        except TimeoutError:
            return f"it said nothing for {self._silence_timeout:.0f} s"
        except (ConnectionError, BadInput) as error:
            return str(error)
        # A worker decodes whatever cameras send and may be compromised: no message of it may end the gateway.
        except (KeyError, IndexError, TypeError, ValueError) as error:
            return f"it sent an invalid message ({type(error).__name__}: {error})"
        return "it ended"

    def _handle(self, message: IpcMessage) -> None:
        header = message.header
        self._dropped_now = DropCounts(*map(int, header["dropped"]))
        match header["event"]:
            case "ready":
                self._ready.set()
                if self._keyframe_check_share is not None:
                    self._send({"request": "set_keyframe_check_share", "of_a_core": self._keyframe_check_share})
                self._send_identities()
            case "jpeg":
                reply = self._jpegs.get(header["id"])
                if reply is not None and not reply.done():
                    reply.set_result(message.blob)
            case "segment" | "recording" | "recorded" | "finished" | "view_failed":
                self.views.handle(message)
            # A stream that was removed meanwhile may still send; its events are ignored.
            case "alive" | "sighting" | "lost" if header["stream"] in self._listeners:
                _notify(self._listeners[header["stream"]], message)

    def _lose_streams(self, why: str) -> None:
        self._dropped_before, self._dropped_now = self.dropped, DropCounts()
        listeners, self._listeners = self._listeners, {}
        for listener in listeners.values():
            listener.on_lost(LinkLost(Words("视频程序中断，正在重新启动", why)))
        self.views.on_worker_lost(why)

    def _send_identities(self) -> None:
        identities, templates = self._identities.to_message()
        self._send({"request": "set_identities", "identities": identities}, templates)

    def _send(self, header: Mapping[str, object], blob: bytes = b"") -> None:
        if self._process is not None:
            self._process.send(IpcMessage(dict(header), blob))


def _notify(listener: StreamListener, message: IpcMessage) -> None:
    header = message.header
    match header["event"]:
        case "alive":
            listener.on_alive()
        case "sighting":
            kind, at, data = str(header["kind"]), float(header["at"]), dict(header["data"])
            listener.on_sighting(Sighting(kind, at, data, message.blob, header["secret"]))
        case "lost":
            listener.on_lost((LoginRefused if header["refused"] else LinkLost)(from_data(header["why"])))
