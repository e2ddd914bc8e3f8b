"""The bodies of answers: what the console and integrators read. Times are UTC, spelled with `Z`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from gateway.model import AlertState, DeviceType, Disposition, Health, Role


def _z(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


UtcTime = Annotated[datetime, PlainSerializer(_z, return_type=str, when_used="json")]
SeverityName = Literal["critical", "high", "medium", "low"]


class ResponseModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ErrorBody(ResponseModel):
    """`code` is for programs, `message` for people, in the language of Accept-Language."""

    code: str
    message: str


class ErrorView(ResponseModel):
    error: ErrorBody


class WordsView(ResponseModel):
    """The same in both languages."""

    zh: str
    en: str


class SessionView(ResponseModel):
    """Who is signed in. `expires_at` moves on with use; null for a program's token."""

    user: str
    role: Role
    expires_at: UtcTime | None


class GuardView(ResponseModel):
    """Somebody an alert may be given to."""

    user: str
    role: Role


class GuardList(ResponseModel):
    items: Sequence[GuardView]


class CompoundView(ResponseModel):
    name: str
    language: Literal["zh", "en"]
    property_phone: str
    public_url: str
    timezone: str
    version: str


class PersonView(ResponseModel):
    name: str
    phone: str
    role: str


class HouseholdView(ResponseModel):
    """The room's persons and cars; for guards, supervisors and managers alone."""

    place: str
    persons: Sequence[PersonView]
    plates: Sequence[str]


class SignalView(ResponseModel):
    """One thing one device said. `at` is the device's own clock, `received` ours.

    `source_id` is the number or id that the device gave it, or that its protocol knows it by.
    """

    id: str
    kind: str
    device: str
    device_name: str
    place_name: WordsView
    at: UtcTime | None
    received: UtcTime | None
    source_id: str | None
    data: Mapping[str, Any]
    snapshot: str | None


class StepView(ResponseModel):
    """What a person did; `action` as in the address it was posted to."""

    action: str
    user: str
    at: UtcTime
    note: str
    to: str | None = Field(description="whom it was given to, where it was assigned")


class ClipView(ResponseModel):
    """What a camera recorded around the alert, from when to when."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    id: str
    camera: str
    began: UtcTime = Field(serialization_alias="from")
    ended: UtcTime = Field(serialization_alias="to")
    url: str


class AlertView(ResponseModel):
    """A situation owed to a guard. `reason` is in the compound's language."""

    id: str
    rule: str
    severity: SeverityName
    state: AlertState
    place: str
    place_name: WordsView
    device: str | None
    device_name: str | None
    camera: str | None = Field(description="a camera at that place, for its live picture")
    reason: str
    reasons: WordsView
    raised_at: UtcTime
    last_at: UtcTime
    restored_at: UtcTime | None
    count: int
    disposition: Disposition | None
    assignee: str | None
    snapshot: str | None = Field(description="address of the picture")
    on_record: bool = Field(description="false while the disk would not take it")
    household: HouseholdView | None
    clips: Sequence[ClipView] = Field(description="recordings, oldest first; they come some seconds after their end")
    signals: Sequence[SignalView] = Field(description="newest first, at most 20 (500 for one alert)")
    steps: Sequence[StepView] = Field(description="oldest first")


class DeviceView(ResponseModel):
    """A device and how it is. `actions`: the commands it takes, each with its arguments' names.

    `fault` is why its line was last lost, or why what it says is refused, in the compound's language.
    """

    id: str
    kind: str
    type: DeviceType
    name: str
    place: str
    place_name: WordsView
    part_of: str | None
    health: Health
    since: UtcTime | None
    heard_at: UtcTime | None
    restarts: int
    fault: str | None
    faults: WordsView | None
    actions: Mapping[str, Sequence[str]]


class CommandView(ResponseModel):
    """The command was recorded; its result comes as a signal `command.done` or `command.failed`."""

    id: str


class CallUnlock(ResponseModel):
    """How the door of a station is opened: that command of that device; `in_call`: only while it is answered."""

    device: str
    action: str
    in_call: bool


class CallView(ResponseModel):
    """A call of a door station. `by` and `on` (browser, desk_phone) are who has it or is answering it.

    `talker` is whose browser carries its sound now; `seconds` it was talked so far, or has rung.
    """

    id: str
    station: str
    station_name: str
    place_name: WordsView
    state: Literal["ringing", "calling", "answered", "ended"]
    incoming: bool = Field(description="false: the guard calls the station")
    seconds: float
    by: str
    on: str
    talker: str | None
    camera: str | None = Field(description="shown with the call: the station's, or one at its place")
    unlock: CallUnlock | None


class CallList(ResponseModel):
    items: Sequence[CallView]


class QuarantineView(ResponseModel):
    """Bytes that could not be read: `data` in hexadecimal, at most the first 1024 of `size`.

    `why` is in the compound's language, or in the one language its author has.
    """

    number: int
    at: UtcTime
    device: str
    why: str
    whys: WordsView
    size: int
    data: str


class AlertList(ResponseModel):
    items: Sequence[AlertView]
    next: str | None = Field(description="`after` of the next page; null at the end")


class SignalList(ResponseModel):
    items: Sequence[SignalView]
    next: str | None


class DeviceList(ResponseModel):
    items: Sequence[DeviceView]
    next: str | None = None


class QuarantineList(ResponseModel):
    items: Sequence[QuarantineView]
    next: str | None


class HealthView(ResponseModel):
    status: Literal["ok", "not ready"]
    parts: Mapping[str, bool] = {}
    refused: Sequence[str] = Field(
        (), description="what was turned away within the last minute, by door; `anju_refused`"
    )
