"""Changes that households ask for: the property lists, confirms and refuses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.errors import NotFound
from gateway.model import Words
from gateway.residents import Request
from gateway.web.api_errors import not_found
from gateway.web.order_words import order_words
from gateway.web.request_context import RequestContext
from gateway.web.requests import RequestModel, RowNumber
from gateway.web.responses import ResponseModel, UtcTime, WordsView
from gateway.web.routes import HOUSEHOLD_STAFF, Route

_PATH = "/api/v1/resident/requests"
_NO_REQUEST = Words("这项申请", "request")
State = Literal["open", "confirmed", "refused", "withdrawn"]


class RequestQuery(RequestModel):
    """Which requests, and where the last page ended."""

    state: State = "open"
    after: RowNumber | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class AnswerRequest(RequestModel):
    """What the household reads beside the answer."""

    note: Annotated[str, Field(max_length=500)] = ""


class ResidentRequestView(ResponseModel):
    """A request of a household. `registration`: a tenant asked at the door plate, and an owner may answer too."""

    id: int
    place: str
    place_name: WordsView
    person: str | None
    registration: bool
    what: Sequence[WordsView]
    orders: Sequence[dict[str, Any]]
    state: State
    at: UtcTime
    answered_at: UtcTime | None
    answered_by: str
    note: str


class ResidentRequestList(ResponseModel):
    """A page, newest first."""

    items: Sequence[ResidentRequestView]
    next: int | None


async def list_requests(context: RequestContext[RequestQuery]) -> ResidentRequestList:
    """Handler of GET /api/v1/resident/requests."""
    query = context.params
    found = await context.services.residents.requests.page(query.state, query.after, query.limit + 1)
    shown = found[: query.limit]
    return ResidentRequestList(
        items=[_view(context, each) for each in shown], next=shown[-1].number if len(found) > query.limit else None
    )


async def confirm(context: RequestContext[AnswerRequest]) -> ResidentRequestView:
    """Handler of POST /api/v1/resident/requests/{id}/confirm: carries it out."""
    return await _answer(context, "confirmed")


async def refuse(context: RequestContext[AnswerRequest]) -> ResidentRequestView:
    """Handler of POST /api/v1/resident/requests/{id}/refuse."""
    return await _answer(context, "refused")


async def _answer(context: RequestContext[AnswerRequest], state: str) -> ResidentRequestView:
    requests = context.services.residents.requests
    request = await _one(context)
    await requests.answer(request, state, context.identity.user, context.params.note.strip())
    return _view(context, await _one(context))


async def _one(context: RequestContext[Any]) -> Request:
    number = context.path_param("id")
    try:
        return await context.services.residents.requests.one(int(number[:18]) if number.isdecimal() else 0)
    except NotFound as error:
        raise not_found(_NO_REQUEST) from error


def _view(context: RequestContext[Any], request: Request) -> ResidentRequestView:
    services = context.services
    names = {each.id: each.name for each in services.residents.directory.household(request.place).persons}
    what, place = [order_words(order, names) for order in request.orders], services.compound.place_name(request.place)
    return ResidentRequestView(
        id=request.number,
        place=request.place,
        place_name=WordsView(zh=place.zh, en=place.en),
        person=request.person,
        registration=request.is_registration,
        what=[WordsView(zh=words.zh, en=words.en) for words in what],
        orders=[dict(order) for order in request.orders],
        state=request.state,
        at=request.at,
        answered_at=request.answered_at,
        answered_by=request.answered_by,
        note=request.answer,
    )


def _route(step: str, handler: Any, summary: str) -> Route:
    return Route(
        "POST",
        f"{_PATH}/{{id}}/{step}",
        handler,
        allowed=HOUSEHOLD_STAFF,
        summary=summary,
        request_model=AnswerRequest,
        response_model=ResidentRequestView,
        extra_errors=(404, 409),
    )


ROUTES = (
    Route(
        "GET",
        _PATH,
        list_requests,
        allowed=HOUSEHOLD_STAFF,
        summary="Changes that households ask for, newest first",
        request_model=RequestQuery,
        response_model=ResidentRequestList,
    ),
    _route("confirm", confirm, "Confirm a household's request: the register is changed"),
    _route("refuse", refuse, "Refuse a household's request"),
)
