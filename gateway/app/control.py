"""Where commands of this machine reach a running gateway: a Unix socket in its data folder, its owner's alone.

One line of JSON asks, lines of JSON answer, each with what it says:

    {"do": "reload", "dry_run": false, "config": "/etc/anju"}    difference, done; or refused
    {"do": "capture", "device": "wall-host", "seconds": 60}      head, piece…, end; or refused
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from gateway.app.capture import Listener, Say
from gateway.app.reload import Done, Refused, Reloader, Told, summary
from gateway.errors import NotFound
from gateway.settings.difference import Difference

NAME = "control.sock"
LONGEST = 4096
PATIENCE_S = 5.0


@asynccontextmanager
async def open_control(data: Path, reloader: Reloader, listener: Listener) -> AsyncIterator[None]:
    """Answers until left."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError):
            await _answer(reader, writer, reloader, listener)
        writer.close()

    folder = os.open(data, os.O_PATH | os.O_DIRECTORY)
    try:
        path = f"/proc/self/fd/{folder}/{NAME}"  # however long the folder's name is: a socket's may have 107 bytes
        server = await asyncio.start_unix_server(serve, path, limit=LONGEST)
        (data / NAME).chmod(0o600)
        async with server:
            yield
        (data / NAME).unlink(missing_ok=True)
    finally:
        os.close(folder)


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reloader: Reloader, listener: Listener
) -> None:
    async def say(answer: Mapping[str, Any]) -> None:
        writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
        await writer.drain()

    async with asyncio.timeout(PATIENCE_S):
        asked = json.loads(await reader.readline())
    match asked:
        case {"do": "reload"}:
            await _reload(asked, say, reloader)
        case {"do": "capture", "device": str(device), "seconds": int() | float() as seconds}:
            try:
                await listener.capture(device, seconds, say)
            except NotFound as error:
                await say({"say": "refused", "mistakes": [str(error)]})
        case _:
            await say({"say": "refused", "mistakes": ["this gateway is of another version: restart it"]})


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
