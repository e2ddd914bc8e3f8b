"""Models of passes in requests and responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from gateway.passes.service import VisitorKind
from gateway.passes.stored import StoredPass
from gateway.web.requests import PageSize, RequestModel, ShortText
from gateway.web.responses import ResponseModel, UtcTime, WordsView
from gateway.web.services import Services

StateName = Literal["open", "early", "over", "used_up", "revoked"]


class PassRequest(RequestModel):
    """A visitor, when, and through which doors. A guard names the room; a resident with several rooms does too."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    plate: Annotated[str, Field(max_length=20, description="of the vehicle; barriers open for it")] = ""
    since: AwareDatetime = Field(alias="from")
    until: AwareDatetime
    doors: Annotated[
        tuple[ShortText, ...], Field(max_length=200, description="ids of doors; empty: all on the way to the room")
    ] = ()
    uses: Annotated[int, Field(ge=1, le=10_000, description="how many times each door lets in")] | None = None
    kind: Annotated[str, Field(min_length=1, max_length=40, description="a kind of residents.yaml")] = "visitor"
    place: ShortText | None = Field(None, description="the room that is visited")
    show_room: bool = Field(default=False, description="whether the visitor's page names the room, not only its unit")


class PassQuery(RequestModel):
    """Which passes: of a room, and whether they are in force or to come (open), or not any more (ended)."""

    place: ShortText | None = None
    state: Literal["open", "ended"] | None = None
    after: ShortText | None = None
    limit: PageSize = 50


class NewPassView(ResponseModel):
    """A new pass. `url` is the visitor's page: whoever has it can come in."""

    id: str
    url: str


class PassView(ResponseModel):
    """A pass. `used` of `uses`: at the door that let in most often. `by`: the user, or `resident:` and a person's id.

    `url` is left out of lists for staff.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    id: str
    kind: str
    kind_name: WordsView
    place: str
    place_name: WordsView
    name: str
    plate: str
    since: UtcTime = Field(serialization_alias="from")
    until: UtcTime
    doors: Sequence[str]
    uses: int | None
    used: int
    state: StateName
    by: str
    made_at: UtcTime
    left_at: UtcTime | None
    url: str | None


class PassList(ResponseModel):
    """A page of passes, those that end last first."""

    items: Sequence[PassView]
    next: str | None


class PassKindView(ResponseModel):
    """What a pass of this kind may allow. Lengths are in seconds; null: no limit."""

    kind: str
    name: WordsView
    longest_s: float
    usual_s: float
    uses: int | None
    hours: str | None
    days: Sequence[str]


class PassKindList(ResponseModel):
    """The kinds of passes, in the order of the configuration."""

    items: Sequence[PassKindView]
    next: None = None


def kind_view(name: str, kind: VisitorKind) -> PassKindView:
    """A kind as forms need it."""
    return PassKindView(
        kind=name,
        name=WordsView(zh=kind.name.zh, en=kind.name.en),
        longest_s=kind.longest.total_seconds(),
        usual_s=kind.usual.total_seconds(),
        uses=kind.uses,
        hours=str(kind.hours) if kind.hours else None,
        days=kind.days,
    )


def pass_view(one: StoredPass, services: Services, *, with_url: bool) -> PassView:
    """A pass for its household or for staff."""
    its, compound = one.its, services.compound
    kind, place = services.passes.settings.words_of(its.kind), compound.place_name(its.place)
    return PassView(
        id=its.id,
        kind=its.kind,
        kind_name=WordsView(zh=kind.zh, en=kind.en),
        place=its.place,
        place_name=WordsView(zh=place.zh, en=place.en),
        name=its.name,
        plate=its.plate,
        since=its.since,
        until=its.until,
        doors=sorted(its.doors),
        uses=its.uses,
        used=its.used,
        state=one.state(services.now()),
        by=one.made_by,
        made_at=one.made_at,
        left_at=one.left_at,
        url=page_url(one, services) if with_url else None,
    )


def page_url(one: StoredPass, services: Services) -> str:
    """The address of the visitor's page."""
    return f"{services.compound.public_url}/v/{one.token}"
