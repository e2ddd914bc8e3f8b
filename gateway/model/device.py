"""Things in the YAML and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gateway.model.words import Words


class DeviceType(StrEnum):
    """The type of a device as the guard sees it, whatever its protocol."""

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
    """The status of a device. The third state is unknown, never off. `refused`: it answers, but is not accepted."""

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
    """A device of the YAML. `cadence` is how long it may be silent; None: for ever.

    `part_of` is the panel of a zone, or the line of a unit, whose driver reports for it.
    """

    id: str
    kind: str
    type: DeviceType
    name: str
    place: str
    cadence: timedelta | None = None
    part_of: str | None = None
