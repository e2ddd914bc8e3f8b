"""What a device is to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from gateway.model.ids import new_id
from gateway.model.json import Json


@dataclass(frozen=True, slots=True)
class Command:
    """Something a device is to do: `unlock`, `sound`, `arm`, `open` and so on. Performed at most once, never late."""

    device: str
    action: str
    arguments: Json = field(default_factory=dict)
    by: str = ""
    id: str = field(default_factory=lambda: new_id("c"))
    limit: timedelta = timedelta(seconds=10)
