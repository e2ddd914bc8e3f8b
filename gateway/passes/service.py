"""Passes of visitors: made, revoked, listed, and found by the token of the visitor's page.

Doors read them in the register and count their uses (`gateway/access`); here they are kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from gateway.config.residents import VisitorKind, VisitorSection
from gateway.errors import AnjuError, Conflict, NotFound
from gateway.model import Action, Pass, Step, as_data
from gateway.passes import codes, rows
from gateway.passes.draft import Allowed, PassDraft, allowed
from gateway.passes.stored import PURPOSE, StoredPass, of_its_kind, pass_of, stored_pass
from gateway.store import Store, audit
from gateway.store.columns import to_us
from gateway.store.signed_token import SignedTokens, hash_of

__all__ = ["PassList", "Passes", "VisitorKind"]
log = structlog.get_logger(__name__)
KEPT_IN_MEMORY = timedelta(days=1)
"""A pass that ended is known to doors for so long: a refusal can then say whose it was."""
_KEY_PURPOSE = "pass codes"


class Act(Protocol):
    """`Intake.act`."""

    def __call__(self, action: Action, unit: Callable[[sqlite3.Connection], object] | None = None) -> Awaitable[int]:
        """Commit what a person did, together with `unit`."""


@dataclass(frozen=True, slots=True)
class PassList:
    """A page of passes; `next` is the cursor of the next page."""

    items: Sequence[StoredPass]
    next: str | None


class Passes:
    """`settings` gives the present section of residents.yaml and the time zone.

    `show` gets all passes whenever one changes: `CurrentRegister.replace_passes`.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        settings: Callable[[], tuple[VisitorSection, ZoneInfo]],
        act: Act,
        show: Callable[[Mapping[str, Pass]], None],
    ) -> None:
        self._store = store
        self._now = now
        self._settings = settings
        self._act = act
        self._show = show
        self._held: Mapping[str, Pass] = {}
        self._key: bytes | None = None

    @property
    def settings(self) -> VisitorSection:
        """The present section `visitors` of residents.yaml."""
        return self._settings()[0]

    @property
    def zone(self) -> ZoneInfo:
        """The compound's time zone."""
        return self._settings()[1]

    @property
    def held(self) -> Mapping[str, Pass]:
        """The passes that doors know, by id."""
        return self._held

    @property
    def key(self) -> bytes:
        """The gateway's key of all codes. Raises VaultError without a usable key."""
        if self._key is None:
            self._key = self._store.vault.mac(_KEY_PURPOSE, b"")
        return self._key

    def verify(self, text: str, at: datetime) -> codes.VerifiedCode | codes.CodeFault:
        """Check a code that a reader has read, by signature and time alone. Raises VaultError without a usable key."""
        return codes.verify_code(text, self.key, at, self.settings.clock_tolerance)

    async def load(self) -> None:
        """Read the passes at the start. When they can't be read there are none, and the log says why."""
        vault, settings, since = self._store.vault, self.settings, to_us(self._now() - KEPT_IN_MEMORY)
        try:
            found = await self._store.read(
                lambda connection: [pass_of(row, vault, settings) for row in rows.ending_after(connection, since)]
            )
        except AnjuError as error:
            log.error("the passes can't be read", why=str(error))
            return
        self._hold({one.id: one for one in found})

    async def tidy(self) -> None:
        """Forget passes that are over or deleted, and give the others the hours and days that their kinds have now.

        Raises NotRecorded when the database can't be read.
        """
        known, since, settings = set(self._held), to_us(self._now() - KEPT_IN_MEMORY), self.settings
        gone = known - await self._store.read(lambda connection: rows.ids_ending_after(connection, since))
        kept = {one.id: of_its_kind(one, settings) for one in self._held.values() if one.id not in gone}
        if kept != self._held:
            self._hold(kept)

    async def create(self, draft: PassDraft, by: str, doors: Sequence[str]) -> StoredPass:
        """Make a pass; `doors` are those that one for this place may name.

        Raises PassInvalid, Conflict when the household has too many, VaultError, NotRecorded.
        """
        settings, now = self.settings, self._now()
        new = self._row(draft, by, allowed(draft, settings, doors, now), now)
        about = {"pass": new.id, "kind": new.kind, "place": new.place}

        def unit(connection: sqlite3.Connection) -> None:
            if rows.count_open(connection, draft.place, new.made_at) >= settings.per_household:
                raise Conflict(f"the household has {settings.per_household} passes already")
            if rows.exists(connection, new.id):  # 40 bits at random: once in a lifetime
                raise Conflict("the pass could not be made, try again")
            rows.insert(connection, new)
            audit.append(connection, Step("", "pass-created", by, now, data=about))

        told = {**about, "kind_name": as_data(settings.words_of(new.kind)), "until": draft.until.isoformat()}
        await self._act(Action(kind="pass.created", user=by, time=now, place=new.place, data=told), unit)
        made = await self.one(new.id)
        assert made is not None
        self._put(made.its)
        return made

    def _row(self, draft: PassDraft, by: str, gets: Allowed, now: datetime) -> rows.NewPass:
        vault = self._store.vault
        half = SignedTokens(vault, PURPOSE).new_half()
        return rows.NewPass(
            id=codes.new_pass_id(),
            kind=draft.kind,
            place=draft.place,
            host=draft.host,
            made_by=by,
            name=vault.encrypt(draft.name.encode()),
            plate=vault.encrypt(draft.plate.encode()) if draft.plate else None,
            since=to_us(draft.since),
            until=to_us(draft.until),
            doors=gets.doors,
            uses=gets.uses,
            shows_room=draft.shows_room,
            token_id=hash_of(half),
            token=vault.encrypt(half),
            made_at=to_us(now),
        )

    async def revoke(self, pass_id: str, by: str, why: str = "") -> None:
        """Revoke a pass: doors refuse it at once. Raises NotFound when there is none that is not revoked."""
        now, before = self._now(), await self.one(pass_id)
        if before is None or before.its.revoked_at is not None:
            raise NotFound("there is no such pass")

        def unit(connection: sqlite3.Connection) -> None:
            if not rows.revoke(connection, pass_id, to_us(now)):
                raise NotFound("there is no such pass")
            data = {"pass": pass_id, "place": before.its.place}
            audit.append(connection, Step("", "pass-revoked", by, now, why, data=data))

        await self._act(_action("pass.revoked", before.its, by, now), unit)
        self._put(replace(before.its, revoked_at=now))

    async def leave(self, pass_id: str, by: str) -> None:
        """Note that the visitor has left, where no door reads it. Raises NotFound."""
        now, before = self._now(), await self.one(pass_id)
        if before is None:
            raise NotFound("there is no such pass")

        def unit(connection: sqlite3.Connection) -> None:
            rows.leave(connection, pass_id, to_us(now))
            data = {"pass": pass_id, "place": before.its.place}
            audit.append(connection, Step("", "pass-left", by, now, data=data))

        await self._act(_action("pass.left", before.its, by, now), unit)

    async def one(self, pass_id: str) -> StoredPass | None:
        """The pass with this id."""
        if not codes.is_pass_id(pass_id):
            return None
        row = await self._store.read(lambda connection: rows.one(connection, pass_id))
        return self._stored(row) if row else None

    async def of_token(self, token: str) -> StoredPass | None:
        """The pass whose page this is; None for a token that is foreign, forged, or of a deleted pass."""
        half = SignedTokens(self._store.vault, PURPOSE).verified_half(token)
        if half is None:
            return None
        row = await self._store.read(lambda connection: rows.of_token(connection, hash_of(half)))
        return self._stored(row) if row else None

    async def listed(self, places: Sequence[str] | None, state: str, after: str | None, limit: int) -> PassList:
        """Passes of these places (None: all), those that end last first. `state` is open, ended or empty."""
        wanted = rows.Page(to_us(self._now()), state, limit + 1, _cursor(after))
        wanted_places: Sequence[str | None] = [None] if places is None else places

        def read(connection: sqlite3.Connection) -> list[sqlite3.Row]:
            return [row for place in wanted_places for row in rows.page(connection, place, wanted)]

        found = sorted(await self._store.read(read), key=lambda row: (row["until"], row["id"]), reverse=True)
        more = len(found) > limit
        last = found[limit - 1] if more else None
        return PassList([self._stored(row) for row in found[:limit]], f"{last['until']}.{last['id']}" if last else None)

    def _stored(self, row: sqlite3.Row) -> StoredPass:
        return stored_pass(row, self._store.vault, self.settings)

    def _put(self, one: Pass) -> None:
        self._hold({**self._held, one.id: one})

    def _hold(self, passes: Mapping[str, Pass]) -> None:
        self._held = passes
        self._show(passes)


def _action(kind: str, one: Pass, by: str, now: datetime) -> Action:
    return Action(kind=kind, user=by, time=now, place=one.place, data={"pass": one.id, "place": one.place})


def _cursor(after: str | None) -> tuple[int, str]:
    until, _, pass_id = (after or "").partition(".")
    return (int(until), pass_id) if until.isdecimal() and len(until) < 19 else (2**62, "")
