"""Incidents: alerts that belong together, and what people do with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from gateway.auth.audience import audience_of
from gateway.desk.incident_desk import StepResult
from gateway.desk.procedures import MandatoryStepsOpen
from gateway.errors import Conflict, NotFound
from gateway.model import AlertState, Incident, Words
from gateway.web.api.alerts import STATES_ZH, STEPS_ZH, closing_data, require_assignable
from gateway.web.api_errors import ApiError, not_found
from gateway.web.incident_responses import IncidentDetail, IncidentList, IncidentStepResult
from gateway.web.incident_serializer import IncidentSerializer
from gateway.web.request_context import RequestContext
from gateway.web.requests import (
    AssignRequest,
    CloseRequest,
    HoldRequest,
    IncidentQuery,
    MergeRequest,
    NoteRequest,
    ReminderRequest,
    SplitRequest,
    StepRequest,
)
from gateway.web.routes import ANY_USER, GUARDS, Route

_PATH = "/api/v1/incidents"
_STATE_FILTERS: Mapping[str | None, Sequence[str]] = {
    None: (),
    "open": tuple(state.value for state in AlertState if state is not AlertState.CLOSED),
}


async def list_incidents(context: RequestContext[IncidentQuery]) -> IncidentList:
    """Handler of GET /api/v1/incidents."""
    query, desk = context.params, context.services.desk.incidents
    states = _STATE_FILTERS.get(query.state, (query.state or "",))
    if query.order == "urgency":
        incidents, cursor = desk.most_urgent(query.after, query.limit)
    else:
        incidents, cursor = await desk.page(states, query.after, query.limit)
    items = await IncidentSerializer(context.services).incidents(incidents, audience_of(context.identity.role))
    return IncidentList(items=items, next=cursor)


async def show_incident(context: RequestContext[Any]) -> IncidentDetail:
    """Handler of GET /api/v1/incidents/{id}."""
    return await _detail(context, await _incident(context))


async def take_step(context: RequestContext[StepRequest]) -> IncidentStepResult:
    """Acknowledge or on scene: the last part of the path names the step."""
    return await _step(context, context.request.path.rsplit("/", 1)[-1], context.params.note)


async def hold(context: RequestContext[HoldRequest]) -> IncidentStepResult:
    """Handler of POST /api/v1/incidents/{id}/hold."""
    params = context.params
    until = params.until
    if params.minutes is not None:
        until = context.services.now() + timedelta(minutes=params.minutes)
    return await _step(context, "hold", params.note, {} if until is None else {"until": until.isoformat()})


async def remind(context: RequestContext[ReminderRequest]) -> IncidentDetail:
    """Handler of POST /api/v1/incidents/{id}/remind."""
    services, params = context.services, context.params
    at = services.now() + timedelta(minutes=params.minutes)
    try:
        incident = await services.desk.incidents.remind(
            context.path_param("id"), at, context.identity.user, params.note.strip()
        )
    except NotFound as error:
        raise not_found(Words("这个案情，或它已结束", str(error))) from error
    return await _detail(context, incident)


async def add_note(context: RequestContext[NoteRequest]) -> IncidentStepResult:
    """Handler of POST /api/v1/incidents/{id}/note."""
    return await _step(context, "note", context.params.note)


async def close(context: RequestContext[CloseRequest]) -> IncidentStepResult:
    """Handler of POST /api/v1/incidents/{id}/close."""
    return await _step(context, "close", context.params.note, closing_data(context))


async def assign(context: RequestContext[AssignRequest]) -> IncidentStepResult:
    """Handler of POST /api/v1/incidents/{id}/assign. Raises ApiError (404) for a user who is no guard or supervisor."""
    await require_assignable(context.services.accounts, context.params.user)
    return await _step(context, "assign", context.params.note, {"user": context.params.user})


async def merge(context: RequestContext[MergeRequest]) -> IncidentDetail:
    """Handler of POST /api/v1/incidents/{id}/merge: the other incident's alerts join this one."""
    desk, params = context.services.desk.incidents, context.params
    try:
        merged = await desk.merge(context.path_param("id"), params.incident, context.identity.user, params.note.strip())
    except NotFound as error:
        raise not_found(Words("这个案情，或它已结束", str(error))) from error
    except Conflict as error:
        raise ApiError(409, Words("不能合并：同一案情、演练与真实案情，或警情太多", str(error))) from error
    return await _detail(context, merged)


async def split(context: RequestContext[SplitRequest]) -> IncidentDetail:
    """Handler of POST /api/v1/incidents/{id}/split: returns the new incident of the alerts that were taken out."""
    desk, params = context.services.desk.incidents, context.params
    try:
        fresh = await desk.split(context.path_param("id"), params.alerts, context.identity.user, params.note.strip())
    except NotFound as error:
        raise not_found(Words("这个案情，或它已结束", str(error))) from error
    except Conflict as error:
        raise ApiError(409, Words("不能移出：警情必须属于本案情，且至少留下一条", str(error))) from error
    return await _detail(context, fresh)


async def _step(
    context: RequestContext[Any], step: str, note: str, data: Mapping[str, Any] | None = None
) -> IncidentStepResult:
    incident_id, user = context.path_param("id"), context.identity.user
    try:
        result: StepResult = await context.services.desk.incidents.step(
            incident_id, step, user, note.strip(), data or {}
        )
    except NotFound as error:
        raise _no_such_incident(incident_id) from error
    except MandatoryStepsOpen as error:
        raise ApiError(409, error.words, "steps_open") from error
    except Conflict as error:
        state = (await _incident(context)).state
        raise ApiError(409, Words(f"案情{STATES_ZH[state]}，不能{STEPS_ZH[step]}", str(error))) from error
    return IncidentStepResult(
        incident=await _detail(context, result.incident), applied=result.applied, not_applied=result.not_applied
    )


async def _incident(context: RequestContext[Any]) -> Incident:
    incident_id = context.path_param("id")
    incident = await context.services.desk.incidents.incident(incident_id)
    if incident is None:
        raise _no_such_incident(incident_id)
    return incident


async def _detail(context: RequestContext[Any], incident: Incident) -> IncidentDetail:
    return await IncidentSerializer(context.services).detail(incident, audience_of(context.identity.role))


def _no_such_incident(incident_id: str) -> ApiError:
    return not_found(Words("这个案情", f"incident {incident_id}"))


def _post(step: str, handler: Any, summary: str, request_model: Any, response_model: Any = IncidentStepResult) -> Route:
    return Route(
        "POST",
        f"{_PATH}/{{id}}/{step}",
        handler,
        allowed=GUARDS,
        summary=summary,
        request_model=request_model,
        response_model=response_model,
    )


ROUTES = (
    Route(
        "GET",
        _PATH,
        list_incidents,
        allowed=ANY_USER,
        summary="Incidents, newest first, or the most urgent first",
        request_model=IncidentQuery,
        response_model=IncidentList,
    ),
    Route(
        "GET",
        f"{_PATH}/{{id}}",
        show_incident,
        allowed=ANY_USER,
        summary="One incident with its alerts and its story",
        response_model=IncidentDetail,
    ),
    _post("acknowledge", take_step, "Acknowledge all alerts of an incident", StepRequest),
    _post("on-scene", take_step, "Record that somebody is on the scene", StepRequest),
    _post("hold", hold, "Put an incident on hold; at the end it rings again", HoldRequest),
    _post("remind", remind, "Be reminded of an incident", ReminderRequest, IncidentDetail),
    _post("close", close, "Close all alerts of an incident that are in hand", CloseRequest),
    _post("note", add_note, "Add a note to an incident", NoteRequest),
    _post("assign", assign, "Assign an incident to a guard or supervisor", AssignRequest),
    _post("merge", merge, "Put the alerts of another incident into this one", MergeRequest, IncidentDetail),
    _post("split", split, "Take alerts out, as an incident of their own", SplitRequest, IncidentDetail),
)
