"""A guard's page says that it is open, can sound, and when somebody touched it."""

from __future__ import annotations

from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from gateway.web.request_context import RequestContext
from gateway.web.requests import RequestModel
from gateway.web.routes import GUARDS, Route

Page = Annotated[str, Field(pattern=r"^[0-9a-f-]{8,36}$", description="made by the page when it is opened")]


class PresenceRequest(RequestModel):
    """How a page does. `gone`: it is being closed."""

    page: Page
    visible: bool = True
    sound: Literal["ok", "blocked"] = "ok"
    stale: bool = Field(False, description="it heard nothing on the live feed for too long")
    idle_s: Annotated[float, Field(ge=0, le=86400, description="how long ago somebody touched it")] = 0
    gone: bool = False


async def report(context: RequestContext[PresenceRequest]) -> web.Response:
    """Handler of POST /api/v1/desk/presence."""
    presence, user, params = context.services.presence, context.identity.user, context.params
    if params.gone:
        presence.leave(user, params.page)
    else:
        presence.report(
            user,
            params.page,
            visible=params.visible,
            sounds=params.sound == "ok",
            stale=params.stale,
            idle_s=params.idle_s,
        )
    return web.Response(status=204)


ROUTES = (
    Route(
        "POST",
        "/api/v1/desk/presence",
        report,
        allowed=GUARDS,
        summary="A page of the desk is open; sent every 10 s",
        request_model=PresenceRequest,
        status=204,
        max_body_bytes=1024,
    ),
)
