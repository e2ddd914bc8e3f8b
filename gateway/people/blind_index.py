"""Finds persons by values that are sealed: equal values have equal digests, which tell nothing without the key.

A digest is the vault's MAC (HMAC-SHA256, its first 16 bytes) of the normalised value, with a key of its own for each
kind. Whoever has the database file alone can see which persons share a name or phone, and no name or phone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from gateway.store.vault import Vault

_BYTES = 16
_TAIL = 4
_COUNTRY = re.compile(r"^(?:\+86|0086)(?=1\d{10}$)")


class BlindKind(StrEnum):
    """What is looked for."""

    NAME = "name"
    PHONE = "phone"
    PHONE_TAIL = "phone_tail"
    ID_NUMBER = "id_number"


def digest(vault: Vault, kind: BlindKind, value: str) -> bytes:
    """The digest of a value, normalised. Raises VaultError without a usable key."""
    return vault.mac(f"blind index {kind}", _NORMALIZED[kind](value).encode())[:_BYTES]


def digests_of(vault: Vault, name: str, phone: str, id_number: str) -> Sequence[tuple[BlindKind, bytes]]:
    """Everything that a person is found by; empty values are not."""
    values = [(BlindKind.NAME, name), (BlindKind.PHONE, phone), (BlindKind.ID_NUMBER, id_number)]
    if len(phone) >= _TAIL:
        values.append((BlindKind.PHONE_TAIL, phone))
    return [(kind, digest(vault, kind, value)) for kind, value in values if value]


def normalized_name(text: str) -> str:
    """Without spaces and case, full-width letters as ordinary ones."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def normalized_phone(text: str) -> str:
    """Digits alone; a Chinese mobile number without its country code."""
    compact = re.sub(r"[^\d+]", "", unicodedata.normalize("NFKC", text))
    return _COUNTRY.sub("", compact).lstrip("+")


def normalized_id_number(text: str) -> str:
    """Upper case, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


_NORMALIZED = {
    BlindKind.NAME: normalized_name,
    BlindKind.PHONE: normalized_phone,
    BlindKind.PHONE_TAIL: lambda text: normalized_phone(text)[-_TAIL:],
    BlindKind.ID_NUMBER: normalized_id_number,
}
