"""What the web is given, and the web itself."""

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


async def open_pages(stack: AsyncExitStack, parts: Components, works: BackgroundTasks) -> str:
    """Serve until the stack closes; gives the URL."""
    listen, tls = parts.in_force.started.http.listen, parts.certificates.context("http.tls")
    return await stack.enter_async_context(web.serve(_services(parts, works), listen.host, listen.port, tls))


def _services(parts: Components, works: BackgroundTasks) -> web.Services:
    return web.Services(
        told=parts.in_force.facts,
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
        order=parts.commands.order,
        report=parts.say,
        picture=parts.doors.picture,
        view=parts.doors.view,
        shelf=parts.recording.shelf,
        ready=lambda: {**_ready(parts), **works.ready()},
        registry=gateway_registry(parts),
        console=CONSOLE,
        calls=parts.doors.calls,
        pushes=parts.doors.pushes,
        refusals=parts.refusals,
        connections=parts.share.web,
    )


def _ready(parts: Components) -> dict[str, bool]:
    endpoint = parts.doors.endpoint
    doors = {} if endpoint is None else {"mqtt": endpoint.has_room}
    return {"record": not parts.unrecorded.failing, "decisions": parts.pipeline.keeps_up(), **doors}
