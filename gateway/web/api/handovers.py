"""Handing over at the end of a shift (交接班)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.errors import Conflict, Refused, WrongPassword
from gateway.handover.rows import Handover
from gateway.model import Role, Words, named_data
from gateway.web.api_errors import ApiError, not_found
from gateway.web.handover_views import (
    CurrentHandover,
    HandoverList,
    HandoverQuery,
    HandoverReport,
    HandoverSummary,
    HandoverView,
    SignRequest,
    UnsignedView,
)
from gateway.web.request_context import RequestContext
from gateway.web.routes import GUARDS, Route
from gateway.web.view_audit import HANDOVER, ViewAudit

_PATH = "/api/v1/handovers"
_READERS = frozenset({Role.GUARD, Role.SUPERVISOR, Role.MANAGER})
_SIGNERS = frozenset({Role.GUARD, Role.SUPERVISOR})


class HandoverRoutes:
    """Reading an old handover is on record: it may name people."""

    def __init__(self, view_audit: ViewAudit) -> None:
        self._view_audit = view_audit

    async def page(self, context: RequestContext[HandoverQuery]) -> HandoverList:
        """Handler of GET /api/v1/handovers."""
        query, services = context.params, context.services
        day = None
        if query.day is not None:
            zone = ZoneInfo(services.compound.timezone)
            day = (
                datetime.combine(query.day, time(), zone),
                datetime.combine(query.day + timedelta(days=1), time(), zone),
            )
        found, cursor = await services.handovers.page(day, query.after, query.limit)
        return HandoverList(items=[_summary(each) for each in found], next=cursor)

    async def current(self, context: RequestContext[Any]) -> CurrentHandover:
        """Handler of GET /api/v1/handovers/current."""
        handovers = context.services.handovers
        unsigned = await handovers.unsigned()
        view = None
        if unsigned is not None:
            period = unsigned.period
            view = UnsignedView(shift=period.shift.name, ended_at=period.ended, due_at=unsigned.due_at)
        return CurrentHandover(report=_report(context, await handovers.report()), unsigned=view)

    async def show(self, context: RequestContext[Any]) -> HandoverView:
        """Handler of GET /api/v1/handovers/{id}."""
        handover = await find_handover(context)
        await self._view_audit.record(context.identity.user, HANDOVER, str(handover.number))
        return _view(context, handover)

    async def sign(self, context: RequestContext[SignRequest]) -> HandoverView:
        """Handler of POST /api/v1/handovers. The password is checked as at a sign-in, and delayed as there."""
        services, params, outgoing = context.services, context.params, context.identity.user
        try:
            role = await services.accounts.check(params.incoming, params.password, context.address)
        except WrongPassword as error:  # 401 would sign the outgoing guard out
            raise ApiError(403, Words("接班人的用户名或密码不正确", str(error))) from error
        if role not in _SIGNERS:
            raise ApiError(403, Words("接班人必须是保安或主管", "the incoming person must be a guard or supervisor"))
        try:
            handover = await services.handovers.sign(outgoing, params.incoming, params.note.strip(), set(params.take))
        except Refused as error:
            raise ApiError(400, Words("交班人和接班人不能是同一人", str(error))) from error
        except Conflict as error:
            raise ApiError(409, Words("该班次已交接", str(error))) from error
        return _view(context, handover)

    def routes(self) -> tuple[Route, ...]:
        """The routes of handovers."""
        return (
            Route(
                "GET",
                _PATH,
                self.page,
                allowed=_READERS,
                summary="Signed handovers, newest first",
                request_model=HandoverQuery,
                response_model=HandoverList,
            ),
            Route(
                "GET",
                f"{_PATH}/current",
                self.current,
                allowed=_READERS,
                summary="What would be handed over now, and whether a signature is missing",
                response_model=CurrentHandover,
            ),
            Route(
                "GET",
                f"{_PATH}/{{id}}",
                self.show,
                allowed=_READERS,
                summary="One signed handover",
                response_model=HandoverView,
            ),
            Route(
                "POST",
                _PATH,
                self.sign,
                allowed=GUARDS,
                summary="Hand over: the outgoing guard is signed in, the incoming one gives name and password",
                request_model=SignRequest,
                response_model=HandoverView,
                max_body_bytes=64 * 1024,
                extra_errors=(409, 429),
            ),
        )


async def find_handover(context: RequestContext[Any]) -> Handover:
    """The handover that the path names. Raises ApiError (404)."""
    number = context.path_param("id")
    is_number = number.isascii() and number.isdigit() and len(number) < 16
    handover = await context.services.handovers.one(int(number)) if is_number else None
    if handover is None:
        raise not_found(Words("这次交接班", f"handover {number}"))
    return handover


def _report(context: RequestContext[Any], made: Any) -> HandoverReport:
    return HandoverReport.model_validate(named_data(made, context.services.name_of))


def _view(context: RequestContext[Any], handover: Handover) -> HandoverView:
    return HandoverView(
        number=handover.number,
        at=handover.at,
        shift=handover.shift,
        began_at=handover.began_at,
        ended_at=handover.ended_at,
        outgoing=handover.outgoing,
        incoming=handover.incoming,
        note=handover.note,
        head=handover.head,
        report=_report(context, handover.report),
    )


def _summary(handover: Handover) -> HandoverSummary:
    return HandoverSummary(
        number=handover.number,
        at=handover.at,
        shift=handover.shift,
        ended_at=handover.ended_at,
        outgoing=handover.outgoing,
        incoming=handover.incoming,
        head=handover.head,
    )
