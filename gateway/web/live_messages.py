"""The messages of the live WebSocket. Their numbers grow; changes that were replaced by later ones are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from gateway.web.alert_responses import AlertView, SignalView
from gateway.web.incident_responses import IncidentView
from gateway.web.responses import DeviceView, ResponseModel, UtcTime
from gateway.web.silence_views import SilenceView


class CountsView(ResponseModel):
    """All open alerts, or incidents, by severity, those not sent included.

    `untouched`: alerts that nobody has acknowledged yet, and incidents that have such an alert.
    """

    open: Mapping[str, int]
    untouched: Mapping[str, int]


class SnapshotMessage(ResponseModel):
    """The complete state. The messages after it are the changes since `number`."""

    type: Literal["snapshot"] = "snapshot"
    number: int
    incidents: Sequence[IncidentView] = Field(description="the most urgent open ones, at most 300")
    incidents_left_out: int = Field(description="open incidents beyond these; see GET /api/v1/incidents?order=urgency")
    incident_counts: CountsView
    alerts: Sequence[AlertView]
    alerts_left_out: int = Field(description="open alerts beyond the most severe 1000 (300 in the brief view)")
    counts: CountsView
    silences: Sequence[SilenceView] = Field(description="those in force")
    devices: Sequence[DeviceView]
    signals: Sequence[SignalView]
    dropped: Mapping[str, int]


class AlertMessage(ResponseModel):
    """An alert that is new or has changed."""

    type: Literal["alert"] = "alert"
    number: int
    alert: AlertView
    counts: CountsView


class IncidentMessage(ResponseModel):
    """An incident that is new or has changed; its alerts come as messages of their own."""

    type: Literal["incident"] = "incident"
    number: int
    incident: IncidentView
    counts: CountsView = Field(description="of all open incidents")


class SilenceMessage(ResponseModel):
    """A source is silenced or throttled, kept an alarm away, or (`ended_at`) is silenced no more."""

    type: Literal["silence"] = "silence"
    number: int
    silence: SilenceView


class DeviceMessage(ResponseModel):
    """A device whose health has changed."""

    type: Literal["device"] = "device"
    number: int
    device: DeviceView


class SignalMessage(ResponseModel):
    """A new signal."""

    type: Literal["signal"] = "signal"
    number: int
    signal: SignalView


class DroppedMessage(ResponseModel):
    """How many were dropped since the start, by what they were."""

    type: Literal["dropped"] = "dropped"
    number: int
    dropped: Mapping[str, int]


class BeatMessage(ResponseModel):
    """Sent every 5 s. A page that received nothing for 12 s is out of date and must say so."""

    type: Literal["beat"] = "beat"
    number: int
    at: UtcTime


LiveMessage = (
    SnapshotMessage
    | AlertMessage
    | IncidentMessage
    | SilenceMessage
    | DeviceMessage
    | SignalMessage
    | DroppedMessage
    | BeatMessage
)
