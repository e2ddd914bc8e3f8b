"""Collects by what a person is found, from the register and its history."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from gateway.privacy import rows
from gateway.privacy.identity import Identity
from gateway.privacy.registry import PERSONAL
from gateway.store.vault import Vault, VaultError

_NAMES, _PHONES, _NUMBERS = frozenset({"name"}), frozenset({"phone"}), frozenset({"id_number", "value"})
_BLOB = 24
"""Bytes of a sealed value that are looked for: a nonce and some of what follows."""


def identity_of(connection: sqlite3.Connection, vault: Vault, person: str) -> Identity:
    """What is known of the person now, and what the register's history says of earlier names and phones."""
    found: dict[str, set[str]] = {"name": set(), "phone": set(), "number": set()}
    blobs: list[str] = []
    existing = rows.tables(connection)
    for table in PERSONAL:
        if not table.person or table.table not in existing:
            continue
        for row in rows.rows_of_person(connection, table, person):
            blobs += [
                bytes(value[:_BLOB]).hex() for value in row.values() if isinstance(value, bytes) and len(value) > 40
            ]
            for column in table.sealed:
                for key, value in _values(column, _opened(vault, row[column])):
                    _sort(found, key, value)
    plates = rows.plates_of(connection, person)
    return Identity(
        person,
        tuple(sorted(found["name"])),
        tuple(sorted(found["phone"])),
        tuple(plates),
        tuple(sorted(found["number"])),
        tuple(dict.fromkeys(blobs)),
    )


def _opened(vault: Vault, value: object) -> str:
    if isinstance(value, str):  # a name that an older version stored in clear
        return value
    with suppress(VaultError, UnicodeDecodeError):
        return vault.decrypt(value).decode() if isinstance(value, bytes) and value else ""
    return ""


def _values(column: str, text: str) -> Iterator[tuple[str, str]]:
    """The column itself, or each value of the JSON in it."""
    with suppress(ValueError):
        data: Any = json.loads(text) if text[:1] == "{" else None
        if isinstance(data, dict):
            yield from ((key, value) for key, value in data.items() if isinstance(value, str))
            return
    yield column, text


def _sort(found: dict[str, set[str]], key: str, value: str) -> None:
    for kind, keys in (("name", _NAMES), ("phone", _PHONES), ("number", _NUMBERS)):
        if key in keys and value.strip():
            found[kind].add(value.strip())
