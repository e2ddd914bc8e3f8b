"""Makes the report of a shift, takes both signatures, and knows whether one is missing."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Any

from gateway.config.desk import Shift
from gateway.desk import Desk
from gateway.desk.incident_clock import GATEWAY_USER
from gateway.desk.presence import Presence
from gateway.errors import Conflict, Refused
from gateway.flow.device_status import DeviceStatus
from gateway.handover import report, rows
from gateway.handover.rows import Handover
from gateway.handover.shifts import ShiftPeriod, last_ended, next_to_end
from gateway.model import Action, Step
from gateway.store import Store, audit

EARLY = timedelta(hours=1)
"""How long before its end a shift may be handed over."""


@dataclass(frozen=True, slots=True)
class ShiftPlan:
    """What the settings say about shifts."""

    shifts: Sequence[Shift]
    sign_within: timedelta
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class UnsignedShift:
    """A shift that has ended and that nobody has handed over. `due_at` is when that becomes an alert."""

    period: ShiftPeriod
    due_at: datetime


class Handovers:
    """`plan` gives the present settings, `devices` every device's status, `place_name` the name of a place."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        now: Callable[[], datetime],
        presence: Presence,
        *,
        plan: Callable[[], ShiftPlan],
        devices: Callable[[], Mapping[str, DeviceStatus]],
        place_name: report.PlaceName,
    ) -> None:
        self._store = store
        self._desk = desk
        self._now = now
        self._presence = presence
        self._plan = plan
        self._devices = devices
        self._place_name = place_name

    def shift_ends_at(self) -> datetime | None:
        """When the present shift ends; None without shifts."""
        plan = self._plan()
        coming = next_to_end(plan.shifts, self._now(), plan.zone)
        return coming.ended if coming else None

    async def unsigned(self) -> UnsignedShift | None:
        """The shift that ended last, if nobody has signed for it. Raises NotRecorded."""
        plan = self._plan()
        period = last_ended(plan.shifts, self._now(), plan.zone)
        if period is None:
            return None
        signed, since = await self._store.read(lambda c: (rows.is_signed(c, period.ended), rows.since(c)))
        if signed or since is None or since >= period.ended:
            return None
        return UnsignedShift(period, period.ended + plan.sign_within)

    async def period(self) -> ShiftPeriod | None:
        """The shift that a signature ends now; None in the middle of one."""
        unsigned = await self.unsigned()
        if unsigned is not None:
            return unsigned.period
        plan = self._plan()
        coming = next_to_end(plan.shifts, self._now(), plan.zone)
        if coming is None or coming.ended - self._now() > EARLY:
            return None
        return None if await self._store.read(lambda c: rows.is_signed(c, coming.ended)) else coming

    async def report(self) -> Mapping[str, Any]:
        """What would be handed over now. Raises NotRecorded."""
        now, plan = self._now(), self._plan()
        period = await self.period()
        running = period or next_to_end(plan.shifts, now, plan.zone)
        began = running.began if running else now - timedelta(hours=12)
        incidents = report.open_incidents(self._desk)
        shown = incidents[: report.MOST]
        people, notes = await self._store.read(
            lambda c: (rows.people(c, began, now), report.notes_of(c, [each.id for each in shown]))
        )
        silences, broken = self._desk.silences.in_force(), report.out_of_order(self._devices())
        return {
            "at": now.isoformat(),
            "shift": running.shift.name if running else "",
            "began_at": began.isoformat(),
            "ended_at": period.ended.isoformat() if period else None,
            "people_wanted": running.shift.people if running else 0,
            "on_duty": sorted({*people, *self._presence.users()} - {GATEWAY_USER}),
            "incidents": report.listed(
                [report.incident_entry(i, self._desk, self._place_name, notes.get(i.id, ())) for i in shown],
                len(incidents),
            ),
            "silences": report.listed(
                [report.silence_entry(silence) for silence in silences[: report.MOST]], len(silences)
            ),
            "out_of_order": report.listed(
                [report.device_entry(status, self._place_name) for status in broken[: report.MOST]], len(broken)
            ),
        }

    async def sign(self, outgoing: str, incoming: str, note: str, take: Collection[str]) -> Handover:
        """Hand over: both sign, `take` are the incidents that the incoming guard takes over; the others ring again.

        The password of `incoming` was checked. Raises Refused for one person twice, Conflict when the shift was handed
        over meanwhile, NotRecorded.
        """
        if outgoing == incoming:
            raise Refused("one person can't hand over to himself")
        made, period = dict(await self.report()), await self.period()
        made["taken"] = sorted(take)
        handover = Handover(
            at=self._now(),
            shift=made["shift"],
            began_at=datetime.fromisoformat(made["began_at"]),
            ended_at=period.ended if period else None,
            outgoing=outgoing,
            incoming=incoming,
            note=note,
            head="",
            report=made,
        )
        return await self._commit(handover, take)

    async def _commit(self, handover: Handover, take: Collection[str]) -> Handover:
        digest = hashlib.sha256(json.dumps(handover.report, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        about = {"shift": handover.shift, "incoming": handover.incoming, "report": digest}
        signed: list[Handover] = []

        def unit(connection: sqlite3.Connection) -> None:
            audit.append(connection, Step("", "handover", handover.outgoing, handover.at, handover.note, about))
            accepted = {"outgoing": handover.outgoing, "report": digest, "taken": len(take)}
            audit.append(connection, Step("", "handover-accept", handover.incoming, handover.at, data=accepted))
            kept = replace(handover, head=audit.head(connection))
            signed.append(replace(kept, number=rows.append(connection, kept)))

        def actions(rung: Sequence[str]) -> list[Action]:
            data = {**about, "taken": sorted(take), "rung": list(rung)}
            return [Action(kind="handover.signed", user=handover.outgoing, time=handover.at, data=data)]

        try:
            await self._desk.shift_change.hand_over(take, handover.incoming, actions, unit)
        except sqlite3.IntegrityError:
            raise Conflict("this shift has been handed over") from None
        return signed[-1]

    async def one(self, number: int) -> Handover | None:
        """The handover with this number. Raises NotRecorded."""
        return await self._store.read(lambda connection: rows.one(connection, number))

    async def page(
        self, day: tuple[datetime, datetime] | None, before: int | None, limit: int
    ) -> tuple[list[Handover], int | None]:
        """Newest first, and the cursor of the next page. Raises NotRecorded."""
        last = before if before is not None else 2**62
        found = await self._store.read(partial(rows.page, day=day, before=last, limit=limit + 1))
        return found[:limit], found[limit - 1].number if len(found) > limit else None
