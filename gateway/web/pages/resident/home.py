"""The first page: the room, what is new, and where everything else is; and the list of notices."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.model import with_names
from gateway.web.pages.resident.page import HOME, SIGN_IN, ResidentPage
from gateway.web.pages.resident.texts import texts_in
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

MENU = (
    ("passes", "M3 9V5h18v4a3 3 0 0 0 0 6v4H3v-4a3 3 0 0 0 0-6M14 5v14", "passes"),
    ("door", "M6 21V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v17M3 21h18M14 12h.01", "door"),
    ("alarm", "M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6l8-3M9 12l2 2 4-4", "alarm"),
    (
        "household",
        "M16 20v-1a4 4 0 0 0-8 0v1M12 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M21 20v-1a3 3 0 0 0-3-3",
        "household",
    ),
    ("alerts", "M12 3a6 6 0 0 0-6 6v4l-2 3h16l-2-3V9a6 6 0 0 0-6-6M10 20h4", "alerts"),
    ("care", "M12 20s-7-4.5-7-10a4 4 0 0 1 7-2.6A4 4 0 0 1 19 10c0 5.5-7 10-7 10", "care"),
    ("devices", "M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1M11 18h2", "devices"),
    ("privacy", "M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6", "privacy"),
)
"""Path below /r/, the icon's path, and the name of the text."""
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
        done = context.request.query.get("done", "")
        texts = texts_in(self._page.language(context))
        person = context.services.residents.directory.person(context.resident.person)
        return self._page.render(
            context,
            "home.html",
            room=room,
            menu=[(path, icon, texts[name]) for path, icon, name in MENU],
            name=person.name if person is not None else "",
            notices=await self._notices(context, room, _NEWEST),
            visits=await context.services.door_plate_service.visits.open_at([room]),
            registrations=await self._registrations(context, room),
            is_home=True,
            done=done if done in {"let_in_done", "declined"} else "",
            error="too_many_passes" if done == "no_pass" else "",
        )

    async def notices(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/notices."""
        room = self._page.room(context)
        before = context.request.query.get("before", "")
        found = await self._notices(context, room, _PAGE, int(before[:18]) if before.isdecimal() else None)
        older = self._page.query(context, before=str(found[-1]["number"])) if len(found) == _PAGE else ""
        return self._page.render(context, "notices.html", room=room, notices=found, older=older)

    async def _registrations(self, context: RequestContext[Any], room: str) -> bool:
        """Whether a tenant's registration waits for this resident, who owns the room."""
        residents = context.services.residents
        if residents.directory.role(context.resident.person, room) != "owner":
            return False
        return any(each.is_registration and each.state == "open" for each in await residents.requests.at(room))

    async def _notices(
        self, context: RequestContext[Any], room: str, limit: int, before: int | None = None
    ) -> list[dict[str, Any]]:
        residents, language = context.services.residents, self._page.language(context)
        since = residents.directory.since(context.resident.person, room)
        found = await residents.notices.page(room, since, before, limit)
        zone = context.services.compound.timezone
        return [
            {
                "number": each.number,
                "at": local_time(each.at, zone),
                "words": with_names(each.words, residents.directory.name)[language],
            }
            for each in found
        ]
