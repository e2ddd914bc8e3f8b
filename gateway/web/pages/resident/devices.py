"""The phones that a resident is signed in on."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.errors import NotFound
from gateway.model import Words
from gateway.web.api_errors import not_found
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

_PHONE = Words("这部手机", "phone")


class DevicePages:
    """The list, and signing one out."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (
            Route("GET", "/r/devices", self.show, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("POST", "/r/devices/{id}", self.revoke, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/devices."""
        identity, zone = context.resident, context.services.compound.timezone
        devices = [
            {
                "id": each.id,
                "name": each.name,
                "way": each.way,
                "since": local_time(each.created_at, zone),
                "seen": local_time(each.seen_at, zone),
                "until": local_time(each.expires_at, zone)[:10],
                "this": each.id == identity.device,
            }
            for each in await context.services.residents.devices.of(identity.person)
        ]
        done = "phone_out" if "done" in context.request.query else ""
        return self._page.render(context, "devices.html", room=self._page.room(context), devices=devices, done=done)

    async def revoke(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/devices/{id}: 404 for another person's phone."""
        devices = context.services.residents.devices
        try:
            await devices.revoke(context.resident.person, context.path_param("id"), context.actor)
        except NotFound as error:
            raise not_found(_PHONE) from error
        return self._page.redirect(context, "/r/devices", done="1")
