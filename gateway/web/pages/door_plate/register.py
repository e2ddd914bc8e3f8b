"""A tenant registers at the door; the owner confirms. The answer says nothing of the room."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from aiohttp import web

from gateway.door_plate.service import Registration
from gateway.errors import NotRecorded, TooMany
from gateway.people.door_plates import IssuedPlate
from gateway.store.vault import VaultError
from gateway.web.pages.door_plate.plate_page import PlatePage, printable, text_for
from gateway.web.pages.form import Form
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route

MAX_NAME = 40
_PHONE = re.compile(r"1[3-9]\d{9}")


class _Invalid(Exception):
    """`text` is the name of the text that says why."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class RegisterPages:
    """The form, and one answer for every room."""

    def __init__(self, page: PlatePage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes of registrations."""
        path = "/d/{token}/register"
        return (
            Route("GET", path, self.show, allowed=PUBLIC, page=True),
            Route("POST", path, self.register, allowed=PUBLIC, page=True, opaque_origin=True),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /d/{token}/register."""
        return await self._page.with_plate(context, self._show, offered=_offered(context))

    async def register(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /d/{token}/register."""
        return await self._page.with_plate(context, self._register, offered=_offered(context))

    async def _show(self, context: RequestContext[Any], plate: IssuedPlate) -> web.Response:
        if "sent" in context.request.query:
            token = context.path_param("token")
            return self._page.render(context, "registered.html", plate.place, token=token)
        return self._form(context, plate.place, Form())

    async def _register(self, context: RequestContext[Any], plate: IssuedPlate) -> web.Response:
        place, token = plate.place, context.path_param("token")
        form = Form()
        try:
            form = await self._page.form(context)
            asked = _registration(place, form)
            self._page.limits.done(self._page.limits.register, token, context.address)
            await context.services.door_plate_service.register(asked)
        except _Invalid as error:
            return self._form(context, place, form, error.text, 400)
        except TooMany:
            return self._form(context, place, form, "too_many", 429)
        except (NotRecorded, VaultError):
            return self._form(context, place, form, "not_kept", 503)
        except web.HTTPException as error:
            return self._form(context, place, form, text_for(error), error.status)
        return self._page.redirect(context, f"{token}/register", {"sent": "1"})

    def _form(
        self, context: RequestContext[Any], place: str, form: Form, error: str | None = None, status: int = 200
    ) -> web.Response:
        fields = {name: form.fields.get(name, "")[:MAX_NAME] for name in ("name", "since", "until")}
        fields["phone_entered"] = form.fields.get("phone", "")[:MAX_NAME]
        token = context.path_param("token")
        return self._page.render(context, "register.html", place, status=status, error=error, token=token, **fields)


def _offered(context: RequestContext[Any]) -> bool:
    return context.services.door_plate_service.settings().registration


def _registration(place: str, form: Form) -> Registration:
    name = " ".join(printable(form.fields.get("name", "")).split())
    phone = re.sub(r"[\s-]", "", form.fields.get("phone", ""))
    if not name or len(name) > MAX_NAME:
        raise _Invalid("no_name")
    if not _PHONE.fullmatch(phone):
        raise _Invalid("no_phone")
    try:
        since = date.fromisoformat(form.fields.get("since", ""))
        until = date.fromisoformat(form.fields["until"]) if form.fields.get("until") else None
    except ValueError as error:
        raise _Invalid("no_dates") from error
    if until is not None and until <= since:
        raise _Invalid("no_dates")
    return Registration(place, name, phone, since, until)
