"""Models of responses about cameras, commands, announcements and arming."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from gateway.web.responses import ResponseModel, UtcTime, WordsView


class TourView(ResponseModel):
    """A camera tour: `layout` cameras at a time, each step for `dwell` seconds."""

    name: WordsView
    cameras: Sequence[str]
    dwell: float
    layout: Literal[1, 4, 9]


class AnnouncementTargetView(ResponseModel):
    """A device that speaks the text."""

    device: str
    name: str
    place_name: WordsView


class AnnouncementView(ResponseModel):
    """A fixed text."""

    id: str
    text: WordsView
    targets: Sequence[AnnouncementTargetView]


class DeskView(ResponseModel):
    """What desk.yaml says about cameras and commands. `may_export`: whether who asks may export recordings."""

    tours: Sequence[TourView]
    announcements: Sequence[AnnouncementView]
    confirm: Sequence[str] = Field(description="commands that need `confirmed`")
    reason: Sequence[str] = Field(description="commands that need a `reason`")
    may_export: bool


class KeptSnapshotView(ResponseModel):
    """A picture that was kept as evidence. `sha256` is the hash of its file, `url` its address."""

    id: str
    camera: str
    at: UtcTime
    user: str
    sha256: str
    bytes: int
    alert: str | None
    url: str


class KeptSnapshotList(ResponseModel):
    """The pictures that people kept with an alert, oldest first; at most 500."""

    items: Sequence[KeptSnapshotView]


class LastCommandView(ResponseModel):
    """The newest command of a device: who gave it, and what became of it. `by` is a user, or a rule."""

    id: str
    device: str
    action: str
    arguments: Mapping[str, Any]
    by: str
    at: UtcTime
    state: Literal["recorded", "sent", "done", "failed"]
    why: WordsView | None = Field(description="why it failed")


class LastCommandList(ResponseModel):
    """The newest command of each device that takes commands and has had one."""

    items: Sequence[LastCommandView]


class OrderedCommand(ResponseModel):
    """A command that is on record; its result arrives as a signal."""

    device: str
    id: str


class OrderedCommands(ResponseModel):
    """One for each device."""

    items: Sequence[OrderedCommand]


class ArmingView(ResponseModel):
    """What is known of an area or zone by what its panel reported. `state` is null where nothing is known.

    `area` is the number of a panel's area (null: the panel does not say), `zone` that of a zone without a device. A
    `home` is one that the gateway arms itself: with its mode, and the names of zones that are open or bypassed.
    """

    device: str
    what: Literal["area", "zone", "home"]
    area: int | None
    zone: int | None
    state: Literal["armed", "disarmed", "bypassed", "normal", "arming", "entry"] | None
    at: UtcTime | None
    by: str
    mode: Literal["away", "home", "night"] | None = None
    open: Sequence[str] = ()
    bypassed: Sequence[str] = ()


class ArmingList(ResponseModel):
    """All areas and zones."""

    items: Sequence[ArmingView]
