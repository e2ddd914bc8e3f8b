"""Announcing a visit. The visitor sees the same whether anybody lives there, until a resident lets them in."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.errors import NotRecorded, TooMany
from gateway.people.door_plates import IssuedPlate
from gateway.store.vault import VaultError
from gateway.web.pages.door_plate.plate_page import PlatePage, printable, text_for
from gateway.web.pages.form import Form
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route

MAX_NAME, MAX_TEXT = 40, 100


class VisitPages:
    """The form at the door, and the visitor's page that waits for an answer."""

    def __init__(self, page: PlatePage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes of visits."""
        path = "/d/{token}/visit"
        return (
            Route("GET", "/d/v/{token}", self.wait, allowed=PUBLIC, page=True),
            Route("GET", path, self.show, allowed=PUBLIC, page=True),
            Route("POST", path, self.announce, allowed=PUBLIC, page=True, opaque_origin=True),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /d/{token}/visit."""
        return await self._page.with_plate(context, self._show, offered=_offered(context))

    async def announce(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /d/{token}/visit."""
        return await self._page.with_plate(context, self._announce, offered=_offered(context))

    async def _show(self, context: RequestContext[Any], plate: IssuedPlate) -> web.Response:
        return self._form(context, plate.place, Form())

    async def _announce(self, context: RequestContext[Any], plate: IssuedPlate) -> web.Response:
        place = plate.place
        form = Form()
        try:
            form = await self._page.form(context)
            name, text = _line(form, "name"), _line(form, "text")
            if not name or len(name) > MAX_NAME:
                return self._form(context, place, form, "no_name", 400)
            self._page.limits.done(self._page.limits.visit, context.path_param("token"), context.address)
            link = await context.services.door_plate_service.visits.announce(place, name, text[:MAX_TEXT])
        except TooMany:
            return self._form(context, place, form, "too_many", 429)
        except (NotRecorded, VaultError):
            return self._form(context, place, form, "not_kept", 503)
        except web.HTTPException as error:
            return self._form(context, place, form, text_for(error), error.status)
        return self._page.redirect(context, f"v/{link}")

    async def wait(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /d/v/{token}: what is declined looks as what nobody answers."""
        services = context.services
        try:
            visit = await services.door_plate_service.visits.of_token(context.path_param("token"))
            if visit is None:
                self._page.limits.guessed(context.address)
        except TooMany:
            return self._page.render(context, "lost.html", status=429)
        except (NotRecorded, VaultError):
            return self._page.render(context, "lost.html", status=503)
        if visit is None:
            return self._page.render(context, "lost.html", status=404)
        over = visit.until <= services.now()
        return self._page.render(
            context,
            "waiting.html",
            visit.place,
            accepted=visit.answer == "accepted" and not over,
            over=over,
            pass_url=visit.pass_url,
        )

    def _form(
        self, context: RequestContext[Any], place: str, form: Form, error: str | None = None, status: int = 200
    ) -> web.Response:
        return self._page.render(
            context,
            "visit.html",
            place,
            status=status,
            error=error,
            token=context.path_param("token"),
            name=form.fields.get("name", "")[:MAX_NAME],
            text=form.fields.get("text", "")[:MAX_TEXT],
            name_length=MAX_NAME,
            text_length=MAX_TEXT,
        )


def _offered(context: RequestContext[Any]) -> bool:
    return context.services.door_plate_service.settings().visits


def _line(form: Form, field: str) -> str:
    return " ".join(printable(form.fields.get(field, "")).split())
