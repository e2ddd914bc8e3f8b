"""The web as a whole: the table made into an application, and that served on one port."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiohttp import web

from gateway.links.accept import Listener, accepting, listening
from gateway.web.api import alerts, devices, session, system
from gateway.web.api.calls import CallSound
from gateway.web.api.clips import ClipRoutes
from gateway.web.api.live_view import LiveViewRoutes
from gateway.web.api.pictures import PictureRoutes
from gateway.web.api.push import PushRoutes
from gateway.web.api_errors import error_for_status
from gateway.web.connections import Connections
from gateway.web.headers import add_headers
from gateway.web.live_feed import LiveFeed
from gateway.web.live_socket import LiveSocket
from gateway.web.metrics import WebMetrics
from gateway.web.pages.console import ConsolePages
from gateway.web.pages.docs import DocsPages
from gateway.web.pages.door_plate import DoorPlatePages
from gateway.web.pages.renderer import PageRenderer
from gateway.web.public_url import path_prefix
from gateway.web.route_handler import error_response, make_handler
from gateway.web.routes import Route, RouteError, validate_routes
from gateway.web.services import Services
from gateway.web.socket_quota import max_sockets
from gateway.web.view_audit import ViewAudit

log = structlog.get_logger(__name__)
_END_S = 3.0


def build(services: Services) -> web.Application:
    """The application. Raises RouteError for a route that must not be served."""
    rendering, meters = PageRenderer(), WebMetrics(services.registry)
    most = max_sockets(services.connections)
    docs, live = DocsPages(rendering), LiveSocket(LiveFeed(services), meters, most)
    viewings = ViewAudit(services.store, services.now)
    live_view = LiveViewRoutes(viewings, meters, most)
    sound = CallSound()
    table = validate_routes(
        (
            *session.ROUTES,
            *alerts.ROUTES,
            *devices.ROUTES,
            *live.routes(),
            *live_view.routes(),
            *sound.routes(),
            *PictureRoutes(viewings).routes(),
            *ClipRoutes(viewings).routes(),
            *PushRoutes().routes(),
            *system.ROUTES,
            *docs.routes(),
            *DoorPlatePages(rendering).routes(),
            *rendering.routes(),
            *ConsolePages(rendering).routes(),
        )
    )
    docs.describe(table, services.facts.version)
    app = web.Application(middlewares=[_strays(services)])
    app.on_response_prepare.append(add_headers)

    async def end_live(_app: web.Application) -> None:
        await live.close()
        await live_view.close()
        await sound.close()

    app.on_shutdown.append(end_live)
    install(app, table, services, meters)
    return app


def install(app: web.Application, table: tuple[Route, ...], services: Services, meters: WebMetrics) -> None:
    """Serve the table, below the path of `public_url` too, and nothing beside it.

    RouteError when the application has a route of its own.
    """
    handlers: set[Any] = set()
    prefixes = {path_prefix(services.facts.public_url), ""}
    for prefix, route in itertools.product(sorted(prefixes, reverse=True), validate_routes(table)):
        handler = make_handler(route, services, meters)
        handlers.add(handler)
        app.router.add_route(route.method, prefix + route.path, handler)
        if route.method == "GET" and not route.socket:
            app.router.add_route("HEAD", prefix + route.path, handler)
    for registered in app.router.routes():
        if registered.handler not in handlers:
            raise RouteError(f"{registered} is served but not in the route table: declare it there")


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _strays(services: Services) -> Any:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        """What no route answers for, in the words of all other errors."""
        try:
            return await handler(request)
        except web.HTTPException as error:
            allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
            return error_response(request, services, error_for_status(error.status, error.reason, allow))

    return middleware


@asynccontextmanager
async def serve(services: Services, host: str, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve until left; gives the URL, with the port that was picked when `port` is 0."""
    door = Listener("http", services.refusals)
    connections, app = Connections(door, services.connections), build(services)
    app.middlewares.insert(0, connections.note)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_END_S)
    await runner.setup()
    try:
        assert runner.server
        sockets = listening(host, port)
        shown = f"[{host}]" if ":" in host else host
        url = f"{'https' if tls else 'http'}://{shown}:{sockets[0].getsockname()[1]}"
        async with accepting(door, sockets, connections.come_to(runner.server), tls):
            log.info("the guard room is open", url=url)
            yield url
    finally:
        await runner.cleanup()
