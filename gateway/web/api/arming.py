"""Which areas are armed and which zones bypassed, as far as their panels have reported it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from gateway.auth.audience import audience_of
from gateway.flow.arming import ARMING_KINDS, Arming, arming_of, may_be_armed
from gateway.homes import HomeSection
from gateway.model import Device, DeviceType, Signal
from gateway.store import journal
from gateway.web.desk_responses import ArmingList, ArmingView
from gateway.web.request_context import RequestContext
from gateway.web.routes import ANY_USER, Route

_NEWEST = 64
"""Signals of one kind of one device that are read: a panel has a few areas, and each reports several times a day."""


async def list_arming(context: RequestContext[Any]) -> ArmingList:
    """Handler of GET /api/v1/arming."""
    services = context.services
    wanted = [
        (status.device, has_areas)
        for status in services.devices().values()
        if (has_areas := may_be_armed(status.device, services.actions(status.device.id)))
        or status.device.type is DeviceType.ZONE
    ]
    found = await services.store.read(lambda connection: _read(connection, wanted))
    named = audience_of(context.identity.role).sees_people
    homes = [_home(context, home) for home in services.homes.homes() if home.zones and not home.mirrored]
    armed_here = {home.device for home in homes}  # of their panels nothing more is to be known
    shown = [each for each in found if each.what != "area" or each.state or each.device not in armed_here]
    return ArmingList(items=[*(_view(each, named) for each in shown), *homes])


def _read(connection: sqlite3.Connection, wanted: Sequence[tuple[Device, bool]]) -> list[Arming]:
    return [
        arming
        for device, has_areas in wanted
        for arming in arming_of(device, has_areas, _signals(connection, device.id))
    ]


def _signals(connection: sqlite3.Connection, device: str) -> list[Signal]:
    found = [
        signal
        for kind in ARMING_KINDS
        for signal in journal.signals(connection, device=device, kind=kind, limit=_NEWEST)
    ]
    return sorted(found, key=lambda signal: -(signal.number or 0))


def _view(arming: Arming, named: bool) -> ArmingView:
    return ArmingView(
        device=arming.device,
        what=arming.what,
        area=arming.number if arming.what == "area" else None,
        zone=arming.number if arming.what == "zone" else None,
        state=arming.state,
        at=arming.at,
        by=arming.by if named else "",
    )


def _home(context: RequestContext[Any], home: HomeSection) -> ArmingView:
    """A home that the gateway arms, beside the device that its first zone is part of."""
    devices, area = context.services.compound.devices, context.services.homes.area(home.place)
    device = home.zones[0].device
    host = devices[device].part_of if device in devices else None
    return ArmingView(
        device=host or device,
        what="home",
        area=None,
        zone=None,
        state=None if area.phase == "unknown" else area.phase,
        at=area.since,
        by="",
        mode=area.mode or None,
        open=[zone.name for zone in home.zones if zone.id in area.open],
        bypassed=[zone.name for zone in home.zones if zone.id in area.bypassed],
    )


ROUTES = (
    Route(
        "GET",
        "/api/v1/arming",
        list_arming,
        allowed=ANY_USER,
        summary="Areas armed or disarmed and zones bypassed, as far as their panels reported it",
        response_model=ArmingList,
    ),
)
