"""The digest by which a card or PIN is recognised, and the one spelling it is made of."""

from __future__ import annotations

import re

from gateway.model import CredentialKind
from gateway.store.vault import Vault

_BYTES = 16
_CARD = re.compile(r"[0-9A-F]+(?:,[0-9]+)?")
_PIN = re.compile(r"[0-9]{4,10}")


def credential_digest(vault: Vault, kind: CredentialKind, value: str) -> bytes:
    """The digest of a card's number or a PIN, as a reader or a person gave it.

    Raises VaultError without a usable key.
    """
    normalized = _without_zeros(normalized_value(value)) if kind is CredentialKind.CARD else normalized_value(value)
    return vault.mac(f"credential {kind}", normalized.encode())[:_BYTES]


def _without_zeros(card: str) -> str:
    """A decimal number without its leading zeros: cards have them printed, and readers and spreadsheets lose them."""
    return re.sub(r"\b0+(?=[0-9])", "", card) if re.fullmatch(r"[0-9]+(?:,[0-9]+)?", card) else card


def normalized_value(value: str) -> str:
    """Upper case, without spaces, colons and dashes."""
    return re.sub(r"[\s:\-]", "", value).upper()


def is_card(value: str) -> bool:
    """Whether it can be a card: its number, `facility,number`, or its code in hexadecimal."""
    compact = normalized_value(value)
    return len(compact) <= 64 and _CARD.fullmatch(compact) is not None


def is_pin(value: str) -> bool:
    """Whether it can be a PIN: 4 to 10 digits."""
    return _PIN.fullmatch(value) is not None
