"""Wires the HTTP server."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import gateway
from gateway import web
from gateway.app.metrics import gateway_registry
from gateway.people import DoorPlates

if TYPE_CHECKING:
    from gateway.app.background_tasks import BackgroundTasks
    from gateway.app.components import Components

CONSOLE = Path(gateway.__file__).parent / "console" / "dist"


async def start_http_server(stack: AsyncExitStack, parts: Components, tasks: BackgroundTasks) -> str:
    """Serve until the stack closes; returns the URL."""
    listen, tls = parts.in_force.started.http.listen, parts.certificates.context("http.tls")
    return await stack.enter_async_context(web.serve(_services(parts, tasks), listen.host, listen.port, tls))


def _services(parts: Components, tasks: BackgroundTasks) -> web.Services:
    return web.Services(
        get_compound=parts.in_force.facts,
        now=parts.clock.now,
        store=parts.store,
        desk=parts.desk,
        hub=parts.hub,
        register=parts.register,
        act=parts.intake.act,
        door_plates=DoorPlates(parts.store),
        accounts=web.Accounts(parts.store, web.Passwords(), parts.clock.now, parts.refusals),
        devices=parts.supervisor.devices,
        cameras=parts.in_force.cameras,
        actions=parts.supervisor.actions,
        send_command=parts.commands.order,
        emit=parts.say,
        camera_snapshot=parts.doors.picture,
        open_view=parts.doors.view,
        clip_storage=parts.recording.clip_storage,
        readiness=lambda: {**_ready(parts), **tasks.ready()},
        registry=gateway_registry(parts),
        console_folder=CONSOLE,
        calls=parts.doors.calls,
        pushes=parts.doors.pushes,
        refusals=parts.refusals,
        max_connections=parts.share.web,
    )


def _ready(parts: Components) -> dict[str, bool]:
    endpoint = parts.doors.endpoint
    listeners = {} if endpoint is None else {"mqtt": endpoint.has_room}
    return {"record": not parts.unrecorded.failing, "decisions": parts.pipeline.keeps_up(), **listeners}
