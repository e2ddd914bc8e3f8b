"""What is kept of the resident: who looked at it, and all of it as a file."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import hdrs, web

from gateway.web.pages.resident.own_data import looks_at, own_data
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route


class PrivacyPages:
    """The page and the file."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (
            Route("GET", "/r/privacy", self.show, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("GET", "/r/my-data.json", self.file, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
        )

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

    async def file(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/my-data.json."""
        data = await own_data(context, context.resident.person)
        return web.Response(
            text=json.dumps(data, ensure_ascii=False, indent=2),
            content_type="application/json",
            headers={hdrs.CONTENT_DISPOSITION: 'attachment; filename="anju-my-data.json"'},
        )
