"""Consents: given on a phone, at the counter or on paper; withdrawn at any time, and then the data goes at once."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from gateway.config.residents.privacy import ConsentKind, ConsentText, PrivacySection
from gateway.errors import Conflict, NotFound, Refused
from gateway.model import Step, Words, new_id
from gateway.privacy.consents import rows
from gateway.store import Store, audit
from gateway.store.columns import from_us, maybe_time, to_us
from gateway.store.vault import Vault, VaultError

GIVEN, WITHDRAWN = "consent-given", "consent-withdrawn"
"""Actions of the audit."""
OF_AGE = 14
"""Years from which a person agrees alone; below, a parent or guardian does (PIPL art. 31)."""
How = Literal["phone", "counter", "paper", "law"]
Removal = Callable[[sqlite3.Connection, str], Sequence[bytes]]
"""Deletes what a consent was for; returns it as it was stored (sealed), for the proof."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent on record. `wording` is the hash of the text that was agreed to."""

    id: str
    person: str
    kind: ConsentKind
    version: str
    wording: str
    given_at: datetime
    how: str
    by: str
    guardian: str = ""
    basis: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None

    @property
    def in_force(self) -> bool:
        """Whether it has not been withdrawn."""
        return self.withdrawn_at is None


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """What is put on record. `guardian`: who agreed for a child. `basis`: for `law`, by what no consent is needed."""

    person: str
    kind: ConsentKind
    how: How
    by: str
    guardian: str = ""
    basis: str = ""


class ConsentBook:
    """Gives and withdraws inside a transaction of the caller."""

    def __init__(self, vault: Vault, now: Callable[[], datetime], settings: Callable[[], PrivacySection]) -> None:
        self._vault = vault
        self._now = now
        self._settings = settings
        self._removals: dict[ConsentKind, list[Removal]] = {ConsentKind.FACE: [rows.delete_templates]}

    def on_withdrawal(self, kind: ConsentKind, remove: Removal) -> None:
        """Have `remove` delete what a consent of this kind was for, in the transaction of its withdrawal."""
        self._removals.setdefault(kind, []).append(remove)

    def wording(self, kind: ConsentKind) -> ConsentText:
        """The text that is shown for a kind now."""
        return self._settings().text(kind)

    def give(self, connection: sqlite3.Connection, given: GivenConsent) -> str:
        """Put a consent on record; returns its id. One to the same text that is in force stays as it is.

        Raises NotFound for an unknown person, Refused for a child without a guardian, VaultError without a key.
        """
        row = rows.person(connection, given.person)
        if row is None:
            raise NotFound(f"there is no person {given.person!r}")
        self._check(given, _age(self._vault, row, self._now()), listed=row["list"])
        text, now = self.wording(given.kind), to_us(self._now())
        digest = hashlib.sha256(f"{given.kind}\n{text.version}\n{text.zh}\n{text.en}".encode()).hexdigest()
        before = rows.valid(connection, given.person, given.kind)
        if before is not None and before["wording"] == digest:
            return str(before["id"])
        if before is not None:  # to an earlier text: the new one replaces it
            rows.withdraw(connection, before["id"], now, given.by)
        rows.put_wording(connection, digest, given.kind, text.version, text.zh, text.en, now)
        consent = new_id("c")
        guardian = self._vault.encrypt(given.guardian.encode()) if given.guardian else None
        rows.insert(
            connection,
            consent,
            given.person,
            given.kind,
            text.version,
            digest,
            now,
            given.how,
            given.by,
            guardian,
            given.basis,
        )
        about = {"consent": consent, "person": given.person, "kind": given.kind.value, "version": text.version}
        about |= {"how": given.how, "wording": digest}
        audit.append(connection, Step("", GIVEN, given.by, self._now(), given.basis, about))
        return consent

    def withdraw(self, connection: sqlite3.Connection, person: str, kind: ConsentKind, by: str) -> str:
        """Withdraw it, and delete what it was for in the same transaction; returns the consent's id.

        The audit keeps a hash over what was deleted, as it was stored: sealed, so that it says nothing of the person.
        Raises NotFound when no such consent is in force.
        """
        row = rows.valid(connection, person, kind)
        if row is None:
            raise NotFound(f"{person} has not agreed to {kind}")
        rows.withdraw(connection, row["id"], to_us(self._now()), by)
        removed = [value for remove in self._removals.get(kind, ()) for value in remove(connection, person)]
        about = {"consent": row["id"], "person": person, "kind": kind.value, "removed": len(removed)}
        about["proof"] = hashlib.sha256(b"".join(removed)).hexdigest()
        audit.append(connection, Step("", WITHDRAWN, by, self._now(), data=about))
        return str(row["id"])

    def of_person(self, connection: sqlite3.Connection, person: str) -> list[Consent]:
        """All consents of a person, newest first."""
        return [_consent(row, self._vault) for row in rows.of_person(connection, person)]

    def _check(self, given: GivenConsent, age: int | None, listed: str) -> None:
        if given.how == "law":
            if not given.basis.strip():
                raise Refused("say by what law or order no consent is needed: --basis")
            if listed != "watch":
                raise Refused("a resident's data needs the resident's consent: `law` is for the watch list")
        elif age is not None and age < OF_AGE and not given.guardian.strip():
            raise Refused(f"the person is under {OF_AGE}: a parent or guardian agrees, and is named")


class Consents:
    """The same, each in a transaction of its own; `refresh` makes the cameras forget a withdrawn face at once."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        settings: Callable[[], PrivacySection] = PrivacySection,
        refresh: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self.book = ConsentBook(store.vault, now, settings)
        self._store = store
        self._refresh = refresh

    async def of_person(self, person: str) -> list[Consent]:
        """All consents of a person, newest first. Raises NotRecorded."""
        return await self._store.read(lambda connection: self.book.of_person(connection, person))

    async def give(self, given: GivenConsent) -> str:
        """Put a consent on record; see `ConsentBook.give`. Raises NotRecorded."""
        try:
            return await self._store.write(lambda connection: self.book.give(connection, given), urgent=True)
        except sqlite3.IntegrityError:
            raise Conflict("the consent was given meanwhile") from None

    async def withdraw(self, person: str, kind: ConsentKind, by: str) -> str:
        """Withdraw a consent; see `ConsentBook.withdraw`. Raises NotRecorded."""
        withdrawn = await self._store.write(
            lambda connection: self.book.withdraw(connection, person, kind, by), urgent=True
        )
        await self.forget()
        return withdrawn

    async def forget(self) -> None:
        """Have the cameras read faces anew, after a withdrawal."""
        if self._refresh is not None:
            await self._refresh()


def _consent(row: sqlite3.Row, vault: Vault) -> Consent:
    guardian = ""
    with suppress(VaultError):
        guardian = vault.decrypt(row["guardian"]).decode() if row["guardian"] else ""
    return Consent(
        row["id"],
        row["person"],
        ConsentKind(row["kind"]),
        row["version"],
        row["wording"],
        from_us(row["given_at"]),
        row["how"],
        row["by"],
        guardian,
        row["basis"],
        maybe_time(row["withdrawn_at"]),
        row["withdrawn_by"],
    )


def _age(vault: Vault, row: sqlite3.Row, now: datetime) -> int | None:
    """Whole years; None when the date of birth is not known."""
    try:
        born = date.fromisoformat(vault.decrypt(row["born"]).decode()) if row["born"] else None
    except (VaultError, ValueError):
        return None
    if born is None:
        return None
    return now.year - born.year - ((now.month, now.day) < (born.month, born.day))


KIND_WORDS = {
    ConsentKind.FACE: Words("人脸识别", "Recognition of the face"),
    ConsentKind.CARE: Words("独居关怀", "Care for people who live alone"),
    ConsentKind.VISITOR_PHOTO: Words("访客照片", "A visitor's photograph"),
}
HOW_WORDS = {
    "phone": Words("本人在手机上", "on the phone"),
    "counter": Words("物业前台", "at the counter"),
    "paper": Words("纸质签字", "signed on paper"),
    "law": Words("依法无需同意", "by law, without consent"),
}
"""For pages and lists."""
