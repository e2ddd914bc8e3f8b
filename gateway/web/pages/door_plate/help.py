"""Calling for help at a door: one page asks whether it is meant, so that a phone in a pocket calls nobody."""

from __future__ import annotations

from typing import Any

import structlog
from aiohttp import web

from gateway.errors import NotRecorded, TooMany
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Signal
from gateway.people.door_plates import IssuedPlate
from gateway.web.pages.door_plate.plate_page import PlatePage, text_for
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route

log = structlog.get_logger(__name__)
HELP = "help.called"


class HelpPages:
    """Asks, then rings in the guard room."""

    def __init__(self, page: PlatePage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes of calls for help."""
        path = "/d/{token}/help"
        return (
            Route("GET", path, self.ask, allowed=PUBLIC, page=True),
            Route("POST", path, self.call, allowed=PUBLIC, page=True, opaque_origin=True),
        )

    async def ask(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /d/{token}/help: calls nobody yet."""
        return await self._page.with_plate(context, self._ask, offered=_offered(context))

    async def call(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /d/{token}/help."""
        return await self._page.with_plate(context, self._call, offered=_offered(context))

    async def _ask(
        self, context: RequestContext[Any], plate: IssuedPlate, error: str | None = None, status: int = 200
    ) -> web.Response:
        link = context.services.door_plate_service.matters.new_token()
        token = context.path_param("token")
        return self._page.render(context, "help.html", plate.place, status=status, error=error, token=token, link=link)

    async def _call(self, context: RequestContext[Any], plate: IssuedPlate) -> web.Response:
        limits, data = self._page.limits, {"place": plate.place}
        try:
            form = await self._page.form(context)
            link, source = context.services.door_plate_service.matters.link(form.fields.get("link", ""))
            limits.done(limits.help, context.path_param("token"), context.address)
            await context.services.emit(Signal(device=GATEWAY, kind=HELP, source_id=source, data=data))
        except TooMany:
            return await self._ask(context, plate, "help_many", 429)
        except NotRecorded:  # it is on the guards' screen all the same
            return await self._ask(context, plate, "help_unkept", 503)
        except web.HTTPException as error:
            return await self._ask(context, plate, text_for(error), error.status)
        log.info("help was called at a door plate", place=plate.place)
        return self._page.sent(context, link)


def _offered(context: RequestContext[Any]) -> bool:
    return context.services.door_plate_service.settings().help
