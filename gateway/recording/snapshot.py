"""A camera's picture that a person kept as evidence: stored by its SHA-256, on record with who and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.model import new_id


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """`picture` is the SHA-256 of the JPEG, `alert` the alert that it was kept with."""

    camera: str
    at: datetime
    user: str
    picture: str
    size: int
    alert: str | None = None
    id: str = field(default_factory=lambda: new_id("p"))
