"""The list by which a controller decides at its doors while it can't ask the gateway, or always."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.model.json import Json


@dataclass(frozen=True, slots=True)
class AccessListEntry:
    """A credential that opens a door. `id` names it without its value.

    `kind` is card; `value` the card's number. `doors` are ids of devices. `schedules` are
    names of schedules of the list, of which one must hold; empty: always.
    """

    id: str
    kind: str
    value: str = field(repr=False)
    doors: tuple[str, ...]
    since: datetime | None = None
    until: datetime | None = None
    schedules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessList:
    """Everything a controller needs. `version` names the content: the same content has the same version.

    Without the gateway for longer than until `valid_until`, the controller lets nobody in by it.
    """

    version: str
    entries: tuple[AccessListEntry, ...] = field(repr=False)
    valid_until: datetime
    schedules: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    """By name, the times of which one must hold, in the compound's time. All keys of a time must hold: `days` of the
    week (1 is Monday), `dates`, and `from` and `until` on the clock; past midnight they belong to the day of `from`.
    """
