"""The record of decisions at doors: who was let in where, who was not, and why."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import Field

from gateway.access import rows
from gateway.access.rows import LoggedPassage
from gateway.model import Role, Words
from gateway.web.api_errors import ApiError
from gateway.web.request_context import RequestContext
from gateway.web.requests import PageSize, RequestModel, RowNumber, ShortText
from gateway.web.responses import ResponseModel, UtcTime, WordsView
from gateway.web.routes import Access, Route
from gateway.web.view_audit import PASSAGES, ViewAudit

READERS: Access = frozenset({Role.GUARD, Role.SUPERVISOR, Role.MANAGER, Role.PROPERTY})
"""Those who may know who goes in and out; an installer may not."""


class AccessQuery(RequestModel):
    """Filters. `after` resumes where the last page ended."""

    door: ShortText | None = Field(None, description="the id of its device")
    person: ShortText | None = Field(None, description="the id of a person in the register")
    why: Annotated[str, Field(max_length=200)] = Field("", description="why one person's ways are looked at")
    after: RowNumber | None = None
    limit: PageSize = 100


class PassageView(ResponseModel):
    """One decision. `credential` is its kind, `person` the id of whoever it belongs to, `pass_id` their pass."""

    number: int
    at: UtcTime
    door: str
    door_name: str
    reader: str
    credential: str
    granted: bool
    code: str
    reason: str
    reasons: WordsView
    person: str | None
    name: str | None
    place: str | None
    pass_id: str | None
    by: str


class PassageList(ResponseModel):
    """Newest first."""

    items: list[PassageView]
    next: str | None


class AccessRoutes:
    """Every look is in the audit, one at a person's ways with its reason."""

    def __init__(self, views: ViewAudit) -> None:
        self._views = views

    def routes(self) -> tuple[Route, ...]:
        """The route of the record."""
        return (
            Route(
                "GET",
                "/api/v1/access",
                self.list,
                allowed=READERS,
                summary="Decisions at doors, newest first",
                request_model=AccessQuery,
                response_model=PassageList,
            ),
        )

    async def list(self, context: RequestContext[AccessQuery]) -> PassageList:
        """Handler of GET /api/v1/access."""
        query, services = context.params, context.services
        if query.person and services.access.needs_reason and not query.why.strip():
            words = Words("查询某人的通行记录要写明事由", "Say why one person's ways are looked at: `why`")
            raise ApiError(400, words, "reason_needed")
        given = {"door": query.door, "person": query.person}
        target = " ".join(f"{name}={value}" for name, value in given.items() if value) or "*"
        await self._views.record(context.identity.user, PASSAGES, target, why=query.why)
        find = partial(rows.page, door=query.door, person=query.person, before=query.after, limit=query.limit + 1)
        found = await services.store.read(find)
        shown = found[: query.limit]
        more = len(found) > query.limit
        items = [_view(context, passage) for passage in shown]
        return PassageList(items=items, next=str(shown[-1].number) if more else None)


def _name(context: RequestContext[AccessQuery], door: str) -> str:
    device = context.services.compound.devices.get(door)
    return device.name if device is not None else door


def _view(context: RequestContext[AccessQuery], passage: LoggedPassage) -> PassageView:
    resident = context.services.register.snapshot.persons.get(passage.person or "")
    return PassageView(
        number=passage.number,
        at=passage.at,
        door=passage.door,
        door_name=_name(context, passage.door),
        reader=passage.reader,
        credential=passage.kind,
        granted=passage.granted,
        code=passage.code,
        reason=passage.reason[context.language],
        reasons=WordsView(zh=passage.reason.zh, en=passage.reason.en),
        person=passage.person,
        name=resident.person.name if resident is not None else None,
        place=passage.place,
        pass_id=passage.pass_id,
        by=passage.by,
    )
