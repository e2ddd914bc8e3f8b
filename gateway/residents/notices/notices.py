"""Puts notices into a household's list, and shows them to those who live there since then."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from gateway.model import Words
from gateway.residents.notices import rows
from gateway.store import Store
from gateway.store.columns import from_json, from_us, to_json
from gateway.store.vault import VaultError

log = structlog.get_logger(__name__)
_UNREADABLE = Words("（内容无法解密）", "(can't be decrypted)")


@dataclass(frozen=True, slots=True)
class Notice:
    """`kind` groups notices, `about` is the id of what it is about; both are for programs."""

    number: int
    place: str
    at: datetime
    kind: str
    about: str
    words: Words


class Notices:
    """Notices by room. `tell` is what other parts call."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now

    async def tell(self, place: str, words: Words, kind: str, about: str = "") -> None:
        """Tell everybody who lives at this place. Raises NotRecorded, VaultError."""
        await self._store.write(lambda connection: self.tell_in(connection, place, words, kind, about))

    def tell_in(self, connection: sqlite3.Connection, place: str, words: Words, kind: str, about: str = "") -> None:
        """As `tell`, in the caller's transaction."""
        sealed = self._store.vault.encrypt(to_json({"zh": words.zh, "en": words.en}).encode())
        rows.add(connection, place, self._now(), kind, about, sealed)

    async def page(
        self, place: str, since: datetime | None, before: int | None = None, limit: int = 50
    ) -> Sequence[Notice]:
        """Newest first; none from before `since`, when others lived there."""
        before = rows.LAST if before is None else before
        found = await self._store.read(partial(rows.page, place=place, before=before, limit=limit))
        notices = [self._read(row) for row in found]
        return [notice for notice in notices if since is None or notice.at >= since]

    async def purge(self, before: datetime) -> None:
        """Delete those from before then."""
        while await self._store.write(partial(rows.purge, before=before)) >= rows.BATCH:
            pass

    def _read(self, row: sqlite3.Row) -> Notice:
        try:
            words = Words(**from_json(self._store.vault.decrypt(row["words"]).decode()))
        except VaultError as error:
            log.warning("notice unreadable", number=row["number"], why=str(error))
            words = _UNREADABLE
        return Notice(row["number"], row["place"], from_us(row["at"]), row["kind"], row["about"], words)
