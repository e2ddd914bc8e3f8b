"""The property's page of door plates: which hang and which are missing; print, reissue, revoke by building or unit."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo

from aiohttp import hdrs, web
from pydantic import Field, ValidationError
from yarl import URL

from gateway.config.residents import DoorPlateSection
from gateway.door_plate.plate_layout import PlateLayout
from gateway.door_plate.plate_states import PlateStage
from gateway.door_plate.sheets import Batches, Heading, PrintedDoorPlate, door_plate_sheets
from gateway.web.api.door_plates import plates_page
from gateway.web.headers import HEADERS
from gateway.web.pages.door_plate.office_texts import STAGES, texts_in
from gateway.web.pages.form import Form, read_form
from gateway.web.pages.renderer import PageRenderer
from gateway.web.plate_places import plate_places, units_of
from gateway.web.public_url import path_prefix
from gateway.web.request_context import RequestContext
from gateway.web.requests import RequestModel, ShortText
from gateway.web.routes import HOUSEHOLD_STAFF, Route

_PAGE = 100
_BATCHES = ("none", "building", "unit")


class OfficeQuery(RequestModel):
    """Which plates are listed; `said` is what was just done, `count` to how many."""

    place: ShortText | None = None
    stage: PlateStage | None = None
    after: ShortText | None = None
    said: Annotated[str, Field(max_length=20)] = ""
    count: Annotated[int, Field(ge=0)] = 0
    lang: Literal["zh", "en"] | None = None


class OfficePages:
    """Works without script; every print, reissue and revocation is on record."""

    def __init__(self, renderer: PageRenderer) -> None:
        self._renderer = renderer

    def routes(self) -> tuple[Route, ...]:
        """The routes of the property's page."""
        return (
            Route("GET", "/door-plates", self.show, allowed=HOUSEHOLD_STAFF, request_model=OfficeQuery, page=True),
            Route("POST", "/door-plates/print", self.print, allowed=HOUSEHOLD_STAFF, page=True),
            Route("POST", "/door-plates/change", self.change, allowed=HOUSEHOLD_STAFF, page=True),
        )

    async def show(self, context: RequestContext[OfficeQuery]) -> web.Response:
        """Handler of GET /door-plates."""
        return await self._render(context, context.params)

    async def print(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /door-plates/print: the sheets, to print from the browser. They hold codes: keys."""
        form, services = await _form(context), context.services
        places = _chosen(context, form)
        try:
            layout = _layout(form, services.door_plate_service.settings())
        except ValidationError:
            return await self._render(
                context, OfficeQuery(place=form.fields.get("place") or None, said="bad_size"), 400
            )
        if not places:
            return await self._render(context, OfficeQuery(said="no_rooms"), 400)
        issued = await services.door_plate_service.plates.issue(places, context.identity.user)
        compound, batches = services.compound, form.fields.get("batches", "unit")
        plates = [
            PrintedDoorPlate(compound.place_name(one.place).zh, f"{compound.public_url}/d/{one.token}", one.place)
            for one in issued
        ]
        today = services.now().astimezone(ZoneInfo(compound.timezone))
        address = services.door_plate_service.settings().address
        heading = Heading(compound.name, compound.property_phone, address, f"{today:%Y-%m-%d}")
        nonce = secrets.token_urlsafe(16)
        by = cast("Batches", batches if batches in _BATCHES else "unit")
        response = web.Response(text=door_plate_sheets(plates, heading, layout, by, nonce), content_type="text/html")
        policy = HEADERS["Content-Security-Policy"].replace("style-src 'self'", f"style-src 'nonce-{nonce}'")
        response.headers["Content-Security-Policy"] = policy
        return response

    async def change(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /door-plates/change: revoke, or revoke and make anew."""
        form, plates = await _form(context), context.services.door_plate_service.plates
        places, step, why = _chosen(context, form), form.fields.get("step"), form.fields.get("why", "").strip()[:200]
        query = OfficeQuery(place=form.fields.get("place") or None)
        if not places or step not in {"revoke", "reissue"}:
            return await self._render(context, query.model_copy(update={"said": "no_rooms"}), 400)
        if not why:
            return await self._render(context, query.model_copy(update={"said": "no_why"}), 400)
        count = await plates.revoke(places, context.identity.user, why)
        if step == "reissue":
            count = len(await plates.issue(places, context.identity.user))
        said = {"said": "revoked" if step == "revoke" else "reissued", "count": str(count), "place": query.place or ""}
        url = URL(f"{path_prefix(context.services.compound.public_url)}/door-plates").with_query(said)
        return web.Response(status=303, headers={hdrs.LOCATION: str(url)})

    async def _render(self, context: RequestContext[Any], query: OfficeQuery, status: int = 200) -> web.Response:
        services, language = context.services, query.lang or context.language
        every, texts = plate_places(services), texts_in(language)
        found, after = await plates_page(services, query.place or "", query.stage, query.after, _PAGE)
        zone = ZoneInfo(services.compound.timezone)

        def clock(at: datetime | None) -> str:
            return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""

        response = self._renderer.page(
            context,
            "door_plate/office.html",
            status=status,
            texts=texts,
            language=language,
            compound=services.compound.name,
            units=[(path, services.compound.place_name(path)[language]) for path in units_of(every)],
            query=query,
            stages={stage.value: words[language] for stage, words in STAGES.items()},
            plates=[(one, services.compound.place_name(one.place)[language]) for one in found],
            clock=clock,
            after=after,
            section=services.door_plate_service.settings(),
            said=texts[query.said].format(count=query.count) if query.said in texts else "",
            failed=status != 200,
        )
        response.headers[hdrs.REFERRER_POLICY] = "same-origin"  # with no-referrer a form's Origin would be null
        return response


async def _form(context: RequestContext[Any]) -> Form:
    return await read_form(context.request, file="", max_bytes=0, drain_bytes=0, timeout_s=30)


def _chosen(context: RequestContext[Any], form: Form) -> list[str]:
    """The rooms of the form: one, a unit, a building, or all."""
    return plate_places(context.services, form.fields.get("place", ""))


def _layout(form: Form, section: DoorPlateSection) -> PlateLayout:
    """The layout of the form. Raises ValidationError for what fits no page."""
    fields = {name: form.fields.get(name, "").strip() for name in ("width", "height", "bleed", "columns")}
    size = section.size.model_dump() | {name: fields[name] for name in ("width", "height") if fields[name]}
    given = {"size": size, "bleed": fields["bleed"] or section.bleed, "columns": fields["columns"] or None}
    return PlateLayout.of(DoorPlateSection.model_validate(section.model_dump() | given))
