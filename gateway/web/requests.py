"""The bodies and queries of requests. What is not named here is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model import Disposition
from gateway.web.parsing import LARGEST


class Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Note = Annotated[str, Field(max_length=2000)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[int, Field(ge=0, le=LARGEST)]
"""Of a row, or of a change."""
Most = Annotated[int, Field(ge=1, le=500)]


class SignIn(Asked):
    user: Word
    password: Word


class Remark(Asked):
    note: Note = ""


class NoteDown(Asked):
    note: Annotated[str, Field(min_length=1, max_length=2000)]


class Closing(Asked):
    disposition: Disposition
    note: Note = ""


class Assignment(Asked):
    user: Word
    note: Note = ""


class AlertQuery(Asked):
    """Without `state` all of them; `open` is every state but closed."""

    state: Literal["open", "new", "acknowledged", "on_scene", "on_hold", "closed"] | None = None
    after: Word | None = None
    limit: Most = 50


class SignalQuery(Asked):
    device: Word | None = None
    kind: Word | None = None
    source_id: Annotated[str, Field(min_length=1, max_length=1024)] | None = Field(
        None, description="the device's own id of the signal; with `device`"
    )
    after: Number | None = None
    limit: Most = 100


class PageQuery(Asked):
    after: Number | None = None
    limit: Most = 50


class LiveQuery(Asked):
    after: Number | None = Field(None, description="resume after this number")


class ViewQuery(Asked):
    stream: Literal["sub", "main"] = Field("sub", description="main: the camera's larger one, if it has one")


class CommandBody(Asked):
    action: Word
    arguments: Mapping[Word, Any] = Field(default_factory=dict, max_length=20)
