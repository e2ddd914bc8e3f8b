"""Passes of visitors: made, revoked, listed, found by their token, and counted when they open a door."""

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
from gateway.model import Action, Signal, Step
from gateway.model.access_pass import Pass
from gateway.passes import codes, rows
from gateway.passes.at_door import PassesAtDoor
from gateway.passes.draft import PassDraft, allowed
from gateway.passes.held import HeldPasses, PassUse
from gateway.passes.stored import PURPOSE, StoredPass, pass_of, stored_pass
from gateway.store import Store, audit
from gateway.store.columns import from_us, to_us
from gateway.store.signed_token import SignedTokens, hash_of

__all__ = ["PassList", "Passes", "VisitorKind"]
log = structlog.get_logger(__name__)
KEPT_IN_MEMORY = timedelta(days=1)
"""A pass that ended is known for so long: a refusal at the door can then say whose it was."""


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
    """`settings` gives the present section of residents.yaml and the time zone, `device` is the gateway's own id.

    `show` gets all passes whenever one changes; see `CurrentRegister.show_passes`.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        settings: Callable[[], tuple[VisitorSection, ZoneInfo]],
        emit: Callable[[Signal], Awaitable[int]],
        act: Act,
        show: Callable[[Mapping[str, Pass]], None],
        device: str,
    ) -> None:
        self.held = HeldPasses(show)
        self.at_door = PassesAtDoor(self.held, store, settings, emit, device)
        self._store = store
        self._now = now
        self._settings = settings
        self._act = act

    @property
    def settings(self) -> VisitorSection:
        """The present section `visitors` of residents.yaml."""
        return self._settings()[0]

    @property
    def zone(self) -> ZoneInfo:
        """The compound's time zone."""
        return self._settings()[1]

    async def load(self) -> None:
        """Read the passes at the start, and tell of uses that no rule may have heard of. Never raises AnjuError."""
        try:
            await self._load()
        except AnjuError as error:
            log.error("the passes can't be read", why=str(error))

    async def _load(self) -> None:
        vault, now = self._store.vault, self._now()

        def read(connection: sqlite3.Connection) -> tuple[list[Pass], list[sqlite3.Row]]:
            found = [pass_of(row, vault) for row in rows.ending_after(connection, to_us(now - KEPT_IN_MEMORY))]
            ids = [one.id for one in found]
            return found, rows.uses_since(connection, ids, to_us(now - timedelta(minutes=10)))

        passes, uses = await self._store.read(read)
        self.held.replace_all(passes, uses, from_us)
        for row in uses:  # a crash may lie between the use's commit and its signal; the journal knows duplicates
            if (one := self.held.get(row["pass"])) is not None:
                use = PassUse(row["key"], one, row["door"], from_us(row["at"]), row["code_window"])
                await self.at_door.tell(use)

    async def create(self, draft: PassDraft, by: str, doors: Sequence[str]) -> StoredPass:
        """Make a pass; `doors` are those that one for this place may open.

        Raises PassInvalid, Conflict when the household has too many, VaultError, NotRecorded.
        """
        settings, now, vault = self.settings, self._now(), self._store.vault
        gets = allowed(draft, settings, doors, now)
        tokens = SignedTokens(vault, PURPOSE)
        half = tokens.new_half()
        new = rows.NewPass(
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

        def unit(connection: sqlite3.Connection) -> None:
            if rows.count_open(connection, draft.place, new.made_at) >= settings.per_household:
                raise Conflict(f"the household has {settings.per_household} passes already")
            if rows.exists(connection, new.id):
                raise Conflict("the pass could not be made, try again")
            rows.insert(connection, new)
            data = {"pass": new.id, "kind": new.kind, "place": new.place}
            audit.append(connection, Step("", "pass-created", by, now, data=data))

        data = {"pass": new.id, "kind": new.kind, "place": new.place, "until": draft.until.isoformat()}
        await self._act(Action(kind="pass.created", user=by, time=now, place=new.place, data=data), unit)
        made = await self.one(new.id)
        assert made is not None
        self.held.put(made.its)
        return made

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
        self.held.put(replace(self.held.get(pass_id) or before.its, revoked_at=now))

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
        wanted_places: Sequence[str | None] = [None] if places is None else places
        wanted = rows.Page(to_us(self._now()), state, limit + 1, _cursor(after))

        def read(connection: sqlite3.Connection) -> list[sqlite3.Row]:
            return [row for place in wanted_places for row in rows.page(connection, place, wanted)]

        found = sorted(await self._store.read(read), key=lambda row: (row["until"], row["id"]), reverse=True)
        more = len(found) > limit
        last = found[limit - 1] if more else None
        return PassList([self._stored(row) for row in found[:limit]], f"{last['until']}.{last['id']}" if last else None)

    def _stored(self, row: sqlite3.Row) -> StoredPass:
        """As stored, with the uses that are in memory only."""
        found = stored_pass(row, self._store.vault)
        held = self.held.get(found.its.id)
        return (
            found
            if held is None or held.used <= found.its.used
            else replace(found, its=replace(found.its, used=held.used))
        )


def _action(kind: str, one: Pass, by: str, now: datetime) -> Action:
    return Action(kind=kind, user=by, time=now, place=one.place, data={"pass": one.id, "place": one.place})


def _cursor(after: str | None) -> tuple[int, str]:
    until, _, pass_id = (after or "").partition(".")
    return (int(until), pass_id) if until.isdecimal() and len(until) < 19 else (2**62, "")
