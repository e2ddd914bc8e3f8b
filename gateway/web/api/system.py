"""Health checks and metrics of the gateway itself."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.web.api_errors import not_allowed, not_signed_in
from gateway.web.authentication import authenticate
from gateway.web.proxy import is_local_program
from gateway.web.request_context import RequestContext
from gateway.web.responses import HealthView
from gateway.web.routes import PUBLIC, TECHNICIANS, Route

_TEXT = "text/plain"


async def healthz(_context: RequestContext[Any]) -> HealthView:
    """Handler of GET /healthz: the event loop runs."""
    return HealthView(status="ok")


async def readyz(context: RequestContext[Any]) -> web.Response:
    """Handler of GET /readyz: 503 when a part is not ready. Rejected clients are listed but do not cause a 503."""
    parts = dict(context.services.readiness())
    ready = all(parts.values())
    refused = [f"{refusal.door}: {refusal.why}" for refusal in context.services.refusals.recent()]
    view = HealthView(status="ok" if ready else "not ready", parts=parts, refused=refused)
    return web.Response(text=view.model_dump_json(), status=200 if ready else 503, content_type="application/json")


async def metrics(context: RequestContext[Any]) -> web.Response:
    """Handler of GET /metrics, for a collector on this machine or one with an installer's or manager's token."""
    if not is_local_program(context.request):
        # A public route, because Prometheus on this machine needs no token; checked here for all others.
        identity = await authenticate(context.services, context.request)
        if identity is None:
            raise not_signed_in()
        if identity.role not in TECHNICIANS:
            raise not_allowed()
    return web.Response(body=generate_latest(context.services.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


ROUTES = (
    Route("GET", "/healthz", healthz, allowed=PUBLIC, summary="Whether the gateway runs", response_model=HealthView),
    Route(
        "GET",
        "/readyz",
        readyz,
        allowed=PUBLIC,
        summary="Whether every part is ready (503: not)",
        response_model=HealthView,
    ),
    Route(
        "GET",
        "/metrics",
        metrics,
        allowed=PUBLIC,
        summary="Metrics for Prometheus (from this machine, or with a token)",
        media_type=_TEXT,
    ),
)
