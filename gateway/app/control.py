"""Where commands of this machine reach a running gateway: a Unix socket in its data folder, its owner's alone.

One line of JSON asks, `{"do": "reload", "dry_run": false, "config": "/etc/anju"}`; lines of JSON answer,
each with what it says: `difference`, `refused`, `done`.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from gateway.app.reload import Done, Refused, Reloader, Told, summary
from gateway.settings.difference import Difference

NAME = "control.sock"
LONGEST = 4096
PATIENCE_S = 5.0


@asynccontextmanager
async def open_control(data: Path, reloader: Reloader) -> AsyncIterator[None]:
    """Answers until left."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError):
            await _answer(reader, writer, reloader)
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


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reloader: Reloader) -> None:
    async def say(word: str, **more: Any) -> None:
        with suppress(OSError):  # who asked has gone; what was asked for is done all the same
            writer.write(json.dumps({"say": word, **more}, ensure_ascii=False).encode() + b"\n")
            await writer.drain()

    async def tell(told: Told) -> None:
        match told:
            case Difference():
                await say("difference", **summary(told))
            case Refused():
                await say("refused", mistakes=list(told.mistakes))
            case Done():
                await say("done")

    async with asyncio.timeout(PATIENCE_S):
        asked = json.loads(await reader.readline())
    if not isinstance(asked, dict) or asked.get("do") != "reload":
        return await say("refused", mistakes=["this gateway is of another version: restart it"])
    if asked.get("config") not in {None, str(reloader.directory.resolve())}:
        return await say("refused", mistakes=[f"this gateway was started with {reloader.directory.resolve()}"])
    await reloader.reload(tell, dry_run=asked.get("dry_run") is True)
    return None
