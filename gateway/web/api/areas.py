"""Alarms at home: how a home is armed, arming and disarming, zones left out, and "false, it was me"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.auth.audience import audience_of
from gateway.errors import Conflict, Refused
from gateway.homes import NAME, AreaAnswer, Ask, HomeSection
from gateway.homes.arming import BY_WORDS
from gateway.homes.codes import WrongCode
from gateway.homes.zones import counted
from gateway.model import Role, Words
from gateway.web.api_errors import ApiError, not_found
from gateway.web.request_context import RequestContext
from gateway.web.requests import RequestModel
from gateway.web.responses import ResponseModel, UtcTime, WordsView
from gateway.web.routes import ANY_USER, HOUSEHOLD_STAFF, RESIDENT, Access, Route
from gateway.web.serializers import words_view

_PATH = "/api/v1/areas/{place}"
ARMING: Access = frozenset({RESIDENT, Role.GUARD, Role.SUPERVISOR})
"""The household, and guards with a reason."""
SEEING: Access = frozenset({RESIDENT, *(ANY_USER if isinstance(ANY_USER, frozenset) else ())})
HOUSEHOLD: Access = frozenset({RESIDENT})
Code = Annotated[str, Field(pattern=r"^[0-9]{4,8}$")]
ZoneName = Annotated[str, Field(min_length=1, max_length=40)]
Zones = Annotated[tuple[ZoneName, ...], Field(max_length=64)]
FALSE = Words("住户凭密码确认：误报，是本人", "The household says with its code: false, it was me")
_WRONG = Words("密码不正确", "The code is wrong")


class ArmBody(RequestModel):
    """Arm. A guard gives a `reason`; a `code` is checked where it is given."""

    mode: Literal["away", "home", "night"] = "away"
    bypass: Zones = ()
    code: Code | None = None
    reason: Annotated[str, Field(max_length=200)] = ""


class DisarmBody(RequestModel):
    """Disarm. `mode` and `bypass` are taken and have no meaning."""

    mode: Literal["away", "home", "night"] | None = None
    bypass: Zones = ()
    code: Code | None = None
    reason: Annotated[str, Field(max_length=200)] = ""


class BypassBody(RequestModel):
    """The zones to leave out until somebody says otherwise; none: all count again."""

    zones: Zones = ()
    reason: Annotated[str, Field(max_length=200)] = ""


class CodeBody(RequestModel):
    """The household's code."""

    code: Code


class NewCodeBody(RequestModel):
    """One's own new code, and one for duress, which looks the same to everybody and alerts the guard."""

    code: Code
    duress_code: Code | None = None
    old_code: Code | None = Field(default=None, description="the code until now, where there is one")


class ResetCodeBody(RequestModel):
    """Whose codes to delete, because they are forgotten."""

    person: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class AreaZoneView(ResponseModel):
    """A zone. `counts`: whether it counts in the present mode, or in mode away while disarmed."""

    id: str
    name: str
    type: Literal["entry", "interior", "perimeter", "24h"]
    open: bool
    bypassed: bool
    counts: bool


class MemoryView(ResponseModel):
    """A zone that has alarmed since the home was armed."""

    zone: str
    name: str
    at: UtcTime


class AreaView(ResponseModel):
    """A home's alarm. `until` is the end of an entry or exit delay."""

    place: str
    place_name: WordsView
    state: Literal["armed", "disarmed", "arming", "entry", "unknown"]
    mode: Literal["away", "home", "night"] | None
    since: UtcTime | None
    until: UtcTime | None
    by: WordsView | None = Field(description="by what it was armed or disarmed")
    person: str | None = Field(description="the resident's id, where it was one and who asks may know")
    mirrored: bool = Field(description="its panel arms itself")
    zones: Sequence[AreaZoneView]
    memory: Sequence[MemoryView]


class AreaList(ResponseModel):
    """Every home with an alarm of residents.yaml that who asks may see."""

    items: Sequence[AreaView]


class ToldView(ResponseModel):
    """How many open alerts now say that it was a false alarm."""

    alerts: int


async def list_areas(context: RequestContext[Any]) -> AreaList:
    """Handler of GET /api/v1/areas."""
    homes = context.services.homes.homes()
    if context.optional_identity is None:
        rooms = _rooms(context)
        homes = [home for home in homes if home.place in rooms]
    return AreaList(items=[_view(context, home) for home in homes])


async def show(context: RequestContext[Any]) -> AreaView:
    """Handler of GET /api/v1/areas/{place}."""
    return _view(context, _home(context))


async def arm(context: RequestContext[ArmBody]) -> AreaView:
    """Handler of POST /api/v1/areas/{place}/arm."""
    home, body = _home(context), context.params
    person = _who_may(context, home, body.reason)
    if body.code is not None and person:
        await _checked_code(context, home, body.code)
    await _ask(context, home, person, "arm", body.reason, body.mode, body.bypass)
    return _view(context, home)


async def disarm(context: RequestContext[DisarmBody]) -> AreaView:
    """Handler of POST /api/v1/areas/{place}/disarm."""
    home, body = _home(context), context.params
    person = _who_may(context, home, body.reason)
    if person and home.code_on_phone and body.code is None:
        raise ApiError(400, Words("请输入密码", "Give the code"))
    if body.code is not None and person:
        await _checked_code(context, home, body.code)
    await _ask(context, home, person, "disarm", body.reason)
    return _view(context, home)


async def leave_out(context: RequestContext[BypassBody]) -> AreaView:
    """Handler of POST /api/v1/areas/{place}/bypass."""
    home, body = _home(context), context.params
    person = _who_may(context, home, body.reason)
    await _ask(context, home, person, "bypass", body.reason, bypass=body.zones)
    return _view(context, home)


async def false_alarm(context: RequestContext[CodeBody]) -> ToldView:
    """Handler of POST /api/v1/areas/{place}/false-alarm. The alerts stay for the guard to close."""
    home = _home(context)
    _who_may(context, home, "")
    await _checked_code(context, home, context.params.code)
    return ToldView(alerts=await tell_false_alarm(context, home))


async def tell_false_alarm(context: RequestContext[Any], home: HomeSection) -> int:
    """Note it at the home's open alerts, for a resident whose code was right; returns at how many."""
    services, told = context.services, 0
    for alert in services.desk.open_alerts():
        if alert.rule == NAME and alert.place == home.place:
            note = f"{FALSE.zh} / {FALSE.en}"
            try:
                await services.desk.step(alert.id, "note", context.actor, note, {"household": "false"})
            except Conflict:
                continue  # closed meanwhile
            told += 1
    return told


async def set_code(context: RequestContext[NewCodeBody]) -> None:
    """Handler of PUT /api/v1/areas/{place}/code."""
    home, body, services = _home(context), context.params, context.services
    person = _who_may(context, home, "")
    try:
        await services.homes.set_codes(home.place, person, context.actor, body.code, body.duress_code, body.old_code)
    except WrongCode as error:
        raise ApiError(400, _WRONG, "wrong_code") from error
    except Refused as error:
        if error.status != 400:
            raise
        words = Words(
            "请换一个密码：4 至 8 位，不能全是同一个数字，胁迫密码要不同", "Choose another code: 4 to 8 digits"
        )
        raise ApiError(400, words) from error


async def reset_code(context: RequestContext[ResetCodeBody]) -> None:
    """Handler of POST /api/v1/areas/{place}/code/reset, for the property."""
    home, body = _home(context), context.params
    await context.services.homes.reset_codes(home.place, body.person, context.actor, body.reason)


def _rooms(context: RequestContext[Any]) -> Sequence[str]:
    return context.services.residents.directory.rooms(context.resident.person)


def _home(context: RequestContext[Any]) -> HomeSection:
    """The home of the path. For residents of other homes there is no such thing."""
    home = context.services.homes.home(context.path_param("place"))
    if home is None or (context.optional_identity is None and home.place not in _rooms(context)):
        raise not_found(Words("这户的报警", "home alarm"))
    return home


def _who_may(context: RequestContext[Any], home: HomeSection, reason: str) -> str:
    """The resident's id, empty for a guard. Raises ApiError for a member who may not, and a guard without a reason."""
    if context.optional_identity is not None:
        if not reason.strip():
            raise ApiError(400, Words("请写明原因", "Say why"))
        return ""
    person = context.resident.person
    if not context.services.homes.may_arm_now(person, home.place):
        raise ApiError(403, Words("您不能操作这户的布撤防", "You may not arm or disarm this home"))
    return person


async def _checked_code(context: RequestContext[Any], home: HomeSection, code: str) -> None:
    actor = context.actor
    try:
        await context.services.homes.check_code(home.place, code, actor, f"phone:{actor}")
    except WrongCode as error:
        raise ApiError(400, _WRONG, "wrong_code") from error


async def _ask(
    context: RequestContext[Any],
    home: HomeSection,
    person: str,
    what: str,
    reason: str,
    mode: str = "away",
    bypass: Sequence[str] = (),
) -> None:
    by = "phone" if person else "guard"
    ask = Ask(what, home.place, by, context.actor, person, mode, bypass, reason.strip())
    answer: AreaAnswer = await context.services.homes.ask(ask)
    if not answer.accepted:
        raise ApiError(409, answer.why, "refused")


def _view(context: RequestContext[Any], home: HomeSection) -> AreaView:
    services, area = context.services, context.services.homes.area(home.place)
    named = {zone.id: zone.name for zone in home.zones}
    counts = {zone.id for zone in counted(home, area.mode or "away")}
    identity = context.optional_identity
    sees_people = identity is None or audience_of(identity.role).sees_people
    return AreaView(
        place=home.place,
        place_name=words_view(services.compound.place_name(home.place)),
        state=area.phase,
        mode=area.mode or None,
        since=area.since,
        until=area.until,
        by=words_view(BY_WORDS[area.by]) if area.by in BY_WORDS else None,
        person=(area.person or None) if sees_people else None,
        mirrored=home.mirrored,
        zones=[
            AreaZoneView(
                id=zone.id,
                name=zone.name,
                type=zone.type,
                open=zone.id in area.open,
                bypassed=zone.id in area.bypassed,
                counts=zone.id in counts,
            )
            for zone in home.zones
        ],
        memory=[MemoryView(zone=one.zone, name=named.get(one.zone, one.zone), at=one.at) for one in area.memory],
    )


def _route(method: str, end: str, handler: Any, allowed: Access, summary: str, body: Any, answer: Any) -> Route:
    return Route(
        method,
        f"{_PATH}{end}",
        handler,
        allowed=allowed,
        summary=summary,
        request_model=body,
        response_model=answer,
        status=200 if answer is not None else 204,
        extra_errors=(409, 429) if body is not None else (),
    )


ROUTES = (
    Route(
        "GET",
        "/api/v1/areas",
        list_areas,
        allowed=SEEING,
        summary="Homes with an alarm of their own, and how each is armed; a resident sees their own",
        response_model=AreaList,
    ),
    _route("POST", "/arm", arm, ARMING, "Arm a home; 409 with the reason when a zone is open", ArmBody, AreaView),
    _route("POST", "/disarm", disarm, ARMING, "Disarm a home", DisarmBody, AreaView),
    _route("POST", "/bypass", leave_out, ARMING, "Leave zones out until further notice", BypassBody, AreaView),
    _route(
        "POST", "/false-alarm", false_alarm, HOUSEHOLD, "Tell the guard that an alarm was false", CodeBody, ToldView
    ),
    _route("PUT", "/code", set_code, HOUSEHOLD, "Set one's own code, and one for duress", NewCodeBody, None),
    _route(
        "POST", "/code/reset", reset_code, HOUSEHOLD_STAFF, "Delete a person's forgotten codes", ResetCodeBody, None
    ),
    _route("GET", "", show, SEEING, "How a home is armed, its zones, and its alarms since", None, AreaView),
)
