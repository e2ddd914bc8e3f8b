"""What a vision worker saw on one camera."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.model import Json


@dataclass(frozen=True, slots=True)
class Sighting:
    """Becomes a signal: its kind, when the picture came (seconds since 1970), its data, and the picture as JPEG.

    `secret` is the text of a code, which is no part of `data` because that is stored.
    """

    kind: str
    at: float
    data: Json
    jpeg: bytes = field(default=b"", repr=False)
    secret: str | None = field(default=None, repr=False)

    @property
    def time(self) -> datetime:
        """`at` as a UTC datetime."""
        return datetime.fromtimestamp(self.at, UTC)
