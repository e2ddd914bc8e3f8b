"""Models of handovers: requests, the report, and signed ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from gateway.model import AlertState, Health
from gateway.web.requests import Note, PageSize, RequestModel, RowNumber, ShortText
from gateway.web.responses import ResponseModel, SeverityName, UtcTime, WordsView

T = TypeVar("T")


class HandoverQuery(RequestModel):
    """A page of handovers, of one day or of all."""

    day: date | None = Field(None, description="by the compound's calendar, such as 2026-11-30")
    after: RowNumber | None = None
    limit: PageSize = 50


class SignRequest(RequestModel):
    """The incoming guard signs with a password of his own; the outgoing one is signed in."""

    incoming: ShortText
    password: ShortText
    note: Note = ""
    take: Annotated[
        tuple[ShortText, ...],
        Field(max_length=1000, description="incidents that the incoming guard takes over; the others ring again"),
    ] = ()


class Listed(ResponseModel, Generic[T]):
    """A list, and how many entries it leaves out."""

    items: Sequence[T]
    more: int


class LeftIncident(ResponseModel):
    """An incident that is open at the handover."""

    id: str
    severity: SeverityName
    state: AlertState
    place_name: WordsView
    reasons: WordsView
    opened_at: UtcTime
    open_alerts: int
    assignee: str | None
    held_until: UtcTime | None
    remind_at: UtcTime | None
    remind_note: str
    notes: Sequence[str]
    drill: bool
    new: bool


class LeftSilence(ResponseModel):
    """A source that is silenced at the handover."""

    id: str
    source: str
    reason: str
    by: str
    until: UtcTime
    count: int
    automatic: bool


class LeftDevice(ResponseModel):
    """A device that is out of order at the handover."""

    id: str
    name: str
    place_name: WordsView
    health: Health
    since: UtcTime | None


class HandoverReport(ResponseModel):
    """What one shift leaves to the next. `ended_at` is null in the middle of a shift."""

    at: UtcTime
    shift: str
    began_at: UtcTime
    ended_at: UtcTime | None
    people_wanted: int
    on_duty: Sequence[str]
    incidents: Listed[LeftIncident]
    silences: Listed[LeftSilence]
    out_of_order: Listed[LeftDevice]
    taken: Sequence[str] = Field((), description="incidents that were taken over by name")


class UnsignedView(ResponseModel):
    """A shift that ended and that nobody has handed over."""

    shift: str
    ended_at: UtcTime
    due_at: UtcTime


class CurrentHandover(ResponseModel):
    """What would be handed over now."""

    report: HandoverReport
    unsigned: UnsignedView | None


class HandoverView(ResponseModel):
    """A signed handover. `head` is the hash of the audit chain's last row, which covers both signatures."""

    number: int
    at: UtcTime
    shift: str
    began_at: UtcTime | None
    ended_at: UtcTime | None
    outgoing: str
    incoming: str
    note: str
    head: str
    report: HandoverReport


class HandoverSummary(ResponseModel):
    """A signed handover, without its report."""

    number: int
    at: UtcTime
    shift: str
    ended_at: UtcTime | None
    outgoing: str
    incoming: str
    head: str


class HandoverList(ResponseModel):
    """A page of handovers, newest first."""

    items: Sequence[HandoverSummary]
    next: int | None
