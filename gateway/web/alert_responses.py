"""Models of response bodies for alerts and signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, Field

from gateway.model import AlertState, Disposition
from gateway.web.responses import ResponseModel, SeverityName, UtcTime, WordsView


class PersonView(ResponseModel):
    """A member of a household."""

    name: str
    phone: str
    role: str


class HouseholdView(ResponseModel):
    """The persons and number plates of a room; only for guards, supervisors and managers."""

    place: str
    persons: Sequence[PersonView]
    plates: Sequence[str]


class SignalView(ResponseModel):
    """One signal of one device. `at` is by the device's clock, `received` by the gateway's.

    `source_id` is the id that the device or its protocol gave the signal.
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
    """What a person did with an alert; `action` is the last part of the path it was posted to."""

    action: str
    user: str
    at: UtcTime
    note: str
    to: str | None = Field(description="whom it was assigned to")
    incident: str | None = Field(description="the incident that the step was taken on as a whole")
    snapshot: str | None = Field(description="address of the picture that was kept, for `snapshot`")


class ClipView(ResponseModel):
    """A recording of the alert by a camera."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    id: str
    camera: str
    began: UtcTime = Field(serialization_alias="from")
    ended: UtcTime = Field(serialization_alias="to")
    url: str


class AlertView(ResponseModel):
    """A situation that a guard must handle. `reason` is in the compound's language."""

    id: str
    rule: str
    severity: SeverityName
    state: AlertState
    place: str
    place_name: WordsView
    device: str | None
    device_name: str | None
    camera: str | None = Field(description="a camera at that place, for the live picture")
    cameras: Sequence[str] = Field(description="the cameras at, around and near that place, nearest first; at most 6")
    reason: str
    reasons: WordsView
    raised_at: UtcTime
    last_at: UtcTime
    restored_at: UtcTime | None
    count: int
    disposition: Disposition | None
    assignee: str | None
    snapshot: str | None = Field(description="address of the picture")
    incident: str = Field(description="the incident that it is part of")
    drill: bool = Field(description="injected for training (演练)")
    on_record: bool = Field(description="false while it could not be written to disk")
    household: HouseholdView | None
    clips: Sequence[ClipView] = Field(description="recordings, oldest first; each appears some seconds after its end")
    signals: Sequence[SignalView] = Field(description="newest first, at most 20 (500 for one alert)")
    steps: Sequence[StepView] = Field(description="oldest first")


class AlertList(ResponseModel):
    """A page of alerts, newest first."""

    items: Sequence[AlertView]
    next: str | None = Field(description="`after` of the next page; null at the end")


class SignalList(ResponseModel):
    """A page of signals, newest first."""

    items: Sequence[SignalView]
    next: str | None
