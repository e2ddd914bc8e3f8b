"""Numbers and codes as they are stored: recognised, never read."""

from __future__ import annotations

import re

from gateway.store.vault import Vault

_SEPARATORS = re.compile(r"[\s\-()（）.]+")
_PHONE = re.compile(r"\+?[0-9]{5,15}")
_CHINA = re.compile(r"(?:\+86|0086|86)(1[0-9]{10})")


def plain_number(text: str) -> str | None:
    """The number without spaces, dashes and +86; None for what can be no number."""
    number = _SEPARATORS.sub("", text)
    if (mobile := _CHINA.fullmatch(number)) is not None:
        return mobile[1]
    return number if _PHONE.fullmatch(number) else None


def phone_digest(vault: Vault, number: str) -> bytes:
    """What a number is stored as beside its codes and phones. Raises VaultError without a usable key."""
    return vault.mac("resident phone", number.encode())


def code_digest(vault: Vault, phone: bytes, code: str) -> bytes:
    """What a code of this number is stored as. Six digits alone are guessed from a hash, but not without the key."""
    return vault.mac("resident code", phone + code.encode())


def masked_number(number: str) -> str:
    """`138****5678`: enough to know one's own by."""
    return f"{number[:3]}****{number[-4:]}" if len(number) > 8 else "*" * len(number)
