"""The page that the code opens: the address, the property office's phone, and a form to report something."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from aiohttp import web

from gateway.errors import NotRecorded, TooMany
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Signal
from gateway.people.door_plates import IssuedPlate
from gateway.web.pages.door_plate.plate_page import PlatePage, language_of, printable, text_for
from gateway.web.pages.door_plate.texts import CATEGORIES
from gateway.web.pages.form import Form
from gateway.web.pages.photo import InvalidPhoto, sanitize_photo
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route

log = structlog.get_logger(__name__)
MAX_TEXT_LENGTH = 500


class _InvalidReport(Exception):
    """A report that is rejected; `text` is the name of the text that says why."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


class ReportPages:
    """Shows the plate's page and takes reports."""

    def __init__(self, page: PlatePage) -> None:
        self._page = page
        self._one_photo = asyncio.Semaphore(1)  # decoding takes up to 75 MB

    def routes(self) -> tuple[Route, ...]:
        """The plate's own routes."""
        path = "/d/{token}"
        return (
            Route("GET", path, self.show, allowed=PUBLIC, page=True),
            # A web view inside another app may send `Origin: null`. The token in the address is the authorisation.
            Route("POST", path, self.report, allowed=PUBLIC, page=True, opaque_origin=True),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /d/{token}."""
        return await self._page.with_plate(context, self._show, scanned="sent" not in context.request.query)

    async def report(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /d/{token}: emit the report as a signal of the gateway, then show its private link."""
        return await self._page.with_plate(context, self._report)

    async def _show(self, context: RequestContext[Any], plate: IssuedPlate) -> web.Response:
        if "sent" in context.request.query:
            return self._page.render(context, "sent.html", plate.place)
        return self._form(context, plate.place)

    async def _report(self, context: RequestContext[Any], plate: IssuedPlate) -> web.Response:
        place, form = plate.place, Form()
        try:
            form = await self._page.form(context)
            link, signal = await self._signal(context, place, form)
            await context.services.emit(signal)
        except _InvalidReport as error:
            return self._form(context, place, form, error.text, error.status)
        except TooMany:
            return self._form(context, place, form, "too_many", 429)
        except NotRecorded:
            return self._form(context, place, form, "not_kept", 503)
        except web.HTTPException as error:
            return self._form(context, place, form, text_for(error), error.status)
        return self._page.sent(context, link)

    async def _signal(self, context: RequestContext[Any], place: str, form: Form) -> tuple[str, Signal]:
        category, text = form.fields.get("category", ""), form.fields.get("text", "").strip()
        if category not in CATEGORIES:
            raise _InvalidReport("no_category")
        if not text:
            raise _InvalidReport("no_text")
        if len(text) > MAX_TEXT_LENGTH:
            raise _InvalidReport("long_text")
        if form.too_large:
            raise _InvalidReport("large_photo", 413)
        # Counted before the photo is decoded, which is the expensive part.
        self._page.limits.reported(context.path_param("token"), context.address, len(form.file))
        link, source = context.services.door_plate_service.matters.link(form.fields.get("link", ""))
        signal = Signal(
            device=GATEWAY,
            kind="report.made",
            source_id=source,
            data={"category": category, "text": printable(text), "place": place},
            picture=await self._picture(form.file),
        )
        return link, signal

    async def _picture(self, file: bytes) -> bytes | None:
        if not file:
            return None
        async with self._one_photo:
            try:
                return await asyncio.to_thread(sanitize_photo, file)
            except InvalidPhoto as error:
                log.info("a report's photo can't be read", why=str(error))
                raise _InvalidReport("no_photo") from error

    def _form(
        self,
        context: RequestContext[Any],
        place: str,
        form: Form | None = None,
        error: str | None = None,
        status: int = 200,
    ) -> web.Response:
        """The page with the form. After an error it keeps what was entered."""
        fields = form.fields if form else {}
        matters, language = context.services.door_plate_service.matters, language_of(context)
        return self._page.render(
            context,
            "plate.html",
            place,
            status=status,
            error=error,
            token=context.path_param("token"),
            chosen=fields.get("category", ""),
            categories={key: words[language] for key, words in CATEGORIES.items()},
            text=fields.get("text", "")[: MAX_TEXT_LENGTH * 2],
            link=matters.link(fields.get("link", ""))[0],
            text_length=MAX_TEXT_LENGTH,
        )
