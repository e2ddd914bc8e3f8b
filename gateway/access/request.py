"""What is asked at a door: a credential, where, when; what reading it has shown already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.model import Words


@dataclass(frozen=True, slots=True)
class PresentedCredential:
    """What was presented. `kind` is one of `CredentialKind`, `value` is as the reader or camera told it.

    card: its number (`also` holds other ways to write it) · pin: the digits · face, phone: the person's id ·
    plate: its text · pass: the code that was read · remote: the user who opens.
    """

    kind: str
    value: str
    also: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"PresentedCredential({self.kind!r}, …)"  # a PIN or card number must not reach a log


@dataclass(frozen=True, slots=True)
class PassCode:
    """A pass's code with a good signature: which pass, and in which of its windows of time it was shown."""

    pass_id: str
    window: int


@dataclass(frozen=True, slots=True)
class CodeRefusal:
    """Why a code is worth nothing: foreign, forged, expired or early. Of the last two the pass is known."""

    code: str
    reason: Words
    pass_id: str = ""


class PassCodes(Protocol):
    """Verifies the codes of passes. Pure; whether the pass is still valid is the policy's to decide."""

    def verify(self, text: str, at: datetime) -> PassCode | CodeRefusal:
        """The pass that the code is of, or why it can't be told."""
        ...


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One credential at one door. `door` is the device's id, `at` rule time in UTC.

    `reader` is the device that read it, empty for a phone or a guard. `digests` are the vault's MACs of a card or PIN,
    in the ways in which it may have been registered. `code` is what a pass's code proved to be.
    """

    credential: PresentedCredential
    door: str
    at: datetime
    reader: str = ""
    digests: tuple[bytes, ...] = ()
    code: PassCode | CodeRefusal | None = None
