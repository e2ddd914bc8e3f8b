"""Care for people who live alone (独居关怀): the agreement, away and back, and what the gateway knows of a home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from gateway.care.rows import CarePlan
from gateway.care.rule import SOURCE_WORDS
from gateway.errors import Conflict, Refused
from gateway.model import Role, Words
from gateway.privacy.consents import How
from gateway.web.api_errors import ApiError, not_found
from gateway.web.request_context import RequestContext
from gateway.web.requests import RequestModel, ShortText
from gateway.web.responses import ResponseModel, UtcTime, WordsView
from gateway.web.routes import HOUSEHOLD_STAFF, RESIDENT, Access, Route
from gateway.web.serializers import words_view

_LIST, _PATH = "/api/v1/care", "/api/v1/care/{place}"
_STAFF = HOUSEHOLD_STAFF if isinstance(HOUSEHOLD_STAFF, frozenset) else frozenset[Any]()
SWITCHING: Access = frozenset({RESIDENT, Role.GUARD, Role.SUPERVISOR, *_STAFF})
"""The person, the family and the property; a guard who hears of it on the phone too."""
SEEING: Access = frozenset({RESIDENT, *_STAFF})
_ONLY_THEMSELVES = Words("只能由本人同意", "Only the person themselves can agree")


class AgreeBody(RequestModel):
    """Agree to care: a starting point by its id, or `hours` and `water_m3` of one's own choice.

    `agreed` is the person's own yes to the wording. The property gives the `person` who signed and a `reason`.
    """

    agreed: Annotated[bool, Field(description="true")]
    starting_point: ShortText | None = None
    hours: Annotated[float, Field(ge=2, le=168)] | None = None
    water_m3: Annotated[float, Field(gt=0, le=10)] | None = None
    person: ShortText | None = None
    reason: Annotated[str, Field(max_length=200)] = ""


class AwayBody(RequestModel):
    """Nobody is at home until then."""

    until: AwareDatetime
    reason: Annotated[str, Field(max_length=200)] = ""


class SignView(ResponseModel):
    """The newest sign of life of a kind."""

    kind: str
    name: WordsView
    at: UtcTime


class HabitView(ResponseModel):
    """A part of the day: how many days were learnt, and the longest silences that began in it, in hours."""

    from_hour: int
    days: int
    longest_hours: float
    usual_hours: float = Field(description="the median")


class CareView(ResponseModel):
    """All that care knows of a home. `allowed_hours` is how long the present silence may last."""

    place: str
    place_name: WordsView
    person: str
    hours: float
    water_m3: float
    wording: WordsView
    agreed_at: UtcTime
    signs: Sequence[SignView]
    last: UtcTime | None
    allowed_hours: float | None
    away_until: UtcTime | None
    step: int = Field(description="0: all is well; else how many steps have been taken")
    habits: Sequence[HabitView] = Field(description="empty for others than the household")


class CareItem(ResponseModel):
    """A home with care, for the property."""

    place: str
    place_name: WordsView
    person: str
    away_until: UtcTime | None
    step: int


class StartingPointView(ResponseModel):
    """What a family may start from."""

    id: str
    hours: float
    water_m3: float


class CareList(ResponseModel):
    """Homes with care that who asks may see, and what a family may start from."""

    items: Sequence[CareItem]
    starting_points: Sequence[StartingPointView]
    wording: WordsView


async def list_care(context: RequestContext[Any]) -> CareList:
    """Handler of GET /api/v1/care."""
    care = context.services.care
    found = await care.plans()
    if context.optional_identity is None:
        rooms = _rooms(context)
        found = [each for each in found if each.place in rooms]
    return CareList(
        items=[_item(context, each) for each in found],
        starting_points=[
            StartingPointView(id=one.id, hours=_hours(one.within), water_m3=one.water_m3)
            for one in care.settings.starting_points
        ],
        wording=_wording(context),
    )


async def show(context: RequestContext[Any]) -> CareView:
    """Handler of GET /api/v1/care/{place}."""
    return _view(context, await context.services.care.plan(_place(context)))


async def agree(context: RequestContext[AgreeBody]) -> CareView:
    """Handler of PUT /api/v1/care/{place}."""
    body, place, care = context.params, _place(context), context.services.care
    if not body.agreed:
        raise ApiError(400, Words("请先同意", "Agree first"))
    person = _who_agrees(context, body)
    start = next((one for one in care.settings.starting_points if one.id == body.starting_point), None)
    if body.starting_point is not None and start is None:
        raise ApiError(400, Words("没有这个起点", "There is no such starting point"))
    start = start or care.settings.starting_points[-1]
    longest = timedelta(hours=body.hours) if body.hours is not None else start.within
    how: How = "phone" if context.optional_identity is None else "paper"
    try:
        await care.agree(place, person, longest, body.water_m3 or start.water_m3, how, context.actor, body.reason)
    except Conflict as error:
        raise ApiError(409, Words("这户的另一位家人已有关怀，请先由其停止", str(error))) from error
    return _view(context, await care.plan(place))


async def end(context: RequestContext[Any]) -> None:
    """Handler of DELETE /api/v1/care/{place}: the person withdraws, or the property ends it."""
    place, care = _place(context), context.services.care
    plan = await care.plan(place)
    if context.optional_identity is None and context.resident.person != plan.person:
        raise ApiError(403, _ONLY_THEMSELVES)
    await care.end(place, context.actor)


async def away(context: RequestContext[AwayBody]) -> None:
    """Handler of POST /api/v1/care/{place}/away."""
    try:
        until = context.params.until.astimezone(UTC)
        await context.services.care.away(_place(context), until, context.actor, context.params.reason)
    except OverflowError as error:
        raise ApiError(400, Words("时间不正确", "until is no usable time")) from error
    except Refused as error:
        if error.status != 400:
            raise
        raise ApiError(400, Words("结束时间必须在将来，且不能太远", str(error))) from error


async def back(context: RequestContext[Any]) -> None:
    """Handler of DELETE /api/v1/care/{place}/away."""
    await context.services.care.back(_place(context), context.actor)


async def fine(context: RequestContext[Any]) -> None:
    """Handler of POST /api/v1/care/{place}/fine."""
    await context.services.care.fine(_place(context), context.actor)


def _rooms(context: RequestContext[Any]) -> Sequence[str]:
    return context.services.residents.directory.rooms(context.resident.person)


def _place(context: RequestContext[Any]) -> str:
    """The place of the path. For residents of other homes there is no such thing."""
    place = context.path_param("place")
    mine = context.optional_identity is not None or place in _rooms(context)
    if not mine or place not in context.services.compound.places:
        raise not_found(Words("这户的关怀", "care"))
    return place


def _who_agrees(context: RequestContext[AgreeBody], body: AgreeBody) -> str:
    if context.optional_identity is None:
        if body.person not in {None, context.resident.person}:
            raise ApiError(403, _ONLY_THEMSELVES)
        return context.resident.person
    if body.person is None or not body.reason.strip():
        raise ApiError(400, Words("请写明本人和签字的依据", "Name the person, and how they agreed"))
    return body.person


def _wording(context: RequestContext[Any]) -> WordsView:
    text = context.services.care.wording
    return words_view(Words(text.zh, text.en))


def _hours(length: timedelta) -> float:
    return round(length.total_seconds() / 3600, 2)


def _item(context: RequestContext[Any], plan: CarePlan) -> CareItem:
    watched = context.services.care.watched(plan.place)
    return CareItem(
        place=plan.place,
        place_name=words_view(context.services.compound.place_name(plan.place)),
        person=plan.person,
        away_until=watched.away_until if watched else None,
        step=watched.level if watched else 0,
    )


def _view(context: RequestContext[Any], plan: CarePlan) -> CareView:
    care, watched = context.services.care, context.services.care.watched(plan.place)
    sources: Mapping[str, datetime] = watched.sources if watched else {}
    return CareView(
        place=plan.place,
        place_name=words_view(context.services.compound.place_name(plan.place)),
        person=plan.person,
        hours=_hours(plan.longest),
        water_m3=plan.water_m3,
        wording=_wording(context),
        agreed_at=plan.agreed_at,
        signs=[
            SignView(kind=kind, name=words_view(SOURCE_WORDS[kind]), at=at)
            for kind, at in sorted(sources.items(), key=lambda each: each[1], reverse=True)
            if kind in SOURCE_WORDS
        ],
        last=watched.last if watched else None,
        allowed_hours=_hours(care.allowed(watched)) if watched else None,
        away_until=watched.away_until if watched else None,
        step=watched.level if watched else 0,
        habits=_habits(context, plan.place) if context.optional_identity is None else [],
    )


def _habits(context: RequestContext[Any], place: str) -> list[HabitView]:
    watched, found = context.services.care.watched(place), []
    for part, gaps in sorted((watched.gaps if watched else {}).items()):
        hours = sorted(gap.seconds / 3600 for gap in gaps)
        usual = hours[len(hours) // 2]
        view = HabitView(
            from_hour=int(part) * 3, days=len(hours), longest_hours=round(hours[-1], 1), usual_hours=round(usual, 1)
        )
        found.append(view)
    return found


def _route(method: str, end_of: str, handler: Any, allowed: Access, summary: str, body: Any, answer: Any) -> Route:
    return Route(
        method,
        f"{_PATH}{end_of}",
        handler,
        allowed=allowed,
        summary=summary,
        request_model=body,
        response_model=answer,
        status=200 if answer is not None else 204,
    )


ROUTES = (
    Route(
        "GET",
        _LIST,
        list_care,
        allowed=SEEING,
        summary="Homes with care, and what a family may start from; a resident sees their own",
        response_model=CareList,
    ),
    _route("POST", "/away", away, SWITCHING, "Nobody is at home until a date: care pauses", AwayBody, None),
    _route("DELETE", "/away", back, SWITCHING, "Somebody is at home again", None, None),
    _route("POST", "/fine", fine, frozenset({RESIDENT}), "I am fine: a sign of life", None, None),
    _route("PUT", "", agree, SEEING, "Agree to care", AgreeBody, CareView),
    _route("DELETE", "", end, SEEING, "End care; what was learnt is forgotten", None, None),
    _route("GET", "", show, SEEING, "All that care knows of a home", None, CareView),
)
