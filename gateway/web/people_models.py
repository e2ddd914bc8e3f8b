"""Requests and responses of the register of households: search, import, rooms, and what residents see of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from gateway.people.household_orders import HouseholdOrder
from gateway.web.requests import RequestModel, RowNumber, ShortText
from gateway.web.responses import ResponseModel, UtcTime, WordsView


class PeopleQuery(RequestModel):
    """`q`: a name or a part of it, its pinyin initials, a room, a plate, a card, or the last digits of a phone."""

    q: Annotated[str, Field(max_length=60)] = ""
    after: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class StayView(ResponseModel):
    """A person belongs to a room, from `since` to `until` (null: open). `current`: they do now."""

    place: str
    place_name: WordsView
    role: str
    since: UtcTime | None
    until: UtcTime | None
    current: bool


class FoundPersonView(ResponseModel):
    """A person; `matched` says by what they were found. Of the phone only its last four digits are shown."""

    id: str
    name: str
    phone_end: str
    list: Literal["resident", "watch"]
    matched: Literal["name", "room", "plate", "card", "phone", "initials"]
    stays: Sequence[StayView]
    plates: Sequence[str]


class FoundRoomView(ResponseModel):
    """A room that fits, or to which the plate belongs; `people` live there now."""

    place: str
    place_name: WordsView
    matched: Literal["room", "plate"]
    people: int


class PeopleList(ResponseModel):
    """A page of the people found, best first, `total` in all; `rooms` with the first page only, at most 50."""

    items: Sequence[FoundPersonView]
    rooms: Sequence[FoundRoomView]
    total: int
    next: str | None


class ImportQuery(RequestModel):
    """`dry_run` shows what would change. `replace` ends what the file leaves out of the rooms that it names."""

    dry_run: bool = False
    replace: bool = False
    why: Annotated[str, Field(max_length=200)] = ""


class ImportCount(ResponseModel):
    """How many of a kind an import adds, changes, ends, and finds as they are."""

    added: int
    changed: int
    ended: int
    unchanged: int


class ImportChange(ResponseModel):
    """One change, and the line it comes from (null: the file leaves it out). `fields` are those that change.

    Of cards only the last digits are shown, of PINs nothing.
    """

    line: int | None
    what: Literal["person", "membership", "vehicle", "card", "pin"]
    change: Literal["added", "changed", "ended"]
    place: str | None
    place_name: WordsView | None
    label: str
    fields: Sequence[str]


class ImportMistake(ResponseModel):
    """What is wrong in a line, and how to mend it, in the language of Accept-Language."""

    line: int
    what: str
    fix: str


class ImportReport(ResponseModel):
    """What an import does or, with `dry_run`, would do. With any mistake nothing is imported (`applied` is false).

    `changes` and `mistakes` are the first 500 of `total_changes` and `total_mistakes`.
    """

    dry_run: bool
    applied: bool
    people: ImportCount
    memberships: ImportCount
    vehicles: ImportCount
    cards: ImportCount
    pins: ImportCount
    total_changes: int
    changes: Sequence[ImportChange]
    total_mistakes: int
    mistakes: Sequence[ImportMistake]


class PeopleExportQuery(RequestModel):
    """Why the list is taken; the reason stands in the audit. `under`: only this building, unit or room."""

    why: Annotated[str, Field(min_length=1, max_length=200)]
    under: ShortText | None = None
    lang: Literal["zh", "en"] | None = Field(None, description="default: by Accept-Language")


class HouseholdsQuery(RequestModel):
    """A page of rooms, by path. `under`: only at or below this place; `find`: a path or a part of a name."""

    under: ShortText | None = None
    find: ShortText | None = None
    state: Literal["all", "occupied", "empty"] = "all"
    after: Annotated[str, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class HouseholdBrief(ResponseModel):
    """A room with how much is registered there now."""

    place: str
    place_name: WordsView
    people: int
    vehicles: int
    cards: int


class HouseholdList(ResponseModel):
    """A page of rooms."""

    items: Sequence[HouseholdBrief]
    next: str | None


class MemberView(ResponseModel):
    """A person of the room. `current` is false before `since` and after `until`. `faces`: enrolled photographs."""

    id: str
    membership: str
    name: str
    phone: str
    id_number: str
    born: str
    role: str
    since: UtcTime | None
    until: UtcTime | None
    current: bool
    list: Literal["resident", "watch"]
    faces: int
    other_rooms: Sequence[str]


class VehicleView(ResponseModel):
    """A vehicle of the room; `person` is its driver's id where one is named."""

    plate: str
    person: str | None
    since: UtcTime | None
    until: UtcTime | None
    current: bool
    list: Literal["resident", "watch"]


class CredentialView(ResponseModel):
    """A card by its last digits, or a PIN, which is never shown. `person` null: of the household as a whole."""

    id: str
    kind: Literal["card", "pin"]
    ending: str
    person: str | None
    since: UtcTime | None
    until: UtcTime | None
    current: bool


class HouseholdRecord(ResponseModel):
    """All of a room. Send `version` with a change: it is refused (409) when somebody else changed the room meanwhile.

    `former` are people whose time here is over, newest first, at most 50.
    """

    place: str
    place_name: WordsView
    version: str
    people: Sequence[MemberView]
    former: Sequence[MemberView]
    vehicles: Sequence[VehicleView]
    cards: Sequence[CredentialView]
    pins: Sequence[CredentialView]


class HouseholdQuery(RequestModel):
    """`why` stands in the audit, and the residents see it."""

    why: Annotated[str, Field(max_length=200)] = ""


class HistoryQuery(RequestModel):
    """A page of a room's changes."""

    after: RowNumber | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class RegisterChangeView(ResponseModel):
    """Who changed what, when and why; `before` and `after` are the values, null where there was or is none."""

    number: int
    at: UtcTime
    user: str
    why: str
    subject: str
    subject_id: str
    person: str | None
    person_name: str | None
    before: Mapping[str, str | None] | None
    after: Mapping[str, str | None] | None


class RegisterHistory(ResponseModel):
    """A page of a room's changes, newest first."""

    items: Sequence[RegisterChangeView]
    next: str | None


class HouseholdChangesRequest(RequestModel):
    """Changes of a room, all or none of them: why, and the `version` of the room that they were decided on."""

    why: Annotated[str, Field(min_length=1, max_length=200)]
    version: Annotated[str, Field(max_length=40)]
    changes: Annotated[tuple[HouseholdOrder, ...], Field(min_length=1, max_length=50)]


class OwnVehicleView(ResponseModel):
    """A vehicle of one's own room."""

    plate: str
    until: UtcTime | None


class OwnPersonView(ResponseModel):
    """Somebody of one's own room. `phone_end`: the last four digits."""

    id: str
    name: str
    role: str
    phone_end: str
    since: UtcTime | None
    until: UtcTime | None


class OwnCardView(ResponseModel):
    """A card of one's own room, by its last digits; `person` null: of the household as a whole."""

    id: str
    ending: str
    person: str | None
    until: UtcTime | None


class OwnRoomView(ResponseModel):
    """A room that the signed-in resident belongs to, and their role there. `passes`: valid now or later."""

    place: str
    place_name: WordsView
    role: str
    people: Sequence[OwnPersonView]
    vehicles: Sequence[OwnVehicleView]
    cards: Sequence[OwnCardView]
    passes: int


class OwnHousehold(ResponseModel):
    """The rooms of the resident who is signed in."""

    person: str
    name: str
    rooms: Sequence[OwnRoomView]
