"""Commands to devices, the last one of each, and announcements."""

from __future__ import annotations

from typing import Any

from gateway.flow import rows
from gateway.model import Command, Words, from_data, limit_of
from gateway.web.api_errors import ApiError, not_found
from gateway.web.command_check import check_action, check_confirmed
from gateway.web.desk_options import AnnouncementTarget
from gateway.web.desk_requests import AnnounceRequest, CommandRequest
from gateway.web.desk_responses import LastCommandList, LastCommandView, OrderedCommand, OrderedCommands
from gateway.web.request_context import RequestContext
from gateway.web.responses import CommandView
from gateway.web.routes import ANY_USER, GUARDS, Route
from gateway.web.serializers import words_view


async def send_command(context: RequestContext[CommandRequest]) -> CommandView:
    """Record a command and send it to the device. Its result arrives as a signal."""
    services, body, device = context.services, context.params, context.path_param("id")
    status = services.devices().get(device)
    if status is None:
        raise not_found(Words("这台设备", f"device {device}"))
    check_action(status.device.name, services.actions(device), body.action, body.arguments)
    check_confirmed(services.compound.desk, body.action, body.confirmed, body.reason)
    return CommandView(id=await _order(context, device, body.action, dict(body.arguments), body.reason))


async def announce(context: RequestContext[AnnounceRequest]) -> OrderedCommands:
    """Handler of POST /api/v1/announcements/{id}. Nothing is ordered unless all its devices can speak."""
    services, body, name = context.services, context.params, context.path_param("id")
    announcement = services.compound.desk.announcements.get(name)
    if announcement is None:
        raise not_found(Words("这条广播", f"announcement {name}"))
    targets = [each for each in announcement.targets if not body.devices or each.device in body.devices]
    if unknown := set(body.devices) - {each.device for each in targets}:
        first = min(unknown)
        raise ApiError(400, Words(f"{first} 不播放这条广播", f"{first} does not speak this announcement"))
    check_confirmed(services.compound.desk, "announce", body.confirmed, body.reason)
    orders = [(each, _arguments(context, each, name, announcement.text)) for each in targets]
    items = [
        OrderedCommand(device=each.device, id=await _order(context, each.device, each.action, arguments, body.reason))
        for each, arguments in orders
    ]
    return OrderedCommands(items=items)


async def last_commands(context: RequestContext[Any]) -> LastCommandList:
    """Handler of GET /api/v1/commands/last."""
    services = context.services
    devices = [device for device in services.devices() if services.actions(device)]
    found = await services.store.read(lambda connection: rows.last_commands(connection, devices))
    return LastCommandList(items=[_view(each) for each in found])


def _arguments(context: RequestContext[Any], target: AnnouncementTarget, name: str, text: Words) -> dict[str, object]:
    """Its id and text, as far as the device takes them, and what desk.yaml adds."""
    services = context.services
    status = services.devices().get(target.device)
    if status is None:
        raise not_found(Words("这台设备", f"device {target.device}"))
    offered = services.actions(target.device)
    check_action(status.device.name, offered, target.action, target.arguments)
    said = {"announcement": name, "text": text.zh, "text_en": text.en}
    return {**{key: said[key] for key in said if key in offered[target.action]}, **target.arguments}


async def _order(
    context: RequestContext[Any], device: str, action: str, arguments: dict[str, object], reason: str
) -> str:
    command = Command(
        device, action, arguments, by=context.identity.user, limit=limit_of(action), reason=reason.strip()
    )
    await context.services.send_command(command)
    return command.id


def _view(row: rows.LastCommand) -> LastCommandView:
    why = from_data(row.answer.get("why")) if row.state == "failed" else None
    return LastCommandView(
        id=row.id,
        device=row.device,
        action=row.action,
        arguments=dict(row.arguments),
        by=row.by,
        at=row.at,
        state=row.state,
        why=words_view(Words.of(why)) if why else None,
    )


ROUTES = (
    Route(
        "POST",
        "/api/v1/devices/{id}/commands",
        send_command,
        allowed=GUARDS,
        summary="Send a command to a device",
        request_model=CommandRequest,
        response_model=CommandView,
        status=202,
        extra_errors=(409,),
    ),
    Route(
        "GET",
        "/api/v1/commands/last",
        last_commands,
        allowed=ANY_USER,
        summary="The last command of each device, with who gave it and what became of it",
        response_model=LastCommandList,
    ),
    Route(
        "POST",
        "/api/v1/announcements/{id}",
        announce,
        allowed=GUARDS,
        summary="Have a fixed text of desk.yaml spoken",
        request_model=AnnounceRequest,
        response_model=OrderedCommands,
        status=202,
        extra_errors=(409,),
    ),
)
