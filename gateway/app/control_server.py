"""Serves commands of this machine: a Unix socket in the data folder, accessible to the gateway's user only.

The request is one line of JSON, the replies are lines of JSON whose `say` names their kind:

    {"do": "reload", "dry_run": false, "config": "/etc/anju"}    difference, done; or refused
    {"do": "capture", "device": "wall-host", "seconds": 60}      head, piece…, end; or refused; until the client closes
    {"do": "refresh"}                                            done; or refused: people, vehicles or faces changed
    {"do": "erase", "person": "p-1", "by": "…", "why": "…"}      done; or refused: deletes everything about a person
    {"do": "notify", "notifier": "wecom", "recipients": []}      done; or refused: sends a test message
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from gateway.app.capture import CaptureService, SendMessage
from gateway.app.reload import ReloadDone, Reloader, ReloadProgress, ReloadRejected, summary
from gateway.config.difference import Difference
from gateway.errors import BadInput, DeviceError, LinkLost, NotFound, NotRecorded
from gateway.notify import Outbox
from gateway.people import CurrentRegister
from gateway.privacy.erasure import Erasures
from gateway.store.control_socket import SOCKET_NAME

MAX_REQUEST_BYTES = 4096
CLIENT_TIMEOUT_S = 5.0


@asynccontextmanager
async def serve_control(
    data: Path,
    reloader: Reloader,
    capture: CaptureService,
    register: CurrentRegister,
    outbox: Outbox,
    erasures: Erasures,
) -> AsyncIterator[None]:
    """Serve while the context is open; then let a reload finish and end everything else at once. Raises OSError."""
    clients = _Clients(reloader, capture, register, outbox, erasures)
    folder = os.open(data, os.O_PATH | os.O_DIRECTORY)
    try:
        # A socket's path may have 107 bytes at most; through the folder's descriptor it always fits.
        path = f"/proc/self/fd/{folder}/{SOCKET_NAME}"
        server = await asyncio.start_unix_server(clients.serve, path, limit=MAX_REQUEST_BYTES)
        (data / SOCKET_NAME).chmod(0o600)  # until here the folder's own mode (0700) protects the socket
        async with server:
            yield
            server.close()
            await clients.close()
        (data / SOCKET_NAME).unlink(missing_ok=True)
    finally:
        os.close(folder)


class _Clients:
    """Handles the connections, each in its own task; a task that reloads is not cancelled."""

    def __init__(
        self,
        reloader: Reloader,
        capture: CaptureService,
        register: CurrentRegister,
        outbox: Outbox,
        erasures: Erasures,
    ) -> None:
        self._erasures = erasures
        self._reloader = reloader
        self._capture = capture
        self._register = register
        self._outbox = outbox
        self._tasks: set[asyncio.Task[Any]] = set()
        self._reloading: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Cancel all tasks but reloads; wait CLIENT_TIMEOUT_S at most."""
        for task in self._tasks - self._reloading:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLIENT_TIMEOUT_S)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with suppress(OSError, ValueError, TimeoutError, asyncio.CancelledError):  # only `close` cancels it
            await self._answer(task, reader, writer)
            writer.close()
            async with asyncio.timeout(CLIENT_TIMEOUT_S):  # let a slow client read the last lines
                await writer.wait_closed()
        writer.transport.abort()  # whatever the client has not read by now is lost
        self._tasks.discard(task)
        self._reloading.discard(task)

    async def _answer(
        self, task: asyncio.Task[Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async def send(message: Mapping[str, Any]) -> None:
            writer.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
            await writer.drain()

        async with asyncio.timeout(CLIENT_TIMEOUT_S):
            request = json.loads(await reader.readline())
        match request:
            case {"do": "reload"}:
                self._reloading.add(task)
                await _reload(request, send, self._reloader)
            case {"do": "capture", "device": str(device), "seconds": int() | float() as seconds}:
                await _until_closed(reader, _capture(self._capture, device, seconds, send))
            case {"do": "refresh"}:
                await _refresh(self._register, send)
            case {"do": "erase", "person": str(person), "by": str(by), "why": str(why)}:
                await _erase(self._erasures, person, by, why, send)
            case {"do": "notify", "notifier": str(name), "recipients": list(recipients)}:
                await _notify(self._outbox, name, [str(each) for each in recipients], send)
            case _:
                await send({"say": "refused", "mistakes": ["this gateway is of another version: restart it"]})


async def _capture(service: CaptureService, device: str, seconds: float, send: SendMessage) -> None:
    with suppress(OSError, TimeoutError):  # the client has closed, or reads nothing
        try:
            await service.capture(device, seconds, send)
        except NotFound as error:
            await send({"say": "refused", "mistakes": [str(error)]})


async def _refresh(register: CurrentRegister, send: SendMessage) -> None:
    try:
        await register.refresh()
    except NotRecorded as error:
        await send({"say": "refused", "mistakes": [str(error)]})
    else:
        await send({"say": "done"})


async def _erase(erasures: Erasures, person: str, by: str, why: str, send: SendMessage) -> None:
    try:
        erasure = await erasures.order(person, by, why)
        state = await erasures.wait_for(erasure)
    except (NotFound, NotRecorded, DeviceError) as error:
        await send({"say": "refused", "mistakes": [str(error)]})
    else:
        await send({"say": "done", "rows": sum(state.counts.values()), "left": list(state.left)})


async def _notify(outbox: Outbox, name: str, recipients: list[str], send: SendMessage) -> None:
    try:
        receipt = await outbox.try_out(name, recipients)
    except NotFound as error:
        await send({"say": "refused", "mistakes": [str(error)]})
    except (BadInput, LinkLost) as error:
        await send({"say": "refused", "mistakes": [type(error).__name__, str(error)]})
    else:
        await send({"say": "done", "reference": receipt.reference, "refused": list(receipt.refused)})


async def _until_closed(reader: asyncio.StreamReader, replying: Coroutine[Any, Any, None]) -> None:
    """Run `replying` until it ends or the client closes: a capture must not go on for a client that has gone."""
    async with asyncio.TaskGroup() as tasks:
        both = tasks.create_task(replying), tasks.create_task(_wait_for_close(reader))
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()


async def _wait_for_close(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await reader.read(MAX_REQUEST_BYTES):
            pass


async def _reload(request: Mapping[str, Any], send: SendMessage, reloader: Reloader) -> None:
    async def reply(kind: str, **more: Any) -> None:
        with suppress(OSError):  # the client has closed; the reload goes on all the same
            await send({"say": kind, **more})

    async def on_progress(progress: ReloadProgress) -> None:
        match progress:
            case Difference():
                await reply("difference", **summary(progress))
            case ReloadRejected():
                await reply("refused", mistakes=list(progress.mistakes))
            case ReloadDone():
                await reply("done")

    if request.get("config") not in {None, str(reloader.directory.resolve())}:
        return await reply("refused", mistakes=[f"this gateway was started with {reloader.directory.resolve()}"])
    await reloader.reload(on_progress, dry_run=request.get("dry_run") is True)
    return None
