"""Door plates for the property: the state of each, reissue, revoke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AwareDatetime, Field

from gateway.door_plate.plate_states import PlateStage, PlateState
from gateway.model import Words
from gateway.web.api_errors import not_found
from gateway.web.plate_places import plate_places
from gateway.web.request_context import RequestContext
from gateway.web.requests import PageSize, RequestModel, ShortText
from gateway.web.responses import ResponseModel, WordsView
from gateway.web.routes import HOUSEHOLD_STAFF, Route
from gateway.web.services import Services

_PATH = "/api/v1/door-plates"
_SLICE = 200


class PlateQuery(RequestModel):
    """`after` is the cursor of the last page."""

    place: ShortText | None = Field(None, description="only rooms at or below this place")
    stage: PlateStage | None = None
    after: ShortText | None = None
    limit: PageSize = 100


class PlatesRequest(RequestModel):
    """Rooms, and why."""

    places: Annotated[list[ShortText], Field(min_length=1, max_length=500)]
    why: Annotated[str, Field(max_length=200)] = ""


class PlateView(ResponseModel):
    """The newest plate of a room; never its code."""

    place: str
    place_name: WordsView
    stage: PlateStage
    issued_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    hung_at: AwareDatetime | None
    hung_by: str


class PlateList(ResponseModel):
    """A page of plates in the order of compound.yaml."""

    items: Sequence[PlateView]
    next: str | None


class PlateCount(ResponseModel):
    """How many plates were changed."""

    count: int


async def list_plates(context: RequestContext[PlateQuery]) -> PlateList:
    """Handler of GET /api/v1/door-plates."""
    query = context.params
    found, after = await plates_page(context.services, query.place or "", query.stage, query.after, query.limit)
    return PlateList(items=[_view(context.services, state) for state in found], next=after)


async def plates_page(
    services: Services, place: str, stage: PlateStage | None, after: str | None, limit: int
) -> tuple[list[PlateState], str | None]:
    """At most `limit` plates of this stage (None: any), and the cursor of the next page."""
    places = plate_places(services, place)
    start = places.index(after) + 1 if after in places else 0
    found: list[PlateState] = []
    for begin in range(start, len(places), _SLICE):
        states = await services.door_plate_service.plates.states(places[begin : begin + _SLICE])
        found += [state for state in states if stage is None or state.stage is stage]
        if len(found) > limit:
            break
    return found[:limit], found[limit - 1].place if len(found) > limit else None


async def revoke(context: RequestContext[PlatesRequest]) -> PlateCount:
    """Handler of POST /api/v1/door-plates/revoke."""
    places, plates = _known(context), context.services.door_plate_service.plates
    return PlateCount(count=await plates.revoke(places, context.identity.user, context.params.why.strip()))


async def reissue(context: RequestContext[PlatesRequest]) -> PlateCount:
    """Handler of POST /api/v1/door-plates/reissue. The new codes come with the printed sheets."""
    places, plates = _known(context), context.services.door_plate_service.plates
    await plates.revoke(places, context.identity.user, context.params.why.strip())
    return PlateCount(count=len(await plates.issue(places, context.identity.user)))


def _known(context: RequestContext[PlatesRequest]) -> list[str]:
    known = set(plate_places(context.services))
    for place in context.params.places:
        if place not in known:
            raise not_found(Words(f"房间 {place}", f"room {place}"))
    return list(dict.fromkeys(context.params.places))


def _view(services: Services, state: PlateState) -> PlateView:
    name = services.compound.place_name(state.place)
    return PlateView(
        place=state.place,
        place_name=WordsView(zh=name.zh, en=name.en),
        stage=state.stage,
        issued_at=state.issued_at,
        revoked_at=state.revoked_at,
        hung_at=state.hung_at,
        hung_by=state.hung_by,
    )


ROUTES = (
    Route(
        "GET",
        _PATH,
        list_plates,
        allowed=HOUSEHOLD_STAFF,
        summary="Door plates: none, printed, hung (by whom and when), revoked",
        request_model=PlateQuery,
        response_model=PlateList,
    ),
    Route(
        "POST",
        f"{_PATH}/revoke",
        revoke,
        allowed=HOUSEHOLD_STAFF,
        summary="Revoke door plates: their codes open nothing any more, and a scan of one is an alert",
        request_model=PlatesRequest,
        response_model=PlateCount,
    ),
    Route(
        "POST",
        f"{_PATH}/reissue",
        reissue,
        allowed=HOUSEHOLD_STAFF,
        summary="Revoke door plates and make new ones; print them at /door-plates",
        request_model=PlatesRequest,
        response_model=PlateCount,
    ),
)
