"""Drills (演练): a supervisor injects one; how long guards took is scored against what is owed for a real one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from gateway.desk import rows as alert_rows
from gateway.desk.incidents import rows as incident_rows
from gateway.flow.drills import SEVERITIES
from gateway.model import DRILL_STARTED, Action, Alert, AlertState, Incident, Role, Step, Words
from gateway.store import audit
from gateway.web.api_errors import ApiError
from gateway.web.request_context import RequestContext
from gateway.web.requests import PageSize, RequestModel, ShortText
from gateway.web.responses import ResponseModel, SeverityName, UtcTime, WordsView
from gateway.web.routes import Route
from gateway.web.serializers import words_view

_PATH = "/api/v1/drills"
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_READERS = frozenset({Role.SUPERVISOR, Role.MANAGER})


class DrillRequest(RequestModel):
    """The kind of alarm to train, such as fire.alarm, and its place."""

    kind: ShortText
    place: Annotated[str, Field(max_length=200, description="a place of compound.yaml; empty: the whole compound")]


class DrillQuery(RequestModel):
    """A page of drills."""

    after: ShortText | None = None
    limit: PageSize = 50


class DrillStarted(ResponseModel):
    """The drill is recorded; its incident appears at once. `number` is the journal's."""

    number: int


class DrillView(ResponseModel):
    """A drill and how long each step took, in seconds from its start; null for what was not done."""

    incident: str
    kind: str
    place: str
    place_name: WordsView
    severity: SeverityName
    state: AlertState
    started_at: UtcTime
    acknowledged_s: float | None
    on_scene_s: float | None
    closed_s: float | None
    acknowledge_within_s: float | None = Field(description="the limit for a real one, by the present settings")
    arrive_within_s: float | None = Field(description="null when nobody has to go")
    by: Sequence[str] = Field(description="who took a step, in that order")


class DrillKind(ResponseModel):
    """A signal kind that can be drilled, and how severe a drill of it is."""

    kind: str
    severity: SeverityName


class DrillList(ResponseModel):
    """A page of drills, newest first."""

    items: Sequence[DrillView]
    next: str | None
    kinds: Sequence[DrillKind] = Field(description="what can be drilled")


async def start(context: RequestContext[DrillRequest]) -> DrillStarted:
    """Handler of POST /api/v1/drills."""
    params, services, user = context.params, context.services, context.identity.user
    if params.kind not in SEVERITIES:
        known = ", ".join(SEVERITIES)
        raise ApiError(
            400, Words(f"不能演练 {params.kind}，可选：{known}", f"{params.kind!r} can't be drilled: {known}")
        )
    if params.place and params.place not in services.compound.places:
        raise ApiError(400, Words(f"没有位置 {params.place}", f"there is no place {params.place!r}"))
    at, data = services.now(), {"kind": params.kind}
    action = Action(kind=DRILL_STARTED, user=user, time=at, place=params.place, data=data)
    step = Step("", DRILL_STARTED, user, at, data={**data, "place": params.place})
    number = await services.act(action, lambda connection: audit.append(connection, step))
    return DrillStarted(number=number)


async def list_drills(context: RequestContext[DrillQuery]) -> DrillList:
    """Handler of GET /api/v1/drills."""
    services, query = context.services, context.params
    limit = query.limit

    def read(connection: sqlite3.Connection) -> list[tuple[Incident, list[Step], list[Alert]]]:
        found = incident_rows.drills(connection, query.after, limit + 1)
        return [
            (each, _steps(connection, each), list(alert_rows.some(connection, each.alerts).values())) for each in found
        ]

    found = await services.store.read(read)
    place_name = services.compound.place_name
    owed = services.desk.incidents.owed
    items = [
        _view(incident, steps, place_name(incident.place), owed(incident, alerts))
        for incident, steps, alerts in found[:limit]
    ]
    kinds = [DrillKind(kind=kind, severity=severity.word) for kind, severity in SEVERITIES.items()]
    return DrillList(items=items, next=items[-1].incident if len(found) > limit else None, kinds=kinds)


_Owed = tuple[timedelta, timedelta | None] | None


def _steps(connection: sqlite3.Connection, incident: Incident) -> list[Step]:
    steps = [step for alert in incident.alerts for step in audit.steps_of(connection, alert)]
    return sorted(steps, key=lambda step: step.at)


def _view(incident: Incident, steps: Sequence[Step], place: Words, owed: _Owed) -> DrillView:
    def seconds(action: str) -> float | None:
        at = next((step.at for step in steps if step.action == action), None)
        return None if at is None else round((at - incident.opened_at).total_seconds(), 1)

    acknowledge, arrive = owed or (None, None)
    return DrillView(
        incident=incident.id,
        kind=next((member.kind for member in incident.members), ""),
        place=incident.place,
        place_name=words_view(place),
        severity=incident.severity.word,
        state=incident.state,
        started_at=incident.opened_at,
        acknowledged_s=seconds("acknowledge"),
        on_scene_s=seconds("on-scene"),
        closed_s=seconds("close"),
        acknowledge_within_s=acknowledge.total_seconds() if acknowledge is not None else None,
        arrive_within_s=arrive.total_seconds() if arrive is not None else None,
        by=list(dict.fromkeys(step.user for step in steps)),
    )


ROUTES = (
    Route(
        "GET",
        _PATH,
        list_drills,
        allowed=_READERS,
        summary="Drills and how long each step took",
        request_model=DrillQuery,
        response_model=DrillList,
    ),
    Route(
        "POST",
        _PATH,
        start,
        allowed=_SUPERVISOR,
        summary="Start a drill: an alert for training",
        request_model=DrillRequest,
        response_model=DrillStarted,
        status=201,
    ),
)
