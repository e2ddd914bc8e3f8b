"""Passes of visitors (访客): residents make them for their own room, guards and the property for any room."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import segno
from aiohttp import web

from gateway.access.holder import of_resident
from gateway.errors import Conflict, NotFound
from gateway.limits import RateLimit
from gateway.model import Role, Words
from gateway.passes.draft import PassDraft, PassInvalid, doors_to
from gateway.passes.stored import StoredPass
from gateway.people.number_plates import is_plate, normalized_plate
from gateway.store.vault import VaultError
from gateway.web.api_errors import ApiError, not_found
from gateway.web.pass_views import (
    NewPassView,
    PassKindList,
    PassList,
    PassQuery,
    PassRequest,
    kind_view,
    page_url,
    pass_view,
)
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENT, Access, Route
from gateway.web.view_audit import PASSES, ViewAudit

_PATH = "/api/v1/passes"
STAFF_OF_PASSES: frozenset[Role] = frozenset({Role.GUARD, Role.SUPERVISOR, Role.PROPERTY, Role.MANAGER})
PASS_MAKERS: Access = STAFF_OF_PASSES | {RESIDENT}
_NO_PASS = Words("这张通行证", "pass")


class PassRoutes:
    """The routes of passes. Who makes many in a short time has to wait."""

    def __init__(self, view_audit: ViewAudit) -> None:
        self._view_audit = view_audit
        self._made_by_residents = RateLimit(20, timedelta(hours=1))

    def routes(self) -> tuple[Route, ...]:
        """All of them."""
        return (
            _route("GET", "", self.list, "Passes of the own household; staff: of all", PassQuery, PassList),
            _route("POST", "", self.make, "Make a pass for a visitor", PassRequest, NewPassView, extra=(404, 409, 429)),
            _route("GET", "/kinds", self.kinds, "The kinds of passes and their limits", None, PassKindList),
            _route("DELETE", "/{id}", self.revoke, "Revoke a pass; doors refuse it at once", None, None, extra=(404,)),
            Route(
                "GET",
                f"{_PATH}/{{id}}/qr.svg",
                self.picture,
                allowed=PASS_MAKERS,
                summary="A QR code of the address of the visitor's page, to print or to scan from the screen",
                media_type="image/svg+xml",
                extra_errors=(404,),
            ),
            Route(
                "POST",
                f"{_PATH}/{{id}}/left",
                self.leave,
                allowed=STAFF_OF_PASSES,
                summary="Note that a visitor has left, where no door reads it",
                status=204,
                extra_errors=(404,),
            ),
        )

    async def list(self, context: RequestContext[PassQuery]) -> PassList:
        """Handler of GET /api/v1/passes."""
        query, services = context.params, context.services
        rooms = _own_rooms(context)
        places = rooms if query.place is None else [query.place]
        if rooms is not None and places is not None and not set(places) <= set(rooms):
            raise not_found(Words("这个房间", "room"))
        found = await services.passes.listed(places, query.state or "", query.after, query.limit)
        shown = [one for one in found.items if rooms is None or _is_theirs(one, context)]
        if rooms is None:
            await self._view_audit.record(context.actor, PASSES, query.place or "")
        items = [pass_view(one, services, with_url=rooms is not None) for one in shown]
        return PassList(items=items, next=found.next)

    async def make(self, context: RequestContext[PassRequest]) -> NewPassView:
        """Handler of POST /api/v1/passes."""
        services = context.services
        draft = _draft(context)
        if context.optional_resident is not None:
            self._made_by_residents.take(context.resident.person)
        doors = doors_to(draft.place, services.compound.devices, services.compound.places)
        try:
            made = await services.passes.create(draft, context.actor, doors)
        except PassInvalid as error:
            words = Words(f"{error.field}：{error.words.zh}", f"{error.field}: {error.words.en}")
            raise ApiError(400, words) from error
        except Conflict as error:
            raise ApiError(409, Words("这一户的通行证太多，请先撤销不用的", str(error))) from error
        except VaultError as error:
            raise ApiError(503, Words.of(error.why)) from error
        return NewPassView(id=made.its.id, url=page_url(made, services))

    async def kinds(self, context: RequestContext[Any]) -> PassKindList:
        """Handler of GET /api/v1/passes/kinds."""
        found = context.services.passes.settings.all_kinds
        return PassKindList(items=[kind_view(name, kind) for name, kind in found.items()])

    async def revoke(self, context: RequestContext[Any]) -> None:
        """Handler of DELETE /api/v1/passes/{id}."""
        one = await _found(context)
        try:
            await context.services.passes.revoke(one.its.id, context.actor)
        except NotFound as error:
            raise not_found(_NO_PASS) from error

    async def leave(self, context: RequestContext[Any]) -> None:
        """Handler of POST /api/v1/passes/{id}/left."""
        one = await _found(context)
        await context.services.passes.leave(one.its.id, context.actor)

    async def picture(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /api/v1/passes/{id}/qr.svg."""
        one = await _found(context)
        if one.its.by_resident and context.optional_identity is not None:
            raise not_found(_NO_PASS)  # whoever has its page can come in as the household's visitor
        drawn = io.BytesIO()
        code = segno.make_qr(page_url(one, context.services), error="m")
        code.save(drawn, kind="svg", border=4, light="#fff", xmldecl=False, omitsize=True)
        return web.Response(body=drawn.getvalue(), content_type="image/svg+xml")


def _route(
    method: str,
    path: str,
    handler: Callable[[RequestContext[Any]], Awaitable[Any]],
    summary: str,
    request: Any,
    response: Any,
    *,
    extra: tuple[int, ...] = (),
) -> Route:
    return Route(
        method,
        f"{_PATH}{path}",
        handler,
        allowed=PASS_MAKERS,
        summary=summary,
        request_model=request,
        response_model=response,
        status=204 if response is None else 200,
        extra_errors=extra,
    )


def _own_rooms(context: RequestContext[Any]) -> Sequence[str] | None:
    """The rooms that a resident acts for; None for staff, who act for all."""
    if context.optional_identity is not None:
        return None
    return context.services.residents.directory.rooms(context.resident.person)


def _is_theirs(one: StoredPass, context: RequestContext[Any]) -> bool:
    """Whether a resident may see a pass of their room: the ones of its former household are none of their business."""
    services, its = context.services, one.its
    now = services.now()
    if not of_resident(its, services.register.snapshot):
        # made at the counter: while it is in force, whoever lives there should know of it
        return its.revoked_at is None and its.until > now
    return its.place in services.register.snapshot.rooms_of(its.host, now)


async def _found(context: RequestContext[Any]) -> StoredPass:
    """The pass of the path. Raises ApiError (404), for a pass of another household too."""
    one, rooms = await context.services.passes.one(context.path_param("id")), _own_rooms(context)
    if one is None or (rooms is not None and (one.its.place not in rooms or not _is_theirs(one, context))):
        raise not_found(_NO_PASS)
    return one


def _draft(context: RequestContext[PassRequest]) -> PassDraft:
    asked, rooms = context.params, _own_rooms(context)
    name = " ".join("".join(each if each.isprintable() else " " for each in asked.name).split())
    if not name:
        raise ApiError(400, Words("name：不能为空", "name must not be empty"))
    plate = normalized_plate(asked.plate)
    if plate and not is_plate(plate):
        raise ApiError(400, Words("plate：不是车牌号", "plate is no number plate"))
    return PassDraft(
        place=_place(context, rooms),
        name=name,
        since=_utc(asked.since, "from"),
        until=_utc(asked.until, "until"),
        kind=asked.kind,
        plate=plate,
        doors=asked.doors,
        uses=asked.uses,
        host=context.identity.user if rooms is None else context.resident.person,
        shows_room=asked.show_room,
    )


def _place(context: RequestContext[PassRequest], rooms: Sequence[str] | None) -> str:
    asked = context.params.place
    if rooms is None:
        if asked is None:
            raise ApiError(400, Words("place：请写明去哪一户", "place is missing: say which room is visited"))
        if asked not in context.services.compound.places:
            raise not_found(Words("这个房间", "room"))
        return asked
    if asked is not None and asked in rooms:
        return asked
    if asked is not None or not rooms:
        raise not_found(Words("这个房间", "room"))
    if len(rooms) > 1:
        raise ApiError(400, Words("place：您有几处房间，请选一处", "place is missing: you have several rooms"))
    return rooms[0]


def _utc(time: datetime, field: str) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ApiError(400, Words(f"{field}：时间不正确", f"{field} is no usable time")) from error
