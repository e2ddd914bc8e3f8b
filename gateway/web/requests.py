"""The bodies and queries of requests. What is not named here is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model import Disposition
from gateway.web.strict_json import MAX_INTEGER


class RequestModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Note = Annotated[str, Field(max_length=2000)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
RowNumber = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
"""Of a row, or of a change."""
PageSize = Annotated[int, Field(ge=1, le=500)]


class SignInRequest(RequestModel):
    user: ShortText
    password: ShortText


class StepRequest(RequestModel):
    note: Note = ""


class NoteRequest(RequestModel):
    note: Annotated[str, Field(min_length=1, max_length=2000)]


class CloseRequest(RequestModel):
    disposition: Disposition
    note: Note = ""


class AssignRequest(RequestModel):
    user: ShortText
    note: Note = ""


class AlertQuery(RequestModel):
    """Without `state` all of them; `open` is every state but closed."""

    state: Literal["open", "new", "acknowledged", "on_scene", "on_hold", "closed"] | None = None
    after: ShortText | None = None
    limit: PageSize = 50


class SignalQuery(RequestModel):
    device: ShortText | None = None
    kind: ShortText | None = None
    source_id: Annotated[str, Field(min_length=1, max_length=1024)] | None = Field(
        None, description="the device's own id of the signal; with `device`"
    )
    after: RowNumber | None = None
    limit: PageSize = 100


class PageQuery(RequestModel):
    after: RowNumber | None = None
    limit: PageSize = 50


class LiveQuery(RequestModel):
    after: RowNumber | None = Field(None, description="resume after this number")


class LiveViewQuery(RequestModel):
    stream: Literal["sub", "main"] = Field("sub", description="main: the camera's larger one, if it has one")


class CommandRequest(RequestModel):
    action: ShortText
    arguments: Mapping[ShortText, Any] = Field(default_factory=dict, max_length=20)
