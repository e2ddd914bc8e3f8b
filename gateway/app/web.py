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
    from gateway.app.plan_editor import PlanEditor

CONSOLE = Path(gateway.__file__).parent / "console" / "dist"


async def start_http_server(
    stack: AsyncExitStack, components: Components, tasks: BackgroundTasks, plan: PlanEditor
) -> str:
    """Serve until the stack closes; returns the URL."""
    listen, tls = components.current_config.started.http.listen, components.certificates.context("http.tls")
    return await stack.enter_async_context(web.serve(_services(components, tasks, plan), listen.host, listen.port, tls))


def _services(components: Components, tasks: BackgroundTasks, plan: PlanEditor) -> web.Services:
    return web.Services(
        get_compound=components.current_config.facts,
        now=components.clock.now,
        store=components.store,
        desk=components.desk,
        hub=components.hub,
        register=components.register,
        act=components.intake.act,
        door_plates=DoorPlates(components.store),
        door_plate_service=components.door_plates,
        patrols=components.patrols,
        homes=components.homes.areas,
        care=components.care,
        passes=components.passes,
        accounts=web.Accounts(components.store, web.Passwords(), components.clock.now, components.refusals),
        devices=components.supervisor.devices,
        cameras=components.current_config.cameras,
        actions=components.supervisor.actions,
        send_command=components.door_hardware.opening.order,
        order_with=components.door_hardware.opening.order_with,
        emit=components.report,
        camera_snapshot=components.links.picture,
        open_view=components.links.view,
        clip_storage=components.recording.clip_storage,
        readiness=lambda: {**_ready(components), **tasks.ready()},
        registry=gateway_registry(components),
        console_folder=CONSOLE,
        plan=plan,
        access=components.access,
        residents=components.residents,
        privacy=components.privacy,
        resident_sessions=components.residents.devices,
        calls=components.links.calls,
        pushes=components.links.pushes,
        presence=components.presence,
        handovers=components.handovers,
        refusals=components.refusals,
        max_connections=components.limits.web,
        shifts=components.current_config.shifts,
        limits=components.current_config.response_limits,
        search_index=components.search_index,
        notifiers=components.outbox.status,
    )


def _ready(components: Components) -> dict[str, bool]:
    endpoint = components.links.endpoint
    listeners = {} if endpoint is None else {"mqtt": endpoint.has_free_slots}
    return {"record": not components.unrecorded.failing, "decisions": components.pipeline.keeps_up(), **listeners}
