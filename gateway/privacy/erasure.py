"""Deletes everything about a person: at once from the register, then in slices from all that is kept.

The first transaction takes the person out of the register, faces and cards included. What they are found by in texts
is kept sealed until the deletion has ended, so that it goes on after a crash. Slices are read beside the writer and
written a few rows at a time: alarms come first. The audit keeps who had it done, when, why, and a MAC over what was
deleted.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from gateway.errors import NotFound, NotRecorded
from gateway.model import Step, new_id
from gateway.privacy import rows
from gateway.privacy.collect import identity_of
from gateway.privacy.identity import Identity
from gateway.privacy.phases import PHASES, Work
from gateway.privacy.registry import PERSONAL
from gateway.privacy.scrubber import Scrubber
from gateway.store import Store, audit
from gateway.store.columns import from_us, maybe_time, to_json, to_us
from gateway.store.vault import VaultError

log = structlog.get_logger(__name__)
ERASE, ERASED = "person-erase", "person-erased"
"""Actions of the audit: it was ordered, it has ended."""
RETRY_S, POLL_S = 30.0, 1.0
Redact = Callable[[Scrubber], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class ErasureState:
    """How far a deletion is. `left` are files that still hold the person's data; `kept_clips` expire by law later."""

    id: str
    person: str
    at: datetime
    by: str
    phase: str
    ended_at: datetime | None
    counts: dict[str, int] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    kept_clips: tuple[str, ...] = ()
    proof: str | None = None


async def _nothing(_scrubber: Scrubber) -> None:
    """Without a gateway nothing is in memory."""


async def _no_register() -> None:
    """Without a gateway nobody has a snapshot of the register."""


async def _stays(_person: str) -> None:
    """Without a gateway no rule looks after anybody."""


class Erasures:
    """`redact` takes the person out of what is in memory, `refresh` reads the register anew.

    `leave` ends what a rule does for the person, such as care, before they are deleted.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        redact: Redact = _nothing,
        refresh: Callable[[], Awaitable[object]] = _no_register,
        leave: Callable[[str], Awaitable[object]] = _stays,
    ) -> None:
        self.leave = leave
        self._store = store
        self._now = now
        self._redact = redact
        self._refresh = refresh
        self._ordered = asyncio.Event()
        self._ended = asyncio.Event()

    async def order(self, person: str, by: str, why: str) -> str:
        """Begin the deletion; returns its id. The person is out of the register when this returns.

        A second order while one is under way is the same one. Raises NotFound, NotRecorded and VaultError.
        """
        await self.leave(person)
        erasure = await self._store.write(partial(self.begin, person=person, by=by, why=why), urgent=True)
        await self.go()
        return erasure

    async def go(self) -> None:
        """Have what `begin` put on record carried out, and the cameras and doors forget the person."""
        await self._refresh()
        self._ordered.set()

    def begin(self, connection: sqlite3.Connection, person: str, by: str, why: str) -> str:
        """The first transaction, in one of the caller's."""
        for row in rows.erasures_of(connection, person):
            if row["ended_at"] is None:
                return str(row["id"])
        if rows.person_row(connection, person) is None:
            raise NotFound(f"there is no person {person!r}")
        identity, erasure, now = identity_of(connection, self._store.vault, person), new_id("e"), self._now()
        why = Scrubber(identity).text(why)
        sealed = self._store.vault.encrypt(identity.to_bytes())
        rows.insert_erasure(connection, erasure, person, to_us(now), by, why, sealed, PHASES[0].name)
        counts = _take_out_of_register(connection, identity)
        rows.set_progress(connection, erasure, PHASES[0].name, 0, json.dumps(counts))
        audit.append(connection, Step("", ERASE, by, now, why, {"erasure": erasure, "person": person}))
        return erasure

    async def run(self) -> None:
        """Carry out what is ordered, and what a crash interrupted, until cancelled."""
        while True:
            self._ordered.clear()
            try:
                await self.finish_all()
            except (NotRecorded, VaultError) as error:
                log.error("a deletion can't go on; it is tried again", why=str(error))
                await asyncio.sleep(RETRY_S)
                continue
            await self._ordered.wait()

    async def finish_all(self) -> None:
        """Carry out every deletion that has not ended. Raises NotRecorded."""
        for row in await self._store.read(rows.open_erasures):
            await self._finish(row)

    async def wait_for(self, erasure: str) -> ErasureState:
        """How it ended, once `run` has carried it out. Raises NotFound and NotRecorded."""
        while (state := await self.state(erasure)).ended_at is None:
            self._ended.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._ended.wait()
        return state

    async def state(self, erasure: str) -> ErasureState:
        """How far it is. Raises NotFound."""
        row = await self._store.read(partial(rows.erasure, erasure_id=erasure))
        if row is None:
            raise NotFound(f"there is no deletion {erasure!r}")
        return _state(row)

    async def _finish(self, row: sqlite3.Row) -> None:
        if row["about"] is None:
            return
        identity = Identity.from_bytes(self._store.vault.decrypt(row["about"]))
        counts = Counter({key: value for key, value in json.loads(row["counts"]).items() if isinstance(value, int)})
        work = Work(self._store, self._now, row["id"], row["by"], identity, Scrubber(identity), counts)
        await self._redact(work.scrubber)
        names = [phase.name for phase in PHASES]
        position = row["position"]
        for phase in PHASES[names.index(row["phase"]) :]:
            await phase.run(work, position)
            position = 0
        # Once more: what was decided meanwhile may have come into memory with the person's words.
        await self._redact(work.scrubber)
        await self._end(row, work)

    async def _end(self, row: sqlite3.Row, work: Work) -> None:
        proof = self._store.vault.mac("erasure", work.identity.to_bytes()).hex()
        counts = {**work.counts, "left": list(work.left), "kept_clips": list(work.kept_clips)}
        about = {"erasure": row["id"], "person": row["person"], "rows": sum(work.counts.values()), "proof": proof}
        step = Step("", ERASED, row["by"], self._now(), data={**about, "left": list(work.left)})

        def end(connection: sqlite3.Connection) -> None:
            rows.end_erasure(connection, row["id"], to_us(step.at), to_json(counts), proof)
            audit.append(connection, step)

        await self._store.write(end)
        await work.empty_wal()
        self._ended.set()
        log.info("a person was deleted", erasure=row["id"], rows=sum(work.counts.values()), left=list(work.left))


def _take_out_of_register(connection: sqlite3.Connection, identity: Identity) -> dict[str, int]:
    existing = rows.tables(connection)
    rows.delete_vehicles(connection, identity.plates)
    return {
        table.table: rows.take_out_rows(connection, table, identity.person)
        for table in PERSONAL
        if table.person and table.table in existing
    }


def _state(row: sqlite3.Row) -> ErasureState:
    counts = json.loads(row["counts"])
    return ErasureState(
        row["id"],
        row["person"],
        from_us(row["at"]),
        row["by"],
        row["phase"],
        maybe_time(row["ended_at"]),
        {key: value for key, value in counts.items() if isinstance(value, int) and value},
        tuple(counts.get("left", ())),
        tuple(counts.get("kept_clips", ())),
        row["proof"],
    )
