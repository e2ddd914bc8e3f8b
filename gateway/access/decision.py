"""What is asked at a door, and what is answered. Pure: the register, the time and the request in, a decision out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.model import Register, Words


class DenialReason(StrEnum):
    """Why a door stays closed; the guard's screen and the journal use the same words."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    NOT_HERE = "not_here"
    NOT_NOW = "not_now"
    WRONG_PIN = "wrong_pin"


@dataclass(frozen=True, slots=True)
class PresentedCredential:
    """What was presented. `kind`: `card`, `pin`, `face`, `plate` or `pass`; `value` as the reader or camera told it."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One credential at one door. `door` is the device's id, `at` rule time in UTC."""

    credential: PresentedCredential
    door: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """Granted, or denied with the reason. `person` is the id in the register of whoever the credential belongs to."""

    granted: bool
    words: Words
    reason: DenialReason | None = None
    person: str | None = None

    def __post_init__(self) -> None:
        if self.granted == (self.reason is not None):
            raise ValueError("a decision is granted without a reason, or denied with one")


class AccessPolicy(Protocol):
    """Decides without I/O, so that it can be tried (`anju try access`), tested and replayed."""

    def decide(self, request: AccessRequest, register: Register) -> AccessDecision:
        """Never raises for a credential: what nobody knows is denied."""
