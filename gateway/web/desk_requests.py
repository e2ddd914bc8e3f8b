"""Models of requests to cameras, commands and announcements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from gateway.web.requests import RequestModel, ShortText

Confirmed = Annotated[
    bool | None,
    Field(
        description="the person has confirmed it by a second press. `false` is refused (409) where desk.yaml wants a"
        " confirmation; without it only if `commands.strict` is set"
    ),
]
Reason = Annotated[str, Field(max_length=500, description="needed for the commands of `commands.reason`")]


class CommandRequest(RequestModel):
    """A command to a device."""

    action: ShortText
    arguments: Mapping[ShortText, Any] = Field(default_factory=dict, max_length=20)
    confirmed: Confirmed = None
    reason: Reason = ""


class SnapshotRequest(RequestModel):
    """Keep a camera's picture as evidence."""

    alert: ShortText | None = Field(None, description="the alert that it belongs to")
    incident: ShortText | None = Field(None, description="or the incident: it is kept with its most severe alert")


class AnnounceRequest(RequestModel):
    """Speak a fixed text."""

    devices: Annotated[list[ShortText], Field(max_length=50)] = Field(
        default_factory=list, description="only at these of its devices; empty: at all"
    )
    confirmed: Confirmed = None
    reason: Reason = ""
