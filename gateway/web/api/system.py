"""For those who watch the gateway itself, and for those who write programs against it."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.web.api_errors import not_allowed, not_signed_in
from gateway.web.origin import is_local_program
from gateway.web.request_context import RequestContext
from gateway.web.responses import HealthView
from gateway.web.route_handler import authenticate
from gateway.web.routes import PUBLIC, TECHNICIANS, Route

_TEXT = "text/plain"


async def healthz(_call: RequestContext[Any]) -> HealthView:
    """The loop turns."""
    return HealthView(status="ok")


async def readyz(call: RequestContext[Any]) -> web.Response:
    """Everything that must be up is; 503 names what is not. What is turned away alone makes it no 503."""
    parts = dict(call.services.ready())
    ready = all(parts.values())
    refused = [f"{refusal.door}: {refusal.why}" for refusal in call.services.refusals.recent()]
    view = HealthView(status="ok" if ready else "not ready", parts=parts, refused=refused)
    return web.Response(text=view.model_dump_json(), status=200 if ready else 503, content_type="application/json")


async def metrics(call: RequestContext[Any]) -> web.Response:
    """For a collector on this machine, or one with an installer's or manager's token."""
    if not is_local_program(call.request):
        who = await authenticate(call.services, call.request)
        if who is None:
            raise not_signed_in()
        if who.role not in TECHNICIANS:
            raise not_allowed()
    return web.Response(body=generate_latest(call.services.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


ROUTES = (
    Route("GET", "/healthz", healthz, who=PUBLIC, does="Whether it runs", gives=HealthView),
    Route("GET", "/readyz", readyz, who=PUBLIC, does="Whether every part is ready (503: not)", gives=HealthView),
    Route("GET", "/metrics", metrics, who=PUBLIC, does="Figures for Prometheus (this machine, or a token)", raw=_TEXT),
)
