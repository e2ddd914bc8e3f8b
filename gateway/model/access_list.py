"""The list by which a controller decides at its doors while it can't ask the gateway, or always."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.model.json import Json


@dataclass(frozen=True, slots=True)
class AccessListEntry:
    """A credential that opens doors. `id` is the register's, so that a report can name it without its value.

    `kind` is card, pin or pass; `value` the card's number or the PIN's digits. `doors` are ids of devices. `hours` are
    times of the week in the compound's time, such as `{"days": [1, 2], "from": "06:00", "until": "22:00"}` (1 is
    Monday); empty: always.
    """

    id: str
    kind: str
    value: str = field(repr=False)
    doors: tuple[str, ...]
    since: datetime | None = None
    until: datetime | None = None
    hours: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessList:
    """Everything a controller needs. `version` names the content: the same content has the same version.

    Without the gateway for longer than until `valid_until`, the controller lets nobody in by it.
    """

    version: str
    entries: tuple[AccessListEntry, ...] = field(repr=False)
    valid_until: datetime
