"""What the web does with patrols: scans, findings, entries of the duty log, and the lists."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from gateway.config.desk import DeskSettings
from gateway.config.desk.patrols import PatrolCheckpoint
from gateway.errors import Conflict, NotFound
from gateway.model import Action, Signal, Step
from gateway.patrol import rows
from gateway.patrol.codes import CheckpointCodes
from gateway.patrol.duty_rule import LOGGED
from gateway.patrol.log import JudgedRound, read_rounds
from gateway.patrol.phone_time import Placed, placed
from gateway.patrol.plan import both
from gateway.patrol.rule import FOUND, SCANNED
from gateway.patrol.schedule import ASKED
from gateway.store import Store, audit, journal
from gateway.store.columns import from_json, from_us

__all__ = ["DutyEntry", "KeptScan", "PatrolCheckpoint", "Patrols", "PhoneScan"]
_DAY = timedelta(days=1)
NEVER = 2**62


class Act(Protocol):
    """`Intake.act`."""

    def __call__(self, action: Action, unit: Callable[[sqlite3.Connection], object] | None = None) -> Awaitable[int]:
        """Commit what a person did, together with `unit`."""


@dataclass(frozen=True, slots=True)
class PhoneScan:
    """A scan as a phone tells of it. `key` makes one that is sent twice one scan; times are the phone's."""

    key: str
    made: datetime
    sent: datetime
    by: str = "qr"


@dataclass(frozen=True, slots=True)
class KeptScan:
    """What became of a scan. `new`: false when it was on record already."""

    checkpoint: PatrolCheckpoint
    placed: Placed
    new: bool


@dataclass(frozen=True, slots=True)
class DutyEntry:
    """An entry of the duty log; `data` holds people, answers, note, due, until and the log's name."""

    number: int
    key: str
    at: datetime
    user: str
    data: Mapping[str, Any]


class Patrols:
    """`settings` gives the present desk.yaml and time zone, `device` is the id of the gateway as a device."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        settings: Callable[[], tuple[DeskSettings, ZoneInfo]],
        emit: Callable[[Signal], Awaitable[int]],
        act: Act,
        device: str,
    ) -> None:
        self.codes = CheckpointCodes(store)
        self._store = store
        self._now = now
        self._settings = settings
        self._emit = emit
        self._act = act
        self._device = device
        self._one = asyncio.Lock()

    def checkpoint(self, checkpoint_id: str) -> PatrolCheckpoint | None:
        """The checkpoint in desk.yaml."""
        return next((one for one in self._settings()[0].patrols.checkpoints if one.id == checkpoint_id), None)

    async def checkpoint_of(self, token: str) -> PatrolCheckpoint | None:
        """The checkpoint of a QR code; None for a foreign, forged or revoked code, or a checkpoint that is gone."""
        found = await self.codes.checkpoint(token)
        return None if found is None else self.checkpoint(found)

    async def scan(self, checkpoint: PatrolCheckpoint, user: str, scan: PhoneScan) -> KeptScan:
        """Record a scan; it is on disk when this returns. Raises NotRecorded."""
        where = placed(scan.made, scan.sent, self._now(), self._settings()[0].patrols.late)
        source = f"scan:{user}:{scan.key}"
        data = {
            "checkpoint": checkpoint.id,
            "name": both(checkpoint.name.words),
            "place": checkpoint.place,
            "user": user,
            "by": scan.by,
            "late": where.late,
            "made": where.made.isoformat(),
            "clock_off_s": round(where.clock_off.total_seconds(), 1),
            **({"doubt": where.doubt} if where.doubt else {}),
        }
        # The journal's own window compares bodies, and ours holds when it arrived: so look by its key, one at a time.
        async with self._one:
            known = await self._signal(source)
            if known is None:
                await self._emit(
                    Signal(device=self._device, kind=SCANNED, at=scan.made, source_id=source, data=data, fresh=True)
                )
        return KeptScan(checkpoint, where, known is None)

    async def find(self, checkpoint: PatrolCheckpoint, user: str, text: str, key: str, picture: bytes | None) -> None:
        """Report a finding at a checkpoint: an alert at its place. Raises NotRecorded."""
        data = {"checkpoint": checkpoint.id, "place": checkpoint.place, "user": user, "text": text}
        source = f"finding:{user}:{key}"
        async with self._one:
            if await self._signal(source) is None:
                await self._emit(
                    Signal(device=self._device, kind=FOUND, source_id=source, data=data, picture=picture, fresh=True)
                )

    async def rounds(self, first: date, last: date) -> list[JudgedRound]:
        """The rounds due from the day `first` to the day `last`, by local time."""
        zone, now = self._settings()[1], self._now()
        since = datetime.combine(first, time(), zone)
        until = datetime.combine(last + _DAY, time(), zone)
        return await self._store.read(lambda connection: read_rounds(connection, since, until, now))

    def today(self) -> date:
        """The day by local time."""
        return self._now().astimezone(self.zone).date()

    @property
    def zone(self) -> ZoneInfo:
        """The compound's time zone."""
        return self._settings()[1]

    async def asked(self, limit: int = 50) -> list[Mapping[str, Any]]:
        """Entries of the duty log that were asked for within a day and are not written yet, oldest first."""
        since = self._now() - _DAY

        def read(connection: sqlite3.Connection) -> list[Mapping[str, Any]]:
            found = journal.signals(connection, kind=ASKED, limit=limit)
            wanted = [signal.data for signal in reversed(found) if signal.time >= since]
            return [data for data in wanted if rows.entry(connection, str(data.get("key"))) is None]

        return await self._store.read(read)

    async def log(self, user: str, key: str, people: Sequence[str], answers: Mapping[str, Any], note: str) -> DutyEntry:
        """Write an entry of the duty log. Raises NotFound for a key that was never asked for, Conflict for a second."""
        asked = await self._signal(key)
        if asked is None or asked.kind != ASKED:
            raise NotFound(f"no entry {key!r} was asked for")
        now = self._now()
        data = {
            **{name: asked.data[name] for name in ("key", "log", "name", "place", "due", "until", "items")},
            "needed": asked.data["people"],
            "people": list(people),
            "answers": dict(answers),
            "note": note,
            "late": now > datetime.fromisoformat(asked.data["until"]),
        }

        def unit(connection: sqlite3.Connection) -> None:
            if rows.entry(connection, key) is not None:
                raise Conflict(f"entry {key!r} is written already")
            rows.insert_entry(connection, key, now, user, data)
            audit.append(connection, Step("", "duty-logged", user, now, note, {"key": key, "people": list(people)}))

        action = Action(
            kind=LOGGED, user=user, time=now, place=str(data["place"]), data={"key": key, "people": list(people)}
        )
        await self._act(action, unit)
        row = await self._store.read(lambda connection: rows.entry(connection, key))
        assert row is not None
        return _entry(row)

    async def entries(self, before: int | None, limit: int) -> list[DutyEntry]:
        """Entries of the duty log, newest first."""
        found = await self._store.read(
            lambda connection: rows.entries(connection, NEVER if before is None else before, limit)
        )
        return [_entry(row) for row in found]

    async def _signal(self, source: str) -> Signal | None:
        found = await self._store.read(
            lambda connection: journal.signals(connection, device=self._device, source_id=source, limit=1)
        )
        return found[0] if found else None


def _entry(row: sqlite3.Row) -> DutyEntry:
    return DutyEntry(row["number"], row["key"], from_us(row["at"]), row["user"], from_json(row["data"]))
