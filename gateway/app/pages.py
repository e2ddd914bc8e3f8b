"""What the web is given, and the web itself."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import gateway
from gateway import web
from gateway.app.meters import flow_registry
from gateway.people import DoorPlates

if TYPE_CHECKING:
    from gateway.app.parts import Parts

CONSOLE = Path(gateway.__file__).parent / "console" / "dist"


async def open_pages(stack: AsyncExitStack, parts: Parts) -> str:
    """Serve until the stack closes; gives the URL."""
    listen, tls = parts.in_force.started.http.listen, parts.certificates.context("http.tls")
    return await stack.enter_async_context(web.serve(_services(parts), listen.host, listen.port, tls))


def _services(parts: Parts) -> web.Services:
    return web.Services(
        told=parts.in_force.facts,
        now=parts.clock.now,
        store=parts.store,
        desk=parts.desk,
        hub=parts.hub,
        people=parts.people,
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
        ready=lambda: _ready(parts),
        registry=flow_registry(parts),
        console=CONSOLE,
        calls=parts.doors.calls,
        pushes=parts.doors.pushes,
        refusals=parts.refusals,
        connections=parts.share.web,
    )


def _ready(parts: Parts) -> dict[str, bool]:
    endpoint = parts.doors.endpoint
    doors = {} if endpoint is None else {"mqtt": endpoint.has_room}
    return {"record": not parts.unrecorded.failing, "decisions": parts.pipeline.keeps_up(), **doors}
