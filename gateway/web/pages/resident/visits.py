"""Somebody announces a visit at the door: a resident lets them in or not. The visitor learns nothing by it."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.errors import NotFound, Refused
from gateway.model import Words
from gateway.web.api_errors import not_found
from gateway.web.pages.resident.page import HOME, SIGN_IN, ResidentPage
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

_VISIT = Words("这次来访", "visit")


class VisitAnswers:
    """The answer; open visits are on the first page."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (Route("POST", "/r/visits/{number}", self.answer, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),)

    async def answer(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/visits/{number}."""
        form, number = await self._page.form(context), context.path_param("number")[:18]
        rooms, person = self._page.rooms(context), context.resident.person
        visits, accept = context.services.door_plate_service.visits, form.get("answer") == "accept"
        try:
            await visits.answer(int(number) if number.isdecimal() else 0, rooms, person, accept=accept)
        except NotFound as error:
            raise not_found(_VISIT) from error
        except Refused:
            return self._page.redirect(context, HOME, done="no_pass")  # too many passes, or a time that is not allowed
        return self._page.redirect(context, HOME, done="let_in_done" if accept else "declined")
