"""What desk.yaml says about cameras, commands and announcements, as the routes need it. `gateway/app` makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.model import Json, Role, Words


@dataclass(frozen=True, slots=True)
class Tour:
    """A camera tour: `layout` cameras at a time, each step for `dwell`."""

    name: Words
    cameras: Sequence[str]
    dwell: timedelta
    layout: int


@dataclass(frozen=True, slots=True)
class AnnouncementTarget:
    """A device that speaks, and the command for that."""

    device: str
    action: str
    arguments: Json


@dataclass(frozen=True, slots=True)
class Announcement:
    """A fixed text, and where it is spoken."""

    id: str
    text: Words
    targets: Sequence[AnnouncementTarget]


@dataclass(frozen=True, slots=True)
class DeskOptions:
    """`confirm` and `reason` are names of commands. `export_roles` may export, up to `export_bytes` at once."""

    tours: Sequence[Tour] = ()
    announcements: Mapping[str, Announcement] = field(default_factory=dict)
    confirm: frozenset[str] = frozenset()
    reason: frozenset[str] = frozenset()
    strict: bool = False
    export_roles: frozenset[Role] = frozenset({Role.SUPERVISOR, Role.MANAGER})
    export_bytes: int = 2_000_000_000
