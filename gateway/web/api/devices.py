"""Devices, what they said, their commands, and what could not be read."""

from __future__ import annotations

from typing import Any

from gateway.auth.audience import audience_of
from gateway.flow.device_status import DeviceStatus
from gateway.model import Command, Words
from gateway.store import journal
from gateway.store.quarantine import QuarantineEntry, newest
from gateway.web.problems import Trouble, not_found
from gateway.web.request_context import RequestContext
from gateway.web.requests import CommandBody, PageQuery, SignalQuery
from gateway.web.responses import (
    CommandView,
    DeviceList,
    QuarantineList,
    QuarantineView,
    SignalList,
)
from gateway.web.routes import EVERYONE, GUARDS, TECHNICIANS, Route
from gateway.web.serializers import Serializer, words_view

_SHOWN = 1024


async def signals(call: RequestContext[SignalQuery]) -> SignalList:
    asked = call.asked
    if asked.source_id is not None and asked.device is None:  # the record is indexed by both
        zh, en = "按 source_id 查找时请同时给出 device", "source_id needs device as well: ?device=…&source_id=…"
        raise Trouble(400, Words(zh, en))
    found = await call.services.store.read(
        lambda connection: journal.signals(
            connection,
            device=asked.device,
            kind=asked.kind,
            source_id=asked.source_id,
            before=asked.after,
            limit=asked.limit + 1,
        )
    )
    presenter, audience = Serializer(call.services), audience_of(call.me.role)
    shown = found[: asked.limit]
    more = str(shown[-1].number) if len(found) > asked.limit else None
    return SignalList(items=[presenter.signal(signal, audience) for signal in shown], next=more)


async def devices(call: RequestContext[Any]) -> DeviceList:
    presenter = Serializer(call.services)
    return DeviceList(items=[presenter.device(status) for status in call.services.devices().values()])


async def command(call: RequestContext[CommandBody]) -> CommandView:
    """On record before it is sent; what became of it comes as a signal."""
    device, asked = _device(call).device, call.asked
    takes = call.services.actions(device.id).get(asked.action)
    if takes is None:
        words = Words(f"{device.name}不支持指令 {asked.action}", f"{device.name} takes no command {asked.action!r}")
        raise Trouble(400, words)
    if strange := set(asked.arguments) - set(takes):
        names = ", ".join(sorted(strange))
        raise Trouble(400, Words(f"指令 {asked.action} 没有参数 {names}", f"{asked.action} takes no argument {names}"))
    ordered = Command(device.id, asked.action, dict(asked.arguments), by=call.me.user)
    await call.services.order(ordered)
    return CommandView(id=ordered.id)


async def quarantine(call: RequestContext[PageQuery]) -> QuarantineList:
    asked = call.asked
    language = call.services.facts.language
    found = await call.services.store.read(lambda connection: newest(connection, asked.after, asked.limit + 1, _SHOWN))
    shown = found[: asked.limit]
    more = str(shown[-1].number) if len(found) > asked.limit else None
    return QuarantineList(items=[_unread(each, language) for each in shown], next=more)


def _unread(found: QuarantineEntry, language: str) -> QuarantineView:
    why = Words.of(found.why)
    return QuarantineView(
        number=found.number,
        at=found.at,
        device=found.device,
        why=why[language],
        whys=words_view(why),
        size=found.size,
        data=found.data.hex(),
    )


def _device(call: RequestContext[Any]) -> DeviceStatus:
    status = call.services.devices().get(call.part("id"))
    if status is None:
        raise not_found(Words("这台设备", f"device {call.part('id')}"))
    return status


ROUTES = (
    Route(
        "GET",
        "/api/v1/signals",
        signals,
        who=EVERYONE,
        does="What devices said, newest first",
        takes=SignalQuery,
        gives=SignalList,
    ),
    Route("GET", "/api/v1/devices", devices, who=EVERYONE, does="Every device and how it is", gives=DeviceList),
    Route(
        "POST",
        "/api/v1/devices/{id}/commands",
        command,
        who=GUARDS,
        does="Have a device do something",
        takes=CommandBody,
        gives=CommandView,
        status=202,
    ),
    Route(
        "GET",
        "/api/v1/quarantine",
        quarantine,
        who=TECHNICIANS,
        does="What could not be read, newest first",
        takes=PageQuery,
        gives=QuarantineList,
    ),
)
