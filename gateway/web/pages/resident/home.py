"""The first page: the room, what is new, and where everything else is; and the list of notices."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.web.pages.resident.page import HOME, SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

_NEWEST = 3
_PAGE = 30


class HomePages:
    """Home and notices."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (
            Route("GET", HOME, self.home, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("GET", "/r/notices", self.notices, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
        )

    async def home(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/."""
        room = self._page.room(context)
        person = context.services.residents.directory.person(context.resident.person)
        return self._page.render(
            context,
            "home.html",
            room=room,
            name=person.name if person is not None else "",
            notices=await self._notices(context, room, _NEWEST),
        )

    async def notices(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/notices."""
        room = self._page.room(context)
        before = context.request.query.get("before", "")
        found = await self._notices(context, room, _PAGE, int(before) if before.isdecimal() else None)
        older = self._page.query(context, before=str(found[-1]["number"])) if len(found) == _PAGE else ""
        return self._page.render(context, "notices.html", room=room, notices=found, older=older)

    async def _notices(
        self, context: RequestContext[Any], room: str, limit: int, before: int | None = None
    ) -> list[dict[str, Any]]:
        residents, language = context.services.residents, self._page.language(context)
        since = residents.directory.since(context.resident.person, room)
        found = await residents.notices.page(room, since, before, limit)
        zone = context.services.compound.timezone
        return [
            {"number": each.number, "at": local_time(each.at, zone), "words": each.words[language]} for each in found
        ]
