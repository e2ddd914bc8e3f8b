"""What opens a door, as the register knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CredentialKind(StrEnum):
    """What is presented at a door."""

    CARD = "card"
    PIN = "pin"
    FACE = "face"
    PLATE = "plate"
    PASS = "pass"  # noqa: S105  # a visitor's pass, no password
    PHONE = "phone"
    """A resident's own phone, near the door."""
    REMOTE = "remote"
    """Somebody else opens: a guard, or a resident by the intercom."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A card or PIN of the register. It opens from `since` until before `until`, or until it was ended.

    `person` is an id of the register; None for one that belongs to a household or the property as a whole.
    """

    id: str
    kind: CredentialKind
    person: str | None
    place: str
    since: datetime
    until: datetime | None = None
    ended_at: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        """Whether it may open a door at this time."""
        return self.since <= at and (self.until is None or at < self.until) and self.ended_at is None
