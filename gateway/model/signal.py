"""What one device reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.model.ids import new_id
from gateway.model.json import Json
from gateway.model.kinds import ALARM_KINDS, SIGHTING_KINDS, is_kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that one device reported.

    `at` is the device's own clock (recorded, never used for order), `source_id` its own
    number of this signal. `fresh` says that the protocol guarantees that this is no redelivery.
    `received` and `number` are given by the intake; order is the number's.
    `picture` is a JPEG; the intake stores it and names it in `data["snapshot"]`.
    `secret` is a PIN or the text of a code, for the decision at the door alone: the intake takes it off, so that it is
    neither stored nor shown.
    """

    device: str
    kind: str
    at: datetime | None = None
    source_id: str | None = None
    data: Json = field(default_factory=dict)
    fresh: bool = False
    picture: bytes | None = field(default=None, repr=False, compare=False)
    secret: str | None = field(default=None, repr=False, compare=False)
    id: str = field(default_factory=lambda: new_id("s"))
    received: datetime | None = None
    number: int | None = None

    def __post_init__(self) -> None:
        if not is_kind(self.kind):
            raise ValueError(f"signal kind {self.kind!r} is not in the list; a third party's own begins with 'x.'")

    @property
    def is_alarm(self) -> bool:
        """Whether it must reach a guard: never dropped, shown even when it can't be written."""
        return self.kind in ALARM_KINDS

    @property
    def is_sighting(self) -> bool:
        """Whether it may be dropped when too much waits."""
        return self.kind in SIGHTING_KINDS

    @property
    def time(self) -> datetime:
        """Rule time: when the intake received it. Raises ValueError before that."""
        if self.received is None:
            raise ValueError(f"signal {self.id} has not been through the intake yet")
        return self.received
