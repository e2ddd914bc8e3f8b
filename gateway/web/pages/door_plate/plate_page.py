"""What all pages of a door plate share: whose door it is, who scans, the texts, and the headers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import hdrs, web
from yarl import URL

from gateway.errors import TooMany
from gateway.people.door_plates import IssuedPlate
from gateway.web.authentication import authenticate, authenticate_resident
from gateway.web.pages.door_plate.limits import PageLimits
from gateway.web.pages.door_plate.pictures import phrase
from gateway.web.pages.door_plate.texts import texts_in
from gateway.web.pages.form import Form, read_form
from gateway.web.pages.renderer import PageRenderer
from gateway.web.public_url import path_prefix
from gateway.web.request_context import RequestContext

MAX_PHOTO_BYTES = 2 * 1024 * 1024
_DRAIN_BYTES = 16 * 1024 * 1024
_FORM_TIMEOUT_S = 60.0
_LANGUAGES = {"zh", "en"}
PlateHandler = Callable[[RequestContext[Any], IssuedPlate], Awaitable[web.Response]]
LOCATING = "camera=(), microphone=(), geolocation=(self), payment=(), usb=()"


class PlatePage:
    """Made once, used by every page of door plates."""

    def __init__(self, renderer: PageRenderer, limits: PageLimits) -> None:
        self._renderer = renderer
        self.limits = limits

    async def plate(self, context: RequestContext[Any], *, scanned: bool = False) -> IssuedPlate | None:
        """The valid plate of the token in the path; None for any other token. Raises TooMany for one who guesses.

        `scanned`: this page is what the code on the door opens; the scan is noted, a revoked plate's too.
        """
        found = await context.services.door_plates.find(context.path_param("token"))
        if found is None:
            self.limits.guessed(context.address)
            return None
        if scanned:
            await context.services.door_plate_service.scans.seen(found, await who_scans(context))
            await note_near(context, found)
        return None if found.revoked_at is not None else found

    async def with_plate(
        self, context: RequestContext[Any], handler: PlateHandler, *, scanned: bool = False, offered: bool = True
    ) -> web.Response:
        """What `handler` answers about the valid plate of the path; the page of a code that is none, without one.

        `offered`: whether residents.yaml offers this at all.
        """
        try:
            plate = await self.plate(context, scanned=scanned)
        except TooMany as error:
            return self.gone(context, error)
        return await handler(context, plate) if plate is not None and offered else self.gone(context)

    def gone(self, context: RequestContext[Any], error: TooMany | None = None) -> web.Response:
        """The page of a code that is none of ours: the same for forged, foreign and revoked ones."""
        return self.render(context, "gone.html", status=404 if error is None else 429)

    def render(
        self, context: RequestContext[Any], template: str, place: str = "", *, status: int = 200, **values: Any
    ) -> web.Response:
        """A page. `error` is the name of a text."""
        facts, language = context.services.compound, language_of(context)
        section = context.services.door_plate_service.settings()
        error, texts = values.pop("error", None), {**texts_in(language), **values.pop("texts", {})}
        response = self._renderer.page(
            context,
            f"door_plate/{template}",
            status=status,
            texts=texts,
            both=texts_in("zh" if language == "en" else "en"),
            language=language,
            other="zh-CN" if language == "en" else "en",
            keep_language=_is_chosen(context),
            query=f"?lang={language}" if _is_chosen(context) else "",
            compound=facts.name,
            phone=facts.property_phone,
            # For `tel:`, which takes no spaces or brackets.
            dial=re.sub(r"[^0-9+,*#]", "", facts.property_phone),
            address=facts.place_name(place)[language] if place else "",
            pictures=[
                (each.name[language], each.shapes) for each in phrase(section.picture_phrase, self._vault(context))
            ],
            offers=section,
            error=texts[error] if error else "",
            **values,
        )
        response.headers[hdrs.REFERRER_POLICY] = "same-origin"  # with no-referrer the form's Origin would be null
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def _vault(self, context: RequestContext[Any]) -> Any:
        return context.services.store.vault

    async def form(self, context: RequestContext[Any]) -> Form:
        """The form that was sent. Raises an HTTPException for what is none."""
        return await read_form(
            context.request,
            file="photo",
            max_bytes=MAX_PHOTO_BYTES,
            drain_bytes=_DRAIN_BYTES,
            timeout_s=_FORM_TIMEOUT_S,
        )

    def sent(self, context: RequestContext[Any], link: str) -> web.Response:
        """After a report or a call: its private link; without a key there is none, and the plate's page says thanks."""
        if link:
            return self.redirect(context, f"r/{link}", {"new": "1"})
        return self.redirect(context, context.path_param("token"), {"sent": "1"})

    def redirect(self, context: RequestContext[Any], path: str, query: Mapping[str, str] | None = None) -> web.Response:
        """After a POST, so that a reload does not send it again. `path` is below /d/."""
        chosen = {"lang": language_of(context)} if _is_chosen(context) else {}
        url = URL(f"{path_prefix(context.services.compound.public_url)}/d/{path}", encoded=True)
        return web.Response(status=303, headers={hdrs.LOCATION: str(url.with_query({**(query or {}), **chosen}))})


async def who_scans(context: RequestContext[Any]) -> str:
    """Who is signed in on the phone, for the scan watch alone; empty when nobody is."""
    identity = await authenticate(context.services, context.request)
    if identity is not None:
        return identity.user
    resident = await authenticate_resident(context.services, context.request)
    return f"resident:{resident.person}" if resident else ""


async def note_near(context: RequestContext[Any], plate: IssuedPlate) -> None:
    """A resident who scans a plate may open its doors from their phone for some minutes."""
    resident = await authenticate_resident(context.services, context.request)
    if resident is not None and plate.revoked_at is None:
        context.services.residents.near.scanned(resident.device, plate.place)


def language_of(context: RequestContext[Any]) -> str:
    """The language of the page: what was chosen on it, else the phone's."""
    requested = context.request.query.get("lang", "")
    return requested if requested in _LANGUAGES else context.language


def _is_chosen(context: RequestContext[Any]) -> bool:
    return context.request.query.get("lang", "") in _LANGUAGES


def printable(text: str) -> str:
    """Without control characters, which a terminal or screen might interpret."""
    return "".join(character for character in text if character.isprintable() or character == "\n")


def text_for(error: web.HTTPException) -> str:
    """The name of the text for a form that can't be read."""
    return "large_photo" if error.status == 413 else "broken_form"
