"""Devices, their signals, and the messages that could not be decoded."""

from __future__ import annotations

from typing import Any

from gateway.auth.audience import audience_of
from gateway.model import Words
from gateway.store import journal
from gateway.store.quarantine import QuarantineEntry, newest
from gateway.web.alert_responses import SignalList
from gateway.web.api_errors import ApiError
from gateway.web.request_context import RequestContext
from gateway.web.requests import PageQuery, SignalQuery
from gateway.web.responses import DeviceList, QuarantineList, QuarantineView
from gateway.web.routes import ANY_USER, TECHNICIANS, Route
from gateway.web.serializers import Serializer, words_view

_QUARANTINE_BYTES = 1024


async def list_signals(context: RequestContext[SignalQuery]) -> SignalList:
    """Handler of GET /api/v1/signals."""
    query = context.params
    if query.source_id is not None and query.device is None:  # the table's index needs both
        zh, en = "按 source_id 查找时请同时给出 device", "source_id needs device as well: ?device=…&source_id=…"
        raise ApiError(400, Words(zh, en))
    found = await context.services.store.read(
        lambda connection: journal.signals(
            connection,
            device=query.device,
            kind=query.kind,
            source_id=query.source_id,
            before=query.after,
            limit=query.limit + 1,  # one more than shown, to know whether there is a next page
        )
    )
    serializer, audience = Serializer(context.services), audience_of(context.identity.role)
    shown = found[: query.limit]
    next_cursor = str(shown[-1].number) if len(found) > query.limit else None
    return SignalList(items=[serializer.signal(signal, audience) for signal in shown], next=next_cursor)


async def list_devices(context: RequestContext[Any]) -> DeviceList:
    """Handler of GET /api/v1/devices."""
    serializer = Serializer(context.services)
    return DeviceList(items=[serializer.device(status) for status in context.services.devices().values()])


async def list_quarantine(context: RequestContext[PageQuery]) -> QuarantineList:
    """Handler of GET /api/v1/quarantine."""
    query = context.params
    language = context.services.compound.language
    found = await context.services.store.read(
        lambda connection: newest(connection, query.after, query.limit + 1, _QUARANTINE_BYTES)
    )
    shown = found[: query.limit]
    next_cursor = str(shown[-1].number) if len(found) > query.limit else None
    return QuarantineList(items=[_quarantine_view(item, language) for item in shown], next=next_cursor)


def _quarantine_view(item: QuarantineEntry, language: str) -> QuarantineView:
    why = Words.of(item.why)
    return QuarantineView(
        number=item.number,
        at=item.at,
        device=item.device,
        why=why[language],
        whys=words_view(why),
        size=item.size,
        data=item.data.hex(),
    )


ROUTES = (
    Route(
        "GET",
        "/api/v1/signals",
        list_signals,
        allowed=ANY_USER,
        summary="Signals of devices, newest first",
        request_model=SignalQuery,
        response_model=SignalList,
    ),
    Route(
        "GET",
        "/api/v1/devices",
        list_devices,
        allowed=ANY_USER,
        summary="All devices with their health",
        response_model=DeviceList,
    ),
    Route(
        "GET",
        "/api/v1/quarantine",
        list_quarantine,
        allowed=TECHNICIANS,
        summary="Messages that could not be decoded, newest first",
        request_model=PageQuery,
        response_model=QuarantineList,
    ),
)
