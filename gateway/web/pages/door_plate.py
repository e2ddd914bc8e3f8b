"""The page of a door plate's QR code: the address, the property office's phone, and a form to report something.

Anybody who stands at the door can open it, so it never shows who lives there.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any

import structlog
from aiohttp import hdrs, web
from yarl import URL

from gateway.errors import NotRecorded, TooMany
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Signal
from gateway.web.pages.form import Form, read_form
from gateway.web.pages.photo import InvalidPhoto, sanitize_photo
from gateway.web.pages.renderer import PageRenderer
from gateway.web.pages.report_limits import ReportLimits
from gateway.web.pages.texts import CATEGORIES, texts_in
from gateway.web.public_url import public_path
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route

log = structlog.get_logger(__name__)
MAX_PHOTO_BYTES = 2 * 1024 * 1024
MAX_TEXT_LENGTH = 500
_DRAIN_BYTES = 16 * 1024 * 1024
_FORM_TIMEOUT_S = 60.0
_NONCE = re.compile(r"[0-9a-f]{24}")
_LANGUAGES = {"zh", "en"}


class _InvalidReport(Exception):
    """A report that is rejected; `text` is the name of the text that says why."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


class DoorPlatePages:
    """Shows the plate's page and takes reports."""

    def __init__(self, renderer: PageRenderer) -> None:
        self._renderer = renderer
        self._limits = ReportLimits()
        self._one_photo = asyncio.Semaphore(1)  # decoding takes up to 75 MB

    def routes(self) -> tuple[Route, ...]:
        """The plate's routes."""
        path = "/d/{token}"
        return (
            Route("GET", path, self.show, allowed=PUBLIC, page=True),
            # A web view inside another app may send `Origin: null`. The token in the address is the authorisation.
            Route("POST", path, self.report, allowed=PUBLIC, page=True, opaque_origin=True),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /d/{token}."""
        place = await context.services.door_plates.place(context.path_param("token"))
        if place is None:
            return self._page(context, "gone.html", status=404)
        if "sent" in context.request.query:
            return self._page(context, "sent.html", place)
        return self._form(context, place)

    async def report(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /d/{token}: emit the report as a signal of the gateway, then redirect.

        After the redirect a reload of the page does not send the report again.
        """
        place = await context.services.door_plates.place(context.path_param("token"))
        if place is None:
            return self._page(context, "gone.html", status=404)
        form = Form()
        try:
            form = await read_form(
                context.request,
                file="photo",
                max_bytes=MAX_PHOTO_BYTES,
                drain_bytes=_DRAIN_BYTES,
                timeout_s=_FORM_TIMEOUT_S,
            )
            await context.services.emit(await self._signal(context, place, form))
        except _InvalidReport as error:
            return self._form(context, place, form, error.text, error.status)
        except TooMany:
            return self._form(context, place, form, "too_many", 429)
        except NotRecorded:
            return self._form(context, place, form, "not_kept", 503)
        except web.HTTPException as error:
            return self._form(context, place, form, _text_for(error), error.status)
        query = {"sent": "1", **({"lang": context.request.query["lang"]} if "lang" in context.request.query else {})}
        path = public_path(context.request, context.services.compound.public_url)
        return web.Response(status=303, headers={hdrs.LOCATION: str(URL(path, encoded=True).with_query(query))})

    async def _signal(self, context: RequestContext[Any], place: str, form: Form) -> Signal:
        category, text = form.fields.get("category", ""), form.fields.get("text", "").strip()
        nonce = form.fields.get("nonce", "")
        if category not in CATEGORIES:
            raise _InvalidReport("no_category")
        if not text:
            raise _InvalidReport("no_text")
        if len(text) > MAX_TEXT_LENGTH:
            raise _InvalidReport("long_text")
        if form.too_large:
            raise _InvalidReport("large_photo", 413)
        # Counted before the photo is decoded, which is the expensive part.
        self._limits.take(context.path_param("token"), context.address, len(form.file))
        return Signal(
            device=GATEWAY,
            kind="report.made",
            # The form's nonce makes a report that is sent twice one signal.
            source_id=nonce if _NONCE.fullmatch(nonce) else None,
            data={"category": category, "text": _printable(text), "place": place},
            picture=await self._picture(form.file),
        )

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
        nonce = fields.get("nonce", "")
        return self._page(
            context,
            "plate.html",
            place,
            status,
            error=error,
            chosen=fields.get("category", ""),
            text=fields.get("text", "")[: MAX_TEXT_LENGTH * 2],
            nonce=nonce if _NONCE.fullmatch(nonce) else secrets.token_hex(12),
            text_length=MAX_TEXT_LENGTH,
        )

    def _page(
        self, context: RequestContext[Any], template: str, place: str = "", status: int = 200, **values: Any
    ) -> web.Response:
        facts = context.services.compound
        requested = context.request.query.get("lang", "")
        language = requested if requested in _LANGUAGES else context.language
        error = values.pop("error", None)
        texts = texts_in(language)
        response = self._renderer.page(
            context,
            template,
            status=status,
            texts=texts,
            language=language,
            keep_language=requested in _LANGUAGES,
            compound=facts.name,
            phone=facts.property_phone,
            # For `tel:`, which takes no spaces or brackets.
            dial=re.sub(r"[^0-9+,*#]", "", facts.property_phone),
            address=facts.place_name(place)[language] if place else "",
            categories={key: words[language] for key, words in CATEGORIES.items()},
            error=texts[error] if error else "",
            **values,
        )
        response.headers[hdrs.REFERRER_POLICY] = "same-origin"  # with no-referrer the form's Origin would be null
        response.headers["X-Robots-Tag"] = "noindex"
        return response


def _printable(text: str) -> str:
    """Without control characters, which a terminal or screen might interpret."""
    return "".join(character for character in text if character.isprintable() or character == "\n")


def _text_for(error: web.HTTPException) -> str:
    return "large_photo" if error.status == 413 else "broken_form"
