"""Alerts and the steps of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.auth.audience import audience_of
from gateway.errors import Conflict
from gateway.model import Alert, AlertState, Role, Words
from gateway.web.api_errors import ApiError, not_found
from gateway.web.request_context import RequestContext
from gateway.web.requests import AlertQuery, AssignRequest, CloseRequest, NoteRequest, StepRequest
from gateway.web.responses import AlertList, AlertView, GuardList, GuardView
from gateway.web.routes import ANY_USER, GUARDS, Route
from gateway.web.serializers import Serializer

_PATH = "/api/v1/alerts"
_ALL_SIGNALS = 500
_ASSIGNABLE = frozenset({Role.GUARD, Role.SUPERVISOR})
_STATES: Mapping[str | None, Sequence[str]] = {
    None: (),
    "open": tuple(state.value for state in AlertState if state is not AlertState.CLOSED),
}
_STEP = {
    "acknowledge": "接警",
    "on-scene": "到场",
    "hold": "挂起",
    "close": "结警",
    "assign": "指派",
    "note": "备注",
}
_STATE = {
    AlertState.NEW: "未处理",
    AlertState.ACKNOWLEDGED: "已接警",
    AlertState.ON_SCENE: "已到场",
    AlertState.ON_HOLD: "已挂起",
    AlertState.CLOSED: "已结警",
}


async def page(call: RequestContext[AlertQuery]) -> AlertList:
    asked = call.asked
    states = _STATES.get(asked.state, (asked.state or "",))
    alerts, following = await call.services.desk.page(states, asked.after, asked.limit)
    return AlertList(
        items=await Serializer(call.services).alerts(alerts, audience_of(call.me.role)),
        next=following,
    )


async def one(call: RequestContext[Any]) -> AlertView:
    return await _view(call, await _alert(call))


async def remark(call: RequestContext[StepRequest]) -> AlertView:
    """Acknowledge, on scene, hold: the step is the last word of the address."""
    return await _step(call, call.request.path.rsplit("/", 1)[-1], call.asked.note)


async def note(call: RequestContext[NoteRequest]) -> AlertView:
    return await _step(call, "note", call.asked.note)


async def close(call: RequestContext[CloseRequest]) -> AlertView:
    return await _step(call, "close", call.asked.note, {"disposition": call.asked.disposition.value})


async def guards(call: RequestContext[Any]) -> GuardList:
    found = await call.services.accounts.who_are(_ASSIGNABLE)
    return GuardList(items=[GuardView(user=user, role=role) for user, role in found])


async def assign(call: RequestContext[AssignRequest]) -> AlertView:
    """To a guard or supervisor who has an account here."""
    role = await call.services.accounts.role_of(call.asked.user)
    if role not in _ASSIGNABLE:
        raise not_found(Words("这位值班人员", f"guard {call.asked.user!r}"))
    return await _step(call, "assign", call.asked.note, {"user": call.asked.user})


async def _step(call: RequestContext[Any], step: str, said: str, data: Mapping[str, Any] | None = None) -> AlertView:
    alert = await _alert(call)
    try:
        alert = await call.services.desk.step(alert.id, step, call.me.user, said.strip(), data or {})
    except Conflict as error:
        stands = await _alert(call)
        raise ApiError(409, Words(f"警情{_STATE[stands.state]}，不能{_STEP[step]}", str(error))) from error
    return await _view(call, alert)


async def _alert(call: RequestContext[Any]) -> Alert:
    alert = await call.services.desk.alert(call.part("id"))
    if alert is None:
        raise not_found(Words("这条警情", f"alert {call.part('id')}"))
    return alert


async def _view(call: RequestContext[Any], alert: Alert) -> AlertView:
    audience = audience_of(call.me.role)
    return (await Serializer(call.services).alerts([alert], audience, _ALL_SIGNALS))[0]


def _remark(step: str, does: str) -> Route:
    return Route("POST", f"{_PATH}/{{id}}/{step}", remark, who=GUARDS, does=does, takes=StepRequest, gives=AlertView)


ROUTES = (
    Route("GET", _PATH, page, who=ANY_USER, does="Alerts, newest first", takes=AlertQuery, gives=AlertList),
    Route("GET", f"{_PATH}/{{id}}", one, who=ANY_USER, does="One alert with its signals and steps", gives=AlertView),
    _remark("acknowledge", "I have seen it and take it"),
    _remark("on-scene", "Somebody is there"),
    _remark("hold", "It waits"),
    Route(
        "POST",
        f"{_PATH}/{{id}}/close",
        close,
        who=GUARDS,
        does="It is done with; say what it was",
        takes=CloseRequest,
        gives=AlertView,
    ),
    Route("POST", f"{_PATH}/{{id}}/note", note, who=GUARDS, does="Write down", takes=NoteRequest, gives=AlertView),
    Route(
        "POST", f"{_PATH}/{{id}}/assign", assign, who=GUARDS, does="Give it to", takes=AssignRequest, gives=AlertView
    ),
    Route("GET", "/api/v1/guards", guards, who=GUARDS, does="Whom an alert may be given to", gives=GuardList),
)
