"""Builds the aiohttp application from the route table and serves it on one port."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiohttp import web

from gateway.links.accept import RefusalReporter, accept_connections, listening_sockets
from gateway.web.api import (
    alerts,
    areas,
    arming,
    care,
    commands,
    desk_options,
    devices,
    door_plates,
    drills,
    duty,
    household,
    incidents,
    notifiers,
    patrols,
    places,
    plan,
    presence,
    privacy,
    procedure,
    resident_requests,
    residents,
    session,
    silences,
    system,
)
from gateway.web.api.access import AccessRoutes
from gateway.web.api.audit import AuditRoutes
from gateway.web.api.calls import CallAudio
from gateway.web.api.clips import ClipRoutes
from gateway.web.api.evidence import EvidenceRoutes
from gateway.web.api.exports import ExportRoutes
from gateway.web.api.figures import FigureRoutes
from gateway.web.api.handovers import HandoverRoutes
from gateway.web.api.history import HistoryRoutes
from gateway.web.api.households import HouseholdRoutes
from gateway.web.api.live_view import LiveViewRoutes
from gateway.web.api.passes import PassRoutes
from gateway.web.api.people import PeopleSearch
from gateway.web.api.people_lists import PeopleLists
from gateway.web.api.pictures import PictureRoutes
from gateway.web.api.push import PushRoutes
from gateway.web.api_errors import error_for_status
from gateway.web.connections import Connections
from gateway.web.headers import add_headers
from gateway.web.live_rendering import LiveMessages
from gateway.web.live_socket import LiveSocket
from gateway.web.metrics import WebMetrics
from gateway.web.pages.console import ConsolePages
from gateway.web.pages.docs import DocsPages
from gateway.web.pages.door_plate import DoorPlatePages
from gateway.web.pages.door_plate.office import OfficePages
from gateway.web.pages.handover import HandoverPages
from gateway.web.pages.incident_report import IncidentReportPages
from gateway.web.pages.patrol import PatrolPages
from gateway.web.pages.renderer import PageRenderer
from gateway.web.pages.reports import ReportPages
from gateway.web.pages.resident import ResidentPages
from gateway.web.pages.visitor import VisitorPages
from gateway.web.public_url import path_prefix
from gateway.web.route_handler import error_response, make_handler
from gateway.web.routes import Route, RouteError, validate_routes
from gateway.web.services import Services
from gateway.web.socket_quota import max_sockets
from gateway.web.view_audit import ViewAudit

log = structlog.get_logger(__name__)
_SHUTDOWN_S = 3.0
"""How long requests in progress may take when the gateway stops."""


def build(services: Services) -> web.Application:
    """The application. Raises RouteError for an invalid route."""
    renderer, metrics = PageRenderer(), WebMetrics(services.registry)
    sockets = max_sockets(services.max_connections)
    docs, live = DocsPages(renderer), LiveSocket(LiveMessages(services), metrics, sockets)
    view_audit = ViewAudit(services.store, services.now)
    live_view = LiveViewRoutes(view_audit, metrics, sockets)
    call_audio = CallAudio()
    table = validate_routes(
        (
            *session.ROUTES,
            *residents.ROUTES,
            *privacy.ROUTES,
            *resident_requests.ROUTES,
            *alerts.ROUTES,
            *ExportRoutes().routes(),
            *incidents.ROUTES,
            *presence.ROUTES,
            *drills.ROUTES,
            *silences.ROUTES,
            *procedure.ROUTES,
            *devices.ROUTES,
            *places.ROUTES,
            *door_plates.ROUTES,
            *plan.ROUTES,
            *commands.ROUTES,
            *arming.ROUTES,
            *areas.ROUTES,
            *care.ROUTES,
            *desk_options.ROUTES,
            *notifiers.ROUTES,
            *live.routes(),
            *live_view.routes(),
            *call_audio.routes(),
            *PictureRoutes(view_audit).routes(),
            *HandoverRoutes(view_audit).routes(),
            *ClipRoutes(view_audit).routes(),
            *EvidenceRoutes().routes(),
            *PushRoutes().routes(),
            *patrols.ROUTES,
            *patrols.ScanRoutes().routes(),
            *duty.ROUTES,
            *PassRoutes(view_audit).routes(),
            *FigureRoutes().routes(),
            *HistoryRoutes(view_audit).routes(),
            *AuditRoutes(view_audit).routes(),
            *PeopleSearch(view_audit).routes(),
            *PeopleLists().routes(),
            *HouseholdRoutes(view_audit).routes(),
            *household.ROUTES,
            *AccessRoutes(view_audit).routes(),
            *system.ROUTES,
            *docs.routes(),
            *DoorPlatePages(renderer, services.refusals).routes(),
            *OfficePages(renderer).routes(),
            *HandoverPages(renderer, view_audit).routes(),
            *PatrolPages(renderer).routes(),
            *VisitorPages(renderer).routes(),
            *ReportPages(renderer, view_audit).routes(),
            *IncidentReportPages(renderer).routes(),
            *ResidentPages(renderer).routes(),
            *renderer.routes(),
            # Last, because it matches every path.
            *ConsolePages(renderer).routes(),
        )
    )
    docs.describe(table, services.compound.version)  # describes itself too, so it needs the complete table
    app = web.Application(middlewares=[_error_middleware(services)])
    app.on_response_prepare.append(add_headers)

    async def close_sockets(_app: web.Application) -> None:
        await live.close()
        await live_view.close()
        await call_audio.close()

    app.on_shutdown.append(close_sockets)
    install(app, table, services, metrics)
    return app


def install(app: web.Application, table: tuple[Route, ...], services: Services, metrics: WebMetrics) -> None:
    """Add the routes to the application, also under the path of `public_url`.

    Raises RouteError when the application has a route that is not in the table.
    """
    handlers: set[Any] = set()
    # The longer prefix first, so that the console's catch-all route does not match its paths.
    prefixes = {path_prefix(services.compound.public_url), ""}
    for prefix, route in itertools.product(sorted(prefixes, reverse=True), validate_routes(table)):
        handler = make_handler(route, services, metrics)
        handlers.add(handler)
        path = prefix + route.path.replace("{place}", "{place:.+}")  # a place's path has slashes
        app.router.add_route(route.method, path, handler)
        # `add_route` does not add HEAD by itself, as `add_get` would.
        if route.method == "GET" and not route.socket:
            app.router.add_route("HEAD", path, handler)
    for registered in app.router.routes():
        if registered.handler not in handlers:
            raise RouteError(f"{registered} is served but is not in the route table: add it there")


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _error_middleware(services: Services) -> Any:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Errors that aiohttp raises before a route is found, in the same form as all others."""
        try:
            return await handler(request)
        except web.HTTPException as error:
            allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
            return error_response(request, services, error_for_status(error.status, error.reason, allow))

    return middleware


@asynccontextmanager
async def serve(services: Services, host: str, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve while the context is open; yields the URL. Port 0 picks a free port."""
    listener = RefusalReporter("http", services.refusals)
    connections, app = Connections(listener, services.max_connections), build(services)
    app.middlewares.insert(0, connections.track)  # outermost: errors are answers too
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        assert runner.server
        sockets = listening_sockets(host, port)
        url_host = f"[{host}]" if ":" in host else host
        url = f"{'https' if tls else 'http'}://{url_host}:{sockets[0].getsockname()[1]}"
        async with accept_connections(listener, sockets, connections.protocol_factory(runner.server), tls):
            log.info("HTTP server started", url=url)
            yield url
    finally:
        await runner.cleanup()
