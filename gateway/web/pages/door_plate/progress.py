"""The private link of a report or a call for help: how it goes, and what the guards chose to answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway.door_plate.matters import Stage
from gateway.errors import NotRecorded, TooMany
from gateway.web.pages.door_plate.plate_page import PlatePage, language_of
from gateway.web.pages.door_plate.texts import CATEGORIES
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route


class ProgressPages:
    """Shows no guard's name and nothing of the household."""

    def __init__(self, page: PlatePage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The route of private links."""
        return (Route("GET", "/d/r/{token}", self.show, allowed=PUBLIC, page=True),)

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /d/r/{token}."""
        services = context.services
        try:
            found = await services.door_plate_service.matters.progress(context.path_param("token"))
            if found is None:
                self._page.limits.guessed(context.address)
        except TooMany:
            return self._page.render(context, "lost.html", status=429)
        except NotRecorded:
            return self._page.render(context, "lost.html", status=503)
        if found is None:
            return self._page.render(context, "lost.html", status=404)
        data, language = found.signal.data, language_of(context)
        category = CATEGORIES.get(str(data.get("category") or ""))
        zone = ZoneInfo(services.compound.timezone)

        def clock(at: datetime) -> str:
            return at.astimezone(zone).strftime("%m-%d %H:%M")

        return self._page.render(
            context,
            "progress.html",
            str(data.get("place") or ""),
            is_new="new" in context.request.query,
            is_help=found.signal.kind == "help.called",
            category=category[language] if category else "",
            text=str(data.get("text") or ""),
            made=clock(found.signal.time),
            stages=[stage.value for stage in Stage],
            reached=[stage.value for stage in Stage].index(found.stage.value),
            answers=[(clock(at), note) for at, note in found.answers],
        )
