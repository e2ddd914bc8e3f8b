"""Models of the requests and responses about patrols and the duty log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from gateway.web.requests import PageSize, RequestModel, RowNumber, ShortText
from gateway.web.responses import WordsView

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _in_reach(value: datetime) -> datetime:
    if not _EARLIEST <= value < _LATEST:
        raise ValueError("a time from 1970 to 2199 is wanted")
    return value


PhoneTime = Annotated[AwareDatetime, AfterValidator(_in_reach)]
"""By the phone's clock, which may be far off."""
State = Literal["waiting", "under_way", "done", "incomplete", "missed"]


class PatrolQuery(RequestModel):
    """A day by local time; without it today."""

    day: Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))] | None = None


class DaysQuery(RequestModel):
    """The last days, today included."""

    days: Annotated[int, Field(ge=1, le=31)] = 7


class ScanView(BaseModel):
    """`at` is when it was made; for one delivered `late` by the phone's clock. `by` is `qr` or `card`."""

    user: str
    at: datetime
    received_at: datetime
    by: str
    late: bool


class PointView(BaseModel):
    """A checkpoint of a round. `marks`: `quick`, `order`, `late` (delivered later), `begun_late`."""

    id: str
    name: WordsView
    place: str
    state: Literal["open", "done", "missed"]
    marks: Sequence[str]
    scan: ScanView | None


class RoundView(BaseModel):
    """One round of one time. `faults` are its alerts, in words."""

    key: str
    round: str
    name: WordsView
    due_at: datetime
    opens_at: datetime
    begins_by: datetime
    closes_at: datetime
    state: State
    who: Sequence[str]
    done: int
    total: int
    checkpoints: Sequence[PointView]
    faults: Sequence[WordsView]


class PatrolList(BaseModel):
    """The rounds of a day, in order of time."""

    day: date
    items: Sequence[RoundView]
    next: str | None = None


class BriefRound(BaseModel):
    """A round in a table of days."""

    key: str
    round: str
    name: WordsView
    due_at: datetime
    state: State
    done: int
    total: int
    late: bool
    faults: Sequence[WordsView]


class PatrolDay(BaseModel):
    """The rounds of one day."""

    day: date
    rounds: Sequence[BriefRound]


class PatrolDays(BaseModel):
    """Days, newest first."""

    items: Sequence[PatrolDay]
    next: str | None = None


class PhoneScanRequest(RequestModel):
    """One scan. `key` is made by the phone: the same again is the same scan."""

    token: ShortText
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{24}$")]
    made: PhoneTime


class ScansRequest(RequestModel):
    """Scans that a phone delivers; `sent` is its clock now."""

    sent: PhoneTime
    scans: Annotated[list[PhoneScanRequest], Field(min_length=1, max_length=50)]


class PointName(BaseModel):
    """A checkpoint by name."""

    id: str
    name: WordsView
    place: str


class RoundProgress(BaseModel):
    """The round that a scan counts for."""

    name: WordsView
    done: int
    total: int


class ScanAnswer(BaseModel):
    """What became of a scan. `checkpoint` is null for a code that is not valid; such a scan is not recorded.

    `doubt` is `future` or `old` for a phone's time that can't be believed: on record, and counts for no round.
    """

    key: str
    checkpoint: PointName | None
    late: bool
    doubt: str
    round: RoundProgress | None


class ScanAnswers(BaseModel):
    """In the order of the request."""

    items: Sequence[ScanAnswer]
    next: str | None = None


class DutyItemView(BaseModel):
    """A line of the form. `kind`: tick, yes_no, number or text."""

    id: str
    text: WordsView
    kind: str


class AskedView(BaseModel):
    """An entry that is asked for. After `until` it is late, and an alert."""

    key: str
    log: str
    name: WordsView
    place: str
    place_name: WordsView
    due_at: datetime
    until: datetime
    late: bool
    people: int
    items: Sequence[DutyItemView]


class AskedList(BaseModel):
    """Entries to be written, oldest first."""

    items: Sequence[AskedView]
    next: str | None = None


class DutyQuery(RequestModel):
    """A page of the log."""

    after: RowNumber | None = None
    limit: PageSize = 50


Answer = bool | int | float | Annotated[str, Field(max_length=500)]


class DutyRequest(RequestModel):
    """An entry. `people`: who is on duty there, the writer among them. `answers` by the form's ids."""

    key: ShortText
    people: Annotated[list[ShortText], Field(min_length=1, max_length=10)]
    answers: Annotated[dict[ShortText, Answer], Field(max_length=40)] = Field(default_factory=dict)
    note: Annotated[str, Field(max_length=2000)] = ""


class DutyView(BaseModel):
    """An entry of the log. `needed` people, `people` written down. `items` are the form's lines at that time."""

    number: int
    key: str
    log: str
    name: WordsView
    place: str
    due_at: datetime
    at: datetime
    late: bool
    user: str
    people: Sequence[str]
    needed: int
    items: Sequence[DutyItemView]
    answers: dict[str, Any]
    note: str


class DutyList(BaseModel):
    """Newest first."""

    items: Sequence[DutyView]
    next: str | None
