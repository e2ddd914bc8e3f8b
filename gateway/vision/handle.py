"""The gateway's end of one worker: starts its process, talks to it, and starts it again when it dies."""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from gateway.errors import BadInput, LinkLost
from gateway.vision.known import Known
from gateway.vision.sighting import Sighting, Watch
from gateway.vision.slot import Sightings, Slot
from gateway.vision.wire import Message, Reader

START_LIMIT = 20.0
PICTURE_LIMIT = 3.0
SILENCE_LIMIT = 20.0
"""A worker says something every two seconds; one that does not is stuck, and is killed."""
_FIRST_WAIT, _LONGEST_WAIT, _SETTLED = 0.5, 30.0, 60.0

log = structlog.get_logger()


@dataclass(slots=True)
class Dropped:
    """What gave way since the start: sightings, and frames that a newer one replaced before the recognisers."""

    sightings: int = 0
    frames: int = 0

    def __add__(self, other: Dropped) -> Dropped:
        return Dropped(self.sightings + other.sightings, self.frames + other.frames)


class WorkerHandle:
    """Run `run()` in a task. Its process starts with the first camera."""

    def __init__(self, name: str, known: Known, silence_limit: float = SILENCE_LIMIT) -> None:
        self.name = name
        self.process: Process | None = None
        self.restarts = 0
        self._known = known
        self._silence_limit = silence_limit
        self._wanted = asyncio.Event()
        self._ready = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = itertools.count(1)
        self._watches: dict[int, tuple[Slot, Sightings]] = {}
        self._pictures: dict[int, asyncio.Future[bytes]] = {}
        self._earlier, self._current = Dropped(), Dropped()

    @property
    def dropped(self) -> Dropped:
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

    async def _live(self) -> str:
        """One life of the process; says how it ended."""
        try:
            async with self._started() as (process, reader):
                why = await self._listen(reader)
        except OSError as error:
            return f"it can't be started: {error}"
        return f"{why} (exit {process.returncode})"

    async def know(self, known: Known) -> None:
        self._known = known
        if self._ready.is_set():
            self._send_known()

    # what a slot asks for

    async def begin(self, slot: Slot, watch: Watch) -> tuple[int, Sightings]:
        self._wanted.set()
        try:
            async with asyncio.timeout(START_LIMIT):
                await self._ready.wait()
        except TimeoutError:
            raise LinkLost(f"vision worker {self.name} does not start") from None
        number, sightings = next(self._numbers), Sightings(self._drop)
        self._watches[number] = slot, sightings
        self._send({"do": "watch", "watch": number, "what": watch.message()})
        return number, sightings

    def end(self, number: int) -> None:
        if self._watches.pop(number, None):
            self._send({"do": "unwatch", "watch": number})

    async def picture(self, number: int) -> bytes | None:
        ask = next(self._numbers)
        answer = self._pictures[ask] = asyncio.get_running_loop().create_future()
        self._send({"do": "picture", "watch": number, "ask": ask})
        try:
            async with asyncio.timeout(PICTURE_LIMIT):
                return await answer or None
        except TimeoutError:
            return None
        finally:
            del self._pictures[ask]

    # the process and its line

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[tuple[Process, asyncio.StreamReader]]:
        ours, theirs = socket.socketpair()
        with theirs:
            command = (sys.executable, "-m", "gateway.vision.worker", str(theirs.fileno()))
            process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, pass_fds=(theirs.fileno(),))
        self.process = process
        reader, self._writer = await asyncio.open_connection(sock=ours)
        try:
            yield process, reader
        finally:
            self._ready.clear()
            self._writer.close()
            self._writer = None
            await _end(process)

    async def _listen(self, stream: asyncio.StreamReader) -> str:
        """Until the worker is gone, or must go; says why."""
        reader = Reader()
        try:
            while True:
                async with asyncio.timeout(self._silence_limit):
                    data = await stream.read(1 << 18)
                if not data:
                    return "it ended"
                for message in reader.feed(data):
                    self._take(message)
        except TimeoutError:
            return f"it said nothing for {self._silence_limit:.0f} s"
        except (OSError, BadInput) as error:
            return str(error)

    def _take(self, message: Message) -> None:
        header = message.header
        self._current = Dropped(header["dropped"][0], header["dropped"][1])
        match header["say"]:
            case "ready":
                self._ready.set()
                self._send_known()
            case "picture":
                answer = self._pictures.get(header["ask"])
                if answer is not None and not answer.done():
                    answer.set_result(message.blob)
            case "alive":
                pass
            case _:
                self._take_from_camera(message)

    def _take_from_camera(self, message: Message) -> None:
        header = message.header
        slot, sightings = self._watches.get(header["watch"], (None, None))
        if slot is None or sightings is None:
            return
        match header["say"]:
            case "heard":
                slot.heard()
            case "sighting":
                sightings.put(Sighting(header["kind"], header["at"], header["data"], message.blob))
            case "lost":
                sightings.end(header["why"])

    def _lose(self, why: str) -> None:
        self._earlier, self._current = self.dropped, Dropped()
        for _, sightings in self._watches.values():
            sightings.end(why)
        self._watches.clear()

    def _send_known(self) -> None:
        known, templates = self._known.message()
        self._send({"do": "know", "known": known}, templates)

    def _send(self, header: dict[str, object], blob: bytes = b"") -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(Message(header, blob).coded())

    def _drop(self) -> None:
        self._earlier.sightings += 1


async def _end(process: Process) -> None:
    """It ends by itself when its line is closed; one that does not is killed."""
    try:
        async with asyncio.timeout(2):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
