"""Silences: sources whose alarms are not shown for a time (屏蔽)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from gateway.desk.noise import UnknownSource, parse_source
from gateway.errors import Conflict, NotFound, Refused
from gateway.model import Words
from gateway.web.api_errors import ApiError, not_found
from gateway.web.request_context import RequestContext
from gateway.web.requests import PageSize, RequestModel, ShortText
from gateway.web.responses import ResponseModel, UtcTime
from gateway.web.routes import ANY_USER, GUARDS, Route
from gateway.web.services import Services
from gateway.web.silence_views import SilenceView, silence_view

_PATH = "/api/v1/silences"


class SilenceRequest(RequestModel):
    """Silence a source, with a reason and an end."""

    source: Annotated[
        str, Field(min_length=1, max_length=200, description="a device's id, rule:ID, place:PATH or RULE@DEVICE")
    ]
    reason: ShortText
    until: AwareDatetime


class SilenceQuery(RequestModel):
    """Without `ended` those in force, else ended ones, newest first."""

    ended: bool = False
    after: ShortText | None = None
    limit: PageSize = 100


class SilenceList(ResponseModel):
    """Silences in force, oldest first; or a page of ended ones, newest first."""

    items: Sequence[SilenceView]
    next: str | None
    longest_s: float = Field(description="for how long a source may be silenced at most, in seconds")
    shift_ends_at: UtcTime | None = Field(description="when the present shift ends; null without shifts")


async def list_silences(context: RequestContext[SilenceQuery]) -> SilenceList:
    """Handler of GET /api/v1/silences."""
    silences, query = context.services.desk.silences, context.params
    found, cursor = silences.in_force(), None
    if query.ended:
        found, cursor = await silences.page_of_ended(query.after, query.limit)
    return SilenceList(
        items=[silence_view(each, context.services) for each in found],
        next=cursor,
        longest_s=silences.longest.total_seconds(),
        shift_ends_at=context.services.handovers.shift_ends_at(),
    )


async def begin(context: RequestContext[SilenceRequest]) -> SilenceView:
    """Handler of POST /api/v1/silences."""
    params, services = context.params, context.services
    _require_source(params.source, services)
    until = _utc(params.until)
    try:
        silence = await services.desk.silences.begin(params.source, params.reason, until, context.identity.user)
    except Conflict as error:
        raise ApiError(409, Words("该来源已被屏蔽，或屏蔽太多", str(error))) from error
    except Refused as error:
        raise ApiError(400, Words("结束时间必须在将来，且不超过允许的最长时间", str(error))) from error
    return silence_view(silence, services)


async def lift(context: RequestContext[Any]) -> None:
    """Handler of DELETE /api/v1/silences/{id}."""
    silence_id = context.path_param("id")
    try:
        await context.services.desk.silences.lift(silence_id, context.identity.user)
    except NotFound as error:
        raise not_found(Words("这个屏蔽", f"silence {silence_id}")) from error


def _utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ApiError(400, Words("结束时间不正确", "until is no usable time")) from error


def _require_source(text: str, services: Services) -> None:
    """Raise ApiError (400) for a source that is not written as one, or that does not exist."""
    try:
        source = parse_source(text)
    except UnknownSource as error:
        raise ApiError(400, Words("来源应写成设备号、rule:规则、place:位置 或 规则@设备", str(error))) from error
    compound = services.compound
    if source.device is not None and source.device not in compound.devices:
        raise ApiError(400, Words(f"没有设备 {source.device}", f"there is no device {source.device!r}"))
    if source.place is not None and not any(
        path == source.place or path.startswith(f"{source.place}/") for path in compound.places
    ):
        raise ApiError(400, Words(f"没有位置 {source.place}", f"there is no place {source.place!r}"))


ROUTES = (
    Route(
        "GET",
        _PATH,
        list_silences,
        allowed=ANY_USER,
        summary="Silenced and throttled sources",
        request_model=SilenceQuery,
        response_model=SilenceList,
    ),
    Route(
        "POST",
        _PATH,
        begin,
        allowed=GUARDS,
        summary="Silence a source until a time",
        request_model=SilenceRequest,
        response_model=SilenceView,
        status=201,
    ),
    Route("DELETE", f"{_PATH}/{{id}}", lift, allowed=GUARDS, summary="Lift a silence", status=204),
)
