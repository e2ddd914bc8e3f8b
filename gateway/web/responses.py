"""Models of response bodies, as the console and integrators read them. Times are UTC and end in `Z`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from gateway.model import DeviceType, Health, Role


def _utc_text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


UtcTime = Annotated[datetime, PlainSerializer(_utc_text, return_type=str, when_used="json")]
SeverityName = Literal["critical", "high", "medium", "low"]


class ResponseModel(BaseModel):
    """Base of all response models."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ErrorBody(ResponseModel):
    """`code` is for programs, `message` for people, in the language of Accept-Language."""

    code: str
    message: str


class ErrorView(ResponseModel):
    """The body of every error response."""

    error: ErrorBody


class WordsView(ResponseModel):
    """A text in both languages."""

    zh: str
    en: str


class SessionView(ResponseModel):
    """Who is signed in. `expires_at` moves on with use; null for an API token."""

    user: str
    role: Role
    expires_at: UtcTime | None


class GuardView(ResponseModel):
    """A user to whom an alert may be assigned."""

    user: str
    role: Role


class GuardList(ResponseModel):
    """The users to whom an alert may be assigned."""

    items: Sequence[GuardView]


class CompoundView(ResponseModel):
    """What the sign-in page shows of the compound."""

    name: str
    language: Literal["zh", "en"]
    property_phone: str
    public_url: str
    timezone: str
    version: str


class DeviceView(ResponseModel):
    """A device and its health. `actions`: the commands it takes, each with the names of its arguments.

    `fault` is why its connection was last lost, or why its messages are rejected, in the compound's language.
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
    """The command is recorded. Its result arrives as a signal `command.done` or `command.failed`."""

    id: str


class CallUnlock(ResponseModel):
    """The command that opens the station's door; `in_call`: only while the call is answered."""

    device: str
    action: str
    in_call: bool


class CallView(ResponseModel):
    """A call of a door station. `by` and `on` (browser, desk_phone) are who answers or has answered it, and where.

    `talker` is the user whose browser carries the sound now; `seconds` is how long it has been talked or rung.
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
    camera: str | None = Field(description="the camera to show with the call: the station's, or one at its place")
    unlock: CallUnlock | None


class CallList(ResponseModel):
    """Calls that have not ended, oldest first."""

    items: Sequence[CallView]


class QuarantineView(ResponseModel):
    """Bytes that could not be decoded: `data` in hexadecimal, at most the first 1024 of `size`.

    `why` is in the compound's language, or in the only language there is.
    """

    number: int
    at: UtcTime
    device: str
    why: str
    whys: WordsView
    size: int
    data: str


class DeviceList(ResponseModel):
    """All devices."""

    items: Sequence[DeviceView]
    next: str | None = None


class QuarantineList(ResponseModel):
    """A page of undecodable messages, newest first."""

    items: Sequence[QuarantineView]
    next: str | None


class HealthView(ResponseModel):
    """Whether the gateway is ready, by part."""

    status: Literal["ok", "not ready"]
    parts: Mapping[str, bool] = {}
    refused: Sequence[str] = Field(
        (), description="what was rejected within the last minute, by port; see the metric `anju_refused`"
    )


class NotifierView(ResponseModel):
    """A notifier. `healthy`: it has proved within the last hour that it delivers, the last time at `proved_at`.

    `since`: when its present settings began. `fault`: why the last attempt failed. `failed`: messages of the last 30
    days that were not delivered.
    """

    id: str
    kind: str
    healthy: bool
    since: UtcTime
    proved_at: UtcTime | None
    fault: WordsView | None
    waiting: int
    failed: int


class NotifierList(ResponseModel):
    """All notifiers of desk.yaml, in its order."""

    items: Sequence[NotifierView]
    next: str | None
