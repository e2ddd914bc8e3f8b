"""One life of a worker's process: its socket, its start and its end."""

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
"""Bytes of the largest picture a worker may send; what the gateway sends may be larger."""
EXIT_TIMEOUT = 2.0
"""Seconds a worker has to end by itself once its socket is closed."""


class WorkerProcess(NamedTuple):
    """A running worker and both ways of its socket."""

    process: Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def messages(self, silence_timeout: float) -> AsyncIterator[IpcMessage]:
        """Until it ends. Raises TimeoutError when it says nothing for so many seconds, BadInput on nonsense."""
        messages = IpcParser(MAX_RECEIVED_BYTES)
        while True:
            async with asyncio.timeout(silence_timeout):
                data = await self.reader.read(1 << 18)
            if not data:
                return
            for message in messages.feed(data):
                yield message

    def send(self, message: IpcMessage) -> None:
        if not self.writer.is_closing():
            self.writer.write(message.coded())


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
        writer.close()
        await _end(process)


async def _end(process: Process) -> None:
    try:
        async with asyncio.timeout(EXIT_TIMEOUT):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
