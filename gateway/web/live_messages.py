"""What the live socket says. Numbers grow; those of states that were overtaken are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from gateway.web.responses import AlertView, DeviceView, ResponseModel, SignalView, UtcTime


class CountsView(ResponseModel):
    """All open alerts by severity, those too that no message has brought; `untouched`: nobody has seen to them yet."""

    open: Mapping[str, int]
    untouched: Mapping[str, int]


class SnapshotMessage(ResponseModel):
    """The whole state; what comes after it are the changes since `number`."""

    type: Literal["snapshot"] = "snapshot"
    number: int
    alerts: Sequence[AlertView]
    alerts_left_out: int = Field(description="open alerts beyond the most severe 1000")
    counts: CountsView
    devices: Sequence[DeviceView]
    signals: Sequence[SignalView]
    dropped: Mapping[str, int]


class AlertMessage(ResponseModel):
    type: Literal["alert"] = "alert"
    number: int
    alert: AlertView
    counts: CountsView


class DeviceMessage(ResponseModel):
    type: Literal["device"] = "device"
    number: int
    device: DeviceView


class SignalMessage(ResponseModel):
    type: Literal["signal"] = "signal"
    number: int
    signal: SignalView


class DroppedMessage(ResponseModel):
    """How much was dropped since the start, by what."""

    type: Literal["dropped"] = "dropped"
    number: int
    dropped: Mapping[str, int]


class BeatMessage(ResponseModel):
    """Every 5 s: a page that heard nothing for 12 s is stale and must say so."""

    type: Literal["beat"] = "beat"
    number: int
    at: UtcTime


LiveMessage = SnapshotMessage | AlertMessage | DeviceMessage | SignalMessage | DroppedMessage | BeatMessage
