"""Places of the compound by name, for forms that ask for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from gateway.web.request_context import RequestContext
from gateway.web.requests import PageSize, RequestModel
from gateway.web.responses import ResponseModel, WordsView
from gateway.web.routes import ANY_USER, Route
from gateway.web.serializers import words_view


class PlaceQuery(RequestModel):
    """Places whose path or name, in either language, contains each word of `find`."""

    find: Annotated[str, Field(max_length=200)] = ""
    after: Annotated[str, Field(max_length=200)] = ""
    limit: PageSize = 50


class PlaceView(ResponseModel):
    """A place, such as `b3/u1/1502`."""

    place: str
    place_name: WordsView


class PlaceList(ResponseModel):
    """A page of places, by path."""

    items: Sequence[PlaceView]
    next: str | None


async def list_places(context: RequestContext[PlaceQuery]) -> PlaceList:
    """Handler of GET /api/v1/places."""
    query, places = context.params, context.services.compound.places
    wanted = query.find.lower().split()

    def matches(path: str) -> bool:
        names = places[path].name
        text = f"{path}\n{names.zh}\n{names.en}".lower()
        return path > query.after and all(word in text for word in wanted)

    found = sorted(filter(matches, places))
    shown = found[: query.limit]
    return PlaceList(
        items=[PlaceView(place=path, place_name=words_view(places[path].name)) for path in shown],
        next=shown[-1] if len(found) > len(shown) else None,
    )


ROUTES = (
    Route(
        "GET",
        "/api/v1/places",
        list_places,
        allowed=ANY_USER,
        summary="Places by name",
        request_model=PlaceQuery,
        response_model=PlaceList,
    ),
)
