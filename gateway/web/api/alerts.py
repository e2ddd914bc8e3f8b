"""Alerts, and what people do with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.auth.accounts import Accounts
from gateway.auth.audience import audience_of
from gateway.desk.procedures import MandatoryStepsOpen
from gateway.errors import Conflict, NotFound
from gateway.model import Alert, AlertState, Role, Words
from gateway.web.alert_responses import AlertList, AlertView
from gateway.web.api_errors import ApiError, not_found
from gateway.web.request_context import RequestContext
from gateway.web.requests import AlertQuery, AssignRequest, CloseRequest, NoteRequest, StepRequest
from gateway.web.responses import GuardList, GuardView
from gateway.web.routes import ANY_USER, GUARDS, Route
from gateway.web.serializers import Serializer

_PATH = "/api/v1/alerts"
_ALL_SIGNALS = 500
_ASSIGNABLE = frozenset({Role.GUARD, Role.SUPERVISOR})
_STATE_FILTERS: Mapping[str | None, Sequence[str]] = {
    None: (),
    "open": tuple(state.value for state in AlertState if state is not AlertState.CLOSED),
}
STEPS_ZH = {
    "acknowledge": "接警",
    "on-scene": "到场",
    "hold": "挂起",
    "close": "结警",
    "assign": "指派",
    "note": "备注",
    "answer": "答复",
}
STATES_ZH = {
    AlertState.NEW: "未处理",
    AlertState.ACKNOWLEDGED: "已接警",
    AlertState.ON_SCENE: "已到场",
    AlertState.ON_HOLD: "已挂起",
    AlertState.CLOSED: "已结警",
}


async def list_alerts(context: RequestContext[AlertQuery]) -> AlertList:
    """Handler of GET /api/v1/alerts."""
    query = context.params
    states = _STATE_FILTERS.get(query.state, (query.state or "",))
    alerts, next_cursor = await context.services.desk.page(states, query.after, query.limit)
    return AlertList(
        items=await Serializer(context.services).alerts(alerts, audience_of(context.identity.role)),
        next=next_cursor,
    )


async def show_alert(context: RequestContext[Any]) -> AlertView:
    """Handler of GET /api/v1/alerts/{id}."""
    return await _view(context, await _alert(context))


async def take_step(context: RequestContext[StepRequest]) -> AlertView:
    """Acknowledge, on scene or hold: the last part of the path names the step."""
    return await _step(context, context.request.path.rsplit("/", 1)[-1], context.params.note)


async def add_note(context: RequestContext[NoteRequest]) -> AlertView:
    """Handler of POST /api/v1/alerts/{id}/note."""
    return await _step(context, "note", context.params.note)


async def answer(context: RequestContext[NoteRequest]) -> AlertView:
    """Handler of POST /api/v1/alerts/{id}/answer. Whoever reported it at a door plate reads the note by their link."""
    return await _step(context, "answer", context.params.note)


async def close(context: RequestContext[CloseRequest]) -> AlertView:
    """Handler of POST /api/v1/alerts/{id}/close."""
    return await _step(context, "close", context.params.note, closing_data(context))


def closing_data(context: RequestContext[CloseRequest]) -> dict[str, Any]:
    """What a close carries. Raises ApiError for an override by a guard, or without its reason."""
    data: dict[str, Any] = {"disposition": context.params.disposition}
    if not context.params.override:
        return data
    if context.identity.role is not Role.SUPERVISOR:
        words = Words("必做步骤没有完成，只有班长可以强制结警", "Only a supervisor may close with mandatory steps open")
        raise ApiError(403, words)
    if not context.params.note.strip():
        raise ApiError(400, Words("强制结警必须写明原因", "note: closing with mandatory steps open needs a reason"))
    return {**data, "override": True}


async def list_guards(context: RequestContext[Any]) -> GuardList:
    """Handler of GET /api/v1/guards."""
    users = await context.services.accounts.users_with_roles(_ASSIGNABLE)
    return GuardList(items=[GuardView(user=user, role=role) for user, role in users])


async def assign(context: RequestContext[AssignRequest]) -> AlertView:
    """Handler of POST /api/v1/alerts/{id}/assign. Raises ApiError (404) for a user who is no guard or supervisor."""
    await require_assignable(context.services.accounts, context.params.user)
    return await _step(context, "assign", context.params.note, {"user": context.params.user})


async def require_assignable(accounts: Accounts, user: str) -> None:
    """Raise ApiError (404) for a user who is no guard or supervisor. Checked here: the desk knows no accounts."""
    if await accounts.role_of(user) not in _ASSIGNABLE:
        raise not_found(Words("这位值班人员", f"guard {user!r}"))


async def _step(context: RequestContext[Any], step: str, note: str, data: Mapping[str, Any] | None = None) -> AlertView:
    """Pass a person's step to the desk, which decides whether it is valid and allowed."""
    desk, alert_id = context.services.desk, context.path_param("id")
    try:
        alert = await desk.step(alert_id, step, context.identity.user, note.strip(), data or {})
    except NotFound as error:
        raise _no_such_alert(alert_id) from error
    except MandatoryStepsOpen as error:
        raise ApiError(409, error.words, "steps_open") from error
    except Conflict as error:
        state = (await _alert(context)).state
        raise ApiError(409, Words(f"警情{STATES_ZH[state]}，不能{STEPS_ZH[step]}", str(error))) from error
    return await _view(context, alert)


async def _alert(context: RequestContext[Any]) -> Alert:
    alert_id = context.path_param("id")
    alert = await context.services.desk.alert(alert_id)
    if alert is None:
        raise _no_such_alert(alert_id)
    return alert


def _no_such_alert(alert_id: str) -> ApiError:
    return not_found(Words("这条警情", f"alert {alert_id}"))


async def _view(context: RequestContext[Any], alert: Alert) -> AlertView:
    audience = audience_of(context.identity.role)
    return (await Serializer(context.services).alerts([alert], audience, _ALL_SIGNALS))[0]


def _step_route(step: str, summary: str) -> Route:
    return Route(
        "POST",
        f"{_PATH}/{{id}}/{step}",
        take_step,
        allowed=GUARDS,
        summary=summary,
        request_model=StepRequest,
        response_model=AlertView,
    )


ROUTES = (
    Route(
        "GET",
        _PATH,
        list_alerts,
        allowed=ANY_USER,
        summary="Alerts, newest first",
        request_model=AlertQuery,
        response_model=AlertList,
    ),
    Route(
        "GET",
        f"{_PATH}/{{id}}",
        show_alert,
        allowed=ANY_USER,
        summary="One alert with its signals and steps",
        response_model=AlertView,
    ),
    _step_route("acknowledge", "Acknowledge an alert: the user has seen it and handles it"),
    _step_route("on-scene", "Record that somebody is on the scene"),
    _step_route("hold", "Put an alert on hold"),
    Route(
        "POST",
        f"{_PATH}/{{id}}/close",
        close,
        allowed=GUARDS,
        summary="Close an alert, with what it turned out to be",
        request_model=CloseRequest,
        response_model=AlertView,
    ),
    Route(
        "POST",
        f"{_PATH}/{{id}}/note",
        add_note,
        allowed=GUARDS,
        summary="Add a note to an alert",
        request_model=NoteRequest,
        response_model=AlertView,
    ),
    Route(
        "POST",
        f"{_PATH}/{{id}}/answer",
        answer,
        allowed=GUARDS,
        summary="Tell whoever reported it at a door plate; they see the note, and no guard's name",
        request_model=NoteRequest,
        response_model=AlertView,
    ),
    Route(
        "POST",
        f"{_PATH}/{{id}}/assign",
        assign,
        allowed=GUARDS,
        summary="Assign an alert to a guard or supervisor",
        request_model=AssignRequest,
        response_model=AlertView,
    ),
    Route(
        "GET",
        "/api/v1/guards",
        list_guards,
        allowed=GUARDS,
        summary="The users to whom an alert may be assigned",
        response_model=GuardList,
    ),
)
