"""The page behind a door plate's QR code: the address, the property's phone, and a matter to report.

Anybody may open it who stands before the door, so it never says who lives behind it.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from aiohttp import hdrs, web
from yarl import URL

from gateway.errors import NotRecorded, TooMany
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.limits import RateLimit, network
from gateway.model import Signal
from gateway.web.pages.form import Form, read_form
from gateway.web.pages.photo import InvalidPhoto, sanitize_photo
from gateway.web.pages.renderer import PageRenderer
from gateway.web.pages.texts import CATEGORIES, texts_in
from gateway.web.public_url import public_path
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route

log = structlog.get_logger(__name__)
MAX_PHOTO_BYTES = 2 * 1024 * 1024
MAX_TEXT_LENGTH = 500
_DRAIN_BYTES = 16 * 1024 * 1024
_SECONDS = 60.0
_NONCE = re.compile(r"[0-9a-f]{24}")
_LANGUAGES = {"zh", "en"}


class _Unfit(Exception):
    """A report that can't be taken; `why` is the key of a saying."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


@dataclass(frozen=True, slots=True)
class _Limits:
    """For one token, and for one address (behind which there may be a whole building)."""

    by_token: RateLimit
    by_address: RateLimit
    bytes_by_token: RateLimit
    bytes_by_address: RateLimit


def _limits() -> _Limits:
    hour, day = timedelta(hours=1), timedelta(days=1)
    mib = 1024 * 1024
    return _Limits(RateLimit(5, hour), RateLimit(20, hour), RateLimit(20 * mib, day), RateLimit(60 * mib, day))


class DoorPlatePages:
    def __init__(self, rendering: PageRenderer) -> None:
        self._rendering = rendering
        self._limits = _limits()
        self._developing = asyncio.Semaphore(1)

    def routes(self) -> tuple[Route, ...]:
        path = "/d/{token}"
        return (
            Route("GET", path, self.show, who=PUBLIC, page=True),
            Route("POST", path, self.report, who=PUBLIC, page=True, opaque_origin=True),
        )

    async def show(self, call: RequestContext[Any]) -> web.Response:
        place = await call.services.door_plates.place(call.part("token"))
        if place is None:
            return self._page(call, "gone.html", status=404)
        if "sent" in call.request.query:
            return self._page(call, "sent.html", place)
        return self._form(call, place)

    async def report(self, call: RequestContext[Any]) -> web.Response:
        """A report goes in front of the guard as a signal of the gateway's own; the browser is then sent on."""
        place = await call.services.door_plates.place(call.part("token"))
        if place is None:
            return self._page(call, "gone.html", status=404)
        form = Form()
        try:
            form = await read_form(
                call.request, file="photo", most=MAX_PHOTO_BYTES, drain=_DRAIN_BYTES, seconds=_SECONDS
            )
            await call.services.report(await self._signal(call, place, form))
        except _Unfit as unfit:
            return self._form(call, place, form, unfit.why, unfit.status)
        except TooMany:
            return self._form(call, place, form, "too_many", 429)
        except NotRecorded:
            return self._form(call, place, form, "not_kept", 503)
        except web.HTTPException as error:
            return self._form(call, place, form, _of_http(error), error.status)
        query = {"sent": "1", **({"lang": call.request.query["lang"]} if "lang" in call.request.query else {})}
        path = public_path(call.request, call.services.facts.public_url)
        return web.Response(status=303, headers={hdrs.LOCATION: str(URL(path, encoded=True).with_query(query))})

    async def _signal(self, call: RequestContext[Any], place: str, form: Form) -> Signal:
        category, text = form.fields.get("category", ""), form.fields.get("text", "").strip()
        nonce = form.fields.get("nonce", "")
        if category not in CATEGORIES:
            raise _Unfit("no_category")
        if not text:
            raise _Unfit("no_text")
        if len(text) > MAX_TEXT_LENGTH:
            raise _Unfit("long_text")
        if form.too_large:
            raise _Unfit("large_photo", 413)
        self._count(call, len(form.file))
        return Signal(
            device=GATEWAY,
            kind="report.made",
            source_id=nonce if _NONCE.fullmatch(nonce) else None,
            data={"category": category, "text": _plain(text), "place": place},
            picture=await self._picture(form.file),
        )

    def _count(self, call: RequestContext[Any], size: int) -> None:
        limits, token, address = self._limits, call.part("token"), network(call.address)
        limits.by_token.take(token)
        limits.by_address.take(address)
        limits.bytes_by_token.take(token, size)
        limits.bytes_by_address.take(address, size)

    async def _picture(self, file: bytes) -> bytes | None:
        if not file:
            return None
        async with self._developing:
            try:
                return await asyncio.to_thread(sanitize_photo, file)
            except InvalidPhoto as error:
                log.info("a report's photo can't be read", why=str(error))
                raise _Unfit("no_photo") from error

    def _form(
        self,
        call: RequestContext[Any],
        place: str,
        form: Form | None = None,
        trouble: str | None = None,
        status: int = 200,
    ) -> web.Response:
        """The page, with what was written kept when something is to be put right."""
        fields = form.fields if form else {}
        nonce = fields.get("nonce", "")
        return self._page(
            call,
            "plate.html",
            place,
            status,
            trouble=trouble,
            chosen=fields.get("category", ""),
            text=fields.get("text", "")[: MAX_TEXT_LENGTH * 2],
            nonce=nonce if _NONCE.fullmatch(nonce) else secrets.token_hex(12),
            text_length=MAX_TEXT_LENGTH,
        )

    def _page(
        self, call: RequestContext[Any], template: str, place: str = "", status: int = 200, **values: Any
    ) -> web.Response:
        facts = call.services.facts
        asked = call.request.query.get("lang", "")
        language = asked if asked in _LANGUAGES else call.language
        trouble = values.pop("trouble", None)
        say = texts_in(language)
        response = self._rendering.page(
            call,
            template,
            status=status,
            say=say,
            language=language,
            keep_language=asked in _LANGUAGES,
            compound=facts.name,
            phone=facts.property_phone,
            dial=re.sub(r"[^0-9+,*#]", "", facts.property_phone),
            address=facts.place_name(place)[language] if place else "",
            categories={key: words[language] for key, words in CATEGORIES.items()},
            trouble=say[trouble] if trouble else "",
            **values,
        )
        response.headers[hdrs.REFERRER_POLICY] = "same-origin"  # with no-referrer a form's Origin would be null
        response.headers["X-Robots-Tag"] = "noindex"
        return response


def _plain(text: str) -> str:
    """Without what a terminal or a screen might take for an order."""
    return "".join(character for character in text if character.isprintable() or character == "\n")


def _of_http(error: web.HTTPException) -> str:
    return "large_photo" if error.status == 413 else "broken_form"
