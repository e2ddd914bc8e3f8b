"""What a device is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.model.ids import new_id
from gateway.model.json import Json

LIMIT = timedelta(seconds=10)
LONGER_LIMITS: Mapping[str, timedelta] = {"announce": timedelta(minutes=3)}
"""By action: a spoken text is done when it has been spoken."""


def limit_of(action: str) -> timedelta:
    """How long a command of that action may take."""
    return LONGER_LIMITS.get(action, LIMIT)


@dataclass(frozen=True, slots=True)
class Command:
    """Something a device is to do: `unlock`, `sound`, `arm`, `open` and so on. Performed at most once, never late."""

    device: str
    action: str
    arguments: Json = field(default_factory=dict)
    by: str = ""
    id: str = field(default_factory=lambda: new_id("c"))
    limit: timedelta = LIMIT
    reason: str = ""
    """Why, in the words of the person who gave it; kept in the audit."""
