"""A pass as it is stored, with what only its makers and its page may know."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.config.residents import VisitorSection
from gateway.model import Pass
from gateway.store.columns import from_us, maybe_time
from gateway.store.signed_token import SignedTokens
from gateway.store.vault import Vault, VaultError

PURPOSE = "visitor pass"
RESIDENT = "resident:"
"""How those begin who made a pass for their own room."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class StoredPass:
    """`token` is the address of the visitor's page; `shows_room`: the host lets the page name the room.

    `left_at` is when a guard noted at the counter that the visitor has left.
    """

    its: Pass
    made_by: str
    made_at: datetime
    token: str
    shows_room: bool
    left_at: datetime | None

    def state(self, now: datetime) -> str:
        """revoked, over, used_up, early or open."""
        one = self.its
        if one.revoked_at is not None:
            return "revoked"
        if now >= one.until:
            return "over"
        if one.uses is not None and one.used >= one.uses:
            return "used_up"
        return "early" if now < one.since else "open"


def stored_pass(row: sqlite3.Row, vault: Vault, settings: VisitorSection) -> StoredPass:
    """The row in clear. What the key does not open is left empty: the pass still opens doors."""
    return StoredPass(
        pass_of(row, vault, settings),
        row["made_by"],
        from_us(row["made_at"]),
        _token(row["token"], vault),
        bool(row["shows_room"]),
        maybe_time(row["left_at"]),
    )


def pass_of(row: sqlite3.Row, vault: Vault, settings: VisitorSection) -> Pass:
    """The pass of a row."""
    return of_its_kind(
        Pass(
            id=row["id"],
            kind=row["kind"],
            place=row["place"],
            host=row["host"],
            name=_clear(row["name"], vault),
            plate=_clear(row["plate"], vault),
            since=from_us(row["since"]),
            until=from_us(row["until"]),
            doors=frozenset(json.loads(row["doors"])),
            uses=row["uses"],
            used=row["used"],
            revoked_at=maybe_time(row["revoked_at"]),
            by_resident=row["made_by"].startswith(RESIDENT),
        ),
        settings,
    )


def of_its_kind(one: Pass, settings: VisitorSection) -> Pass:
    """The pass with the hours and days that its kind has now; a kind that is no longer in the file has none."""
    kind = settings.all_kinds.get(one.kind)
    if kind is None:
        return replace(one, hours=None, days=frozenset())
    hours = (kind.hours.start, kind.hours.end) if kind.hours else None
    days = frozenset(WEEKDAYS.index(day) for day in kind.days)
    return replace(one, hours=hours, days=frozenset() if len(days) == len(WEEKDAYS) else days)


def _clear(sealed: bytes | None, vault: Vault) -> str:
    try:
        return vault.decrypt(sealed).decode() if sealed else ""
    except VaultError:
        return ""


def _token(sealed: bytes, vault: Vault) -> str:
    try:
        return SignedTokens(vault, PURPOSE).token(vault.decrypt(sealed))
    except VaultError:
        return ""
