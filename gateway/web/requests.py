"""Models of request bodies and queries. Fields that are not declared are rejected.

They describe the shape of a request. Whether a step of a person is allowed, and what it needs, is decided by
`gateway/desk/lifecycle.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from gateway.model import Disposition
from gateway.web.strict_json import MAX_INTEGER


class RequestModel(BaseModel):
    """Base of all request models."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Note = Annotated[str, Field(max_length=2000)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
RowNumber = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
"""The number of a database row or of a live change."""
Minutes = Annotated[int, Field(ge=1, le=7 * 24 * 60)]
PageSize = Annotated[int, Field(ge=1, le=500)]


class SignInRequest(RequestModel):
    """User name and password."""

    user: ShortText
    password: ShortText


class StepRequest(RequestModel):
    """Acknowledge, on-scene or hold, with an optional note."""

    note: Note = ""


class HoldRequest(RequestModel):
    """Put an incident on hold until a time, or for some minutes; without either, as long as desk.yaml says."""

    note: Note = ""
    until: AwareDatetime | None = None
    minutes: Minutes | None = None

    @model_validator(mode="after")
    def _one_end(self) -> HoldRequest:
        if self.until is not None and self.minutes is not None:
            raise ValueError("give `until` or `minutes`, not both")
        return self


class ReminderRequest(RequestModel):
    """Be reminded of an incident after some minutes."""

    note: Annotated[str, Field(min_length=1, max_length=200)]
    minutes: Minutes


class NoteRequest(RequestModel):
    """A note on an alert."""

    note: Annotated[str, Field(max_length=2000, json_schema_extra={"minLength": 1})]


class CloseRequest(RequestModel):
    """Close an alert: what it was, with an optional note."""

    disposition: Annotated[object, WithJsonSchema({"type": "string", "enum": [each.value for each in Disposition]})]
    note: Note = ""
    override: bool = Field(
        default=False, description="close although mandatory steps are open; supervisors, with the reason in `note`"
    )


class ProcedureStepRequest(RequestModel):
    """A step of a procedure: its answer, if it is a question or a call. `confirmed` for a command that asks for it."""

    answer: Annotated[str, Field(max_length=40)] = ""
    note: Note = ""
    confirmed: bool = False
    again: bool = Field(default=False, description="send a command that was sent before")


class NumbersRequest(RequestModel):
    """Look at the numbers of a call step: it has no fields, and is put on record."""


class ProcedureRequest(RequestModel):
    """Let another procedure hold for an incident, and why."""

    procedure: ShortText
    note: Annotated[str, Field(min_length=1, max_length=2000)]


class AssignRequest(RequestModel):
    """Assign an alert to a user, with an optional note."""

    user: ShortText
    note: Note = ""


class MergeRequest(RequestModel):
    """The incident whose alerts join this one."""

    incident: ShortText
    note: Note = ""


class SplitRequest(RequestModel):
    """The alerts to take out of an incident."""

    alerts: Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=500)]
    note: Note = ""


class AlertQuery(RequestModel):
    """Without `state` all alerts; `open` is every state but closed."""

    state: Literal["open", "new", "acknowledged", "on_scene", "on_hold", "closed"] | None = None
    after: ShortText | None = None
    limit: PageSize = 50


class IncidentQuery(AlertQuery):
    """As AlertQuery. `order=urgency` lists the open ones only, the most urgent first."""

    order: Literal["newest", "urgency"] = "newest"


class SignalQuery(RequestModel):
    """Filters of the list of signals."""

    device: ShortText | None = None
    kind: ShortText | None = None
    source_id: Annotated[str, Field(min_length=1, max_length=1024)] | None = Field(
        None, description="the device's own id of the signal; with `device`"
    )
    after: RowNumber | None = None
    limit: PageSize = 100


class PageQuery(RequestModel):
    """A page of a list."""

    after: RowNumber | None = None
    limit: PageSize = 50


class LiveQuery(RequestModel):
    """Where the live feed continues."""

    after: RowNumber | None = Field(None, description="resume after this number")
    view: Literal["full", "brief"] = Field(
        "full", description="brief: alerts without their signals, steps, recordings and household, and fewer of them"
    )


class LiveViewQuery(RequestModel):
    """Which stream of a camera."""

    stream: Literal["sub", "main"] = Field("sub", description="main: the camera's larger stream, if it has one")
