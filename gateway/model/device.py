"""Things in the YAML and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gateway.model.words import Words


class DeviceType(StrEnum):
    """What a thing is to the guard, whatever protocol it speaks."""

    CAMERA = "camera"
    DOOR = "door"
    ZONE = "zone"
    PANEL = "panel"
    HOME = "home"
    READER = "reader"
    BARRIER = "barrier"
    INTERCOM = "intercom"
    SIREN = "siren"
    SENSOR = "sensor"


class Health(StrEnum):
    """The third state is unknown, never off. `refused`: it answers, but what it says is not taken."""

    UNKNOWN = "unknown"
    ONLINE = "online"
    SILENT = "silent"
    OFFLINE = "offline"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: a path such as `b3/u1/1502`, and its full name for people."""

    path: str
    name: Words


@dataclass(frozen=True, slots=True)
class Device:
    """A thing in the YAML. `cadence` is how long it may say nothing; None: it may always.

    `part_of` is the panel a zone hangs on, or the unit of a line: the panel's or line's driver speaks for it.
    """

    id: str
    kind: str
    type: DeviceType
    name: str
    place: str
    cadence: timedelta | None = None
    part_of: str | None = None
