"""Where commands of this machine reach a running gateway: a Unix socket in its data folder, its owner's alone.

One line of JSON asks, lines of JSON answer, each with what it says:

    {"do": "reload", "dry_run": false, "config": "/etc/anju"}    difference, done; or refused
    {"do": "capture", "device": "wall-host", "seconds": 60}      head, piece…, end; or refused; until who asked goes
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from gateway.app.capture import Listener, Say
from gateway.app.reload import Done, Refused, Reloader, Told, summary
from gateway.config.difference import Difference
from gateway.errors import NotFound

NAME = "control.sock"
LONGEST = 4096
PATIENCE_S = 5.0


@asynccontextmanager
async def open_control(data: Path, reloader: Reloader, listener: Listener) -> AsyncIterator[None]:
    """Answers until left; a reload is let finish then, the rest ends at once."""
    desk = _Desk(reloader, listener)
    folder = os.open(data, os.O_PATH | os.O_DIRECTORY)
    try:
        path = f"/proc/self/fd/{folder}/{NAME}"  # however long the folder's name is: a socket's may have 107 bytes
        server = await asyncio.start_unix_server(desk.serve, path, limit=LONGEST)
        (data / NAME).chmod(0o600)
        async with server:
            yield
            server.close()
            await desk.close()
        (data / NAME).unlink(missing_ok=True)
    finally:
        os.close(folder)


class _Desk:
    """Everybody who asks, and who of them waits for a reload."""

    def __init__(self, reloader: Reloader, listener: Listener) -> None:
        self._reloader = reloader
        self._listener = listener
        self._answering: set[asyncio.Task[Any]] = set()
        self._reloading: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        for task in self._answering - self._reloading:
            task.cancel()
        if self._answering:
            await asyncio.wait(self._answering, timeout=PATIENCE_S)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._answering.add(task)
        with suppress(OSError, ValueError, TimeoutError, asyncio.CancelledError):  # cancelled by `close` alone
            await self._answer(task, reader, writer)
            writer.close()
            async with asyncio.timeout(PATIENCE_S):  # for who reads slowly
                await writer.wait_closed()
        writer.transport.abort()
        self._answering.discard(task)
        self._reloading.discard(task)

    async def _answer(
        self, task: asyncio.Task[Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async def say(answer: Mapping[str, Any]) -> None:
            writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
            await writer.drain()

        async with asyncio.timeout(PATIENCE_S):
            asked = json.loads(await reader.readline())
        match asked:
            case {"do": "reload"}:
                self._reloading.add(task)
                await _reload(asked, say, self._reloader)
            case {"do": "capture", "device": str(device), "seconds": int() | float() as seconds}:
                await _until_gone(reader, _capture(self._listener, device, seconds, say))
            case _:
                await say({"say": "refused", "mistakes": ["this gateway is of another version: restart it"]})


async def _capture(listener: Listener, device: str, seconds: float, say: Say) -> None:
    with suppress(OSError, TimeoutError):  # who asked has gone, or reads nothing
        try:
            await listener.capture(device, seconds, say)
        except NotFound as error:
            await say({"say": "refused", "mistakes": [str(error)]})


async def _until_gone(reader: asyncio.StreamReader, answering: Coroutine[Any, Any, None]) -> None:
    """Answer for as long as whoever asked is there: nobody is listened for who has gone."""
    async with asyncio.TaskGroup() as tasks:
        both = tasks.create_task(answering), tasks.create_task(_has_gone(reader))
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()


async def _has_gone(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await reader.read(LONGEST):
            pass


async def _reload(asked: Mapping[str, Any], answer: Say, reloader: Reloader) -> None:
    async def say(word: str, **more: Any) -> None:
        with suppress(OSError):  # who asked has gone; what was asked for is done all the same
            await answer({"say": word, **more})

    async def tell(told: Told) -> None:
        match told:
            case Difference():
                await say("difference", **summary(told))
            case Refused():
                await say("refused", mistakes=list(told.mistakes))
            case Done():
                await say("done")

    if asked.get("config") not in {None, str(reloader.directory.resolve())}:
        return await say("refused", mistakes=[f"this gateway was started with {reloader.directory.resolve()}"])
    await reloader.reload(tell, dry_run=asked.get("dry_run") is True)
    return None
