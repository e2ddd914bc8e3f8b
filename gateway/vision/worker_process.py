"""Starts and ends a worker's process, and connects its socket."""

from __future__ import annotations

import asyncio
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from gateway.vision.ipc import IpcMessage, IpcParser

MAX_RECEIVED_BYTES = 16 * 1024 * 1024
"""Largest blob (a picture) accepted from a worker; the gateway may send larger ones."""
EXIT_TIMEOUT = 2.0
"""Seconds a worker has to exit by itself once its socket is closed."""


class WorkerProcess(NamedTuple):
    """A running worker and both directions of its socket."""

    process: Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def messages(self, silence_timeout: float) -> AsyncIterator[IpcMessage]:
        """Ends with the process. Raises TimeoutError after so many seconds without data, BadInput on invalid data."""
        parser = IpcParser(MAX_RECEIVED_BYTES)
        while True:
            async with asyncio.timeout(silence_timeout):
                data = await self.reader.read(1 << 18)
            if not data:
                return
            for message in parser.feed(data):
                yield message

    def send(self, message: IpcMessage) -> None:
        """Queue a message; discarded when the socket is closing."""
        if not self.writer.is_closing():
            self.writer.write(message.encode())


@asynccontextmanager
async def start_worker() -> AsyncIterator[WorkerProcess]:
    """A worker that runs until the block is left. Raises OSError when it can't be started."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            command = (sys.executable, "-m", "gateway.vision.worker", str(theirs.fileno()))
            process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, pass_fds=(theirs.fileno(),))
    except BaseException:
        ours.close()
        raise
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        yield WorkerProcess(process, reader, writer)
    finally:
        writer.close()  # the worker exits when its socket closes
        await _wait_or_kill(process)


async def _wait_or_kill(process: Process) -> None:
    try:
        async with asyncio.timeout(EXIT_TIMEOUT):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
