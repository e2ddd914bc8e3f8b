"""What is kept of the resident: who looked at it; their own data is a file of `gateway/web/api/privacy.py`."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.web.pages.resident.looks import looks_at
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route


class PrivacyPages:
    """The page."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The route."""
        return (Route("GET", "/r/privacy", self.show, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),)

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/privacy."""
        room, zone = self._page.room(context), context.services.compound.timezone
        looks = [
            {
                "at": local_time(step.at, zone),
                "who": step.user,
                "role": str(step.data.get("role", "")),
                "why": step.note,
            }
            for step in await looks_at(context, room)
        ]
        return self._page.render(context, "privacy.html", room=room, looks=looks)
