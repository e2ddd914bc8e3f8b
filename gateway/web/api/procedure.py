"""The procedure of an incident (预案): its steps, answers, calls and commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from gateway.auth.audience import audience_of
from gateway.desk.procedures import RESIDENTS, StepProgress, targets
from gateway.desk.state import Unit
from gateway.errors import Conflict, NotFound, NotRecorded, Refused
from gateway.model import Action, Command, Incident, Words
from gateway.web.api_errors import ApiError, not_found
from gateway.web.procedure_responses import IncidentProcedure, NumberList, NumberView
from gateway.web.procedure_serializer import ProcedureSerializer
from gateway.web.request_context import RequestContext
from gateway.web.requests import NumbersRequest, ProcedureRequest, ProcedureStepRequest
from gateway.web.routes import ANY_USER, GUARDS, Route
from gateway.web.serializers import words_view

log = structlog.get_logger(__name__)
_PATH = "/api/v1/incidents/{id}/procedure"


async def show(context: RequestContext[Any]) -> IncidentProcedure:
    """Handler of GET /api/v1/incidents/{id}/procedure."""
    return await _view(context, await _incident(context))


async def choose(context: RequestContext[ProcedureRequest]) -> IncidentProcedure:
    """Handler of POST /api/v1/incidents/{id}/procedure: another procedure holds from now on."""
    incident, body = await _incident(context), context.params
    try:
        await context.services.desk.procedures.choose(
            incident.id, body.procedure, context.identity.user, body.note.strip()
        )
    except NotFound as error:
        raise not_found(Words("这个预案，或案情已结束", str(error))) from error
    except Conflict as error:
        raise ApiError(409, Words("这个预案正在执行", str(error))) from error
    except Refused as error:
        raise ApiError(400, Words("请写明换用预案的原因", str(error))) from error
    return await _view(context, incident)


async def take(context: RequestContext[ProcedureStepRequest]) -> IncidentProcedure:
    """Handler of POST …/steps/{step}: done, answered, called, or its command sent."""
    incident, body = await _incident(context), context.params
    step = await _step(context, incident)
    try:
        if step.step.kind == "command":
            await _send(context, incident, step)
        else:
            await context.services.desk.procedures.take(
                incident.id, step.step.id, context.identity.user, body.answer, body.note.strip()
            )
    except NotFound as error:
        raise not_found(Words("这一步，或案情已结束", str(error))) from error
    except Conflict as error:
        raise ApiError(409, Words("这一步已经做过了", str(error))) from error
    except ApiError:
        raise
    except Refused as error:
        raise ApiError(400, Words("这一步需要选一个答案", str(error))) from error
    return await _view(context, incident)


async def numbers(context: RequestContext[NumbersRequest]) -> NumberList:
    """Handler of POST …/steps/{step}/numbers: who sees whose number is put on record first.

    When the disk can't be written the number is shown all the same: somebody needs help.
    """
    incident = await _incident(context)
    step = await _step(context, incident)
    contact = step.step.call
    if contact is None:
        raise not_found(Words("这一步的电话", f"number of step {step.step.id}"))
    items, whose = _residents(context, incident) if contact == RESIDENTS else _contact(context, contact)
    desk = context.services.desk.procedures
    progress = (await desk.current(incident)).progress
    try:
        if progress is not None:
            await desk.looked(incident, progress, step, context.identity.user, whose)
    except NotRecorded as error:
        log.error("a look at numbers is not recorded", user=context.identity.user, whose=whose, why=str(error))
    place = words_view(context.services.compound.place_name(incident.place)) if contact == RESIDENTS else None
    return NumberList(items=items, place_name=place)


def _residents(context: RequestContext[Any], incident: Incident) -> tuple[list[NumberView], dict[str, Any]]:
    household = context.services.register.snapshot.household(incident.place)
    persons = household.persons if household else ()
    items = [NumberView(name=person.name, role=person.role, phone=person.phone) for person in persons]
    place = household.place if household else incident.place
    return items, {"place": place, "persons": [person.id for person in persons]}


def _contact(context: RequestContext[Any], name: str) -> tuple[list[NumberView], dict[str, Any]]:
    found = context.services.desk.procedures.list.contact(name)
    words = found.name.words if found else Words(name, name)
    number = NumberView(name=words[context.language], role=None, phone=found.phone if found else "")
    return [number], {"contact": name}


async def _send(context: RequestContext[ProcedureStepRequest], incident: Incident, found: StepProgress) -> None:
    """Record the step and its commands in one commit; they are carried out after it.

    Where no device takes the command people do it by hand, and the step records that. A drill moves nothing: its
    command steps are recorded, and nothing is sent.
    """
    services, body, command, user = context.services, context.params, found.step.command, context.identity.user
    assert command is not None
    devices = targets(command, incident.place, services.compound.devices)
    able = [each for each in devices if not incident.drill and command.action in services.actions(each.id)]
    if able and command.confirm and not body.confirmed:
        raise ApiError(400, Words("这个指令需要再按一次确认", "This command must be confirmed"))
    commands = [Command(device.id, command.action, dict(command.arguments), by=user) for device in able]

    async def commit(actions: Sequence[Action], unit: Unit) -> None:
        await services.desk.procedures.take(
            incident.id,
            found.step.id,
            user,
            note=body.note.strip(),
            commands=[each.id for each in commands],
            again=body.again,
            beside=(actions, unit),
        )

    await services.order_with(commands, commit)


async def _incident(context: RequestContext[Any]) -> Incident:
    incident_id = context.path_param("id")
    incident = await context.services.desk.incidents.incident(incident_id)
    if incident is None:
        raise not_found(Words("这个案情", f"incident {incident_id}"))
    return incident


async def _step(context: RequestContext[Any], incident: Incident) -> StepProgress:
    step_id = context.path_param("step")
    progress = (await context.services.desk.procedures.current(incident)).progress
    found = progress.find(step_id) if progress else None
    if found is None:
        raise not_found(Words("这一步", f"open step {step_id}"))
    return found


async def _view(context: RequestContext[Any], incident: Incident) -> IncidentProcedure:
    audience = audience_of(context.identity.role)
    return await ProcedureSerializer(context.services, audience).procedure(incident)


ROUTES = (
    Route(
        "GET",
        _PATH,
        show,
        allowed=ANY_USER,
        summary="The procedure of an incident, with its open steps",
        response_model=IncidentProcedure,
    ),
    Route(
        "POST",
        _PATH,
        choose,
        allowed=GUARDS,
        summary="Let another procedure hold for an incident, with the reason",
        request_model=ProcedureRequest,
        response_model=IncidentProcedure,
    ),
    Route(
        "POST",
        f"{_PATH}/steps/{{step}}",
        take,
        allowed=GUARDS,
        summary="Take a step of the procedure: done, answered, called, or its command sent",
        request_model=ProcedureStepRequest,
        response_model=IncidentProcedure,
    ),
    Route(
        "POST",
        f"{_PATH}/steps/{{step}}/numbers",
        numbers,
        allowed=GUARDS,
        summary="The numbers of a call step; looking at them is put on record",
        request_model=NumbersRequest,
        response_model=NumberList,
    ),
)
