"""What people do with silences: silence a source, lift it; and the end of those whose time has passed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from gateway.desk.incident_desk import Act
from gateway.desk.lifecycle import DecisionOnEvent
from gateway.desk.noise import parse_source
from gateway.desk.noise import rows as noise_rows
from gateway.desk.noise.fold import GATEWAY, MAX_SILENCES
from gateway.desk.state import DeskState
from gateway.errors import Conflict, NotFound, NotRecorded, Refused
from gateway.model import Action, Alert, Raise, SilencedSource, Step, Wake, Words, new_id
from gateway.store import Store, audit, journal

log = structlog.get_logger(__name__)
CHECK_INTERVAL_S = 1.0
UNTIL, LIFTED = "until", "lifted"


class SilenceDesk:
    """`decide` is the desk's: alarms that still go on when a silence ends are raised then."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        state: DeskState,
        act: Act,
        decide: Callable[[Sequence[DecisionOnEvent]], Awaitable[list[Alert]]],
    ) -> None:
        self._store = store
        self._now = now
        self._state = state
        self._act = act
        self._decide = decide

    async def load(self) -> None:
        """Load what is in force. Without the database nothing is silenced: rather an alarm too many."""
        try:
            found = await self._store.read(noise_rows.in_force)
        except NotRecorded as error:
            log.error("the silences can't be read; nothing is silenced", why=str(error))
            return
        self._state.noise.load(found)
        self._state.silences = {silence.id: silence for silence in found}

    @property
    def longest(self) -> timedelta:
        """For how long a source may be silenced at most."""
        return self._state.noise.settings.longest_silence

    def in_force(self) -> list[SilencedSource]:
        """Those in force, oldest first."""
        return sorted(self._state.silences.values(), key=lambda silence: silence.id)

    async def page_of_ended(self, after: str | None, limit: int) -> tuple[list[SilencedSource], str | None]:
        """Ended ones, newest first, and the cursor of the next page. Raises NotRecorded."""
        found = await self._store.read(lambda connection: noise_rows.ended(connection, after, limit + 1))
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    async def begin(self, source: str, reason: str, until: datetime, user: str) -> SilencedSource:
        """Silence a source until then.

        Raises UnknownSource, Refused for an end that has passed or is too far, Conflict when it is silenced already or
        too many are, NotRecorded.
        """
        written, now = str(parse_source(source)), self._now()
        if not timedelta() < until - now <= self.longest:
            raise Refused(f"until {until.isoformat()} is not within the next {self.longest}: choose an earlier end")
        kind = await self._kind_of(source)
        async with self._state.changing:
            if len(self._state.silences) >= MAX_SILENCES:
                raise Conflict(f"{MAX_SILENCES} sources are silenced already: lift one first")
            if any(silence.source == written for silence in self._state.silences.values()):
                raise Conflict(f"{written} is silenced already")
            silence = SilencedSource(
                id=new_id("q"), source=written, reason=reason, by=user, begun_at=now, until=until, kind=kind
            )
            self._state.noise.begin(silence)
            await self._commit(silence, "silence.begun", user, now, reason)
        return silence

    async def lift(self, silence_id: str, user: str, because: str = LIFTED) -> SilencedSource:
        """End a silence; what still goes on there is raised. Raises NotFound or NotRecorded."""
        now = self._now()
        async with self._state.changing:
            if silence_id not in self._state.noise.silences:  # unknown, or just being lifted by somebody else
                raise NotFound(f"no silence {silence_id}")
            ended = self._state.noise.end(silence_id, now, because)
        # Raised first: a crash between the two raises it once more, in the other order it would be lost.
        await self._raise_held(ended, now)
        async with self._state.changing:
            if silence_id in self._state.noise.silences:  # another change failed meanwhile and put it back
                self._state.noise.end(silence_id, now, because)
            await self._commit(ended, "silence.ended", user, now)
        return ended

    async def run(self) -> None:
        """End silences when their time has passed; runs until cancelled."""
        while True:
            await self.end_due()
            await asyncio.sleep(CHECK_INTERVAL_S)

    async def end_due(self) -> None:
        """End those whose time has passed. One that can't be recorded is ended at the next call."""
        for silence_id in self._state.noise.due(self._now()):
            try:
                await self.lift(silence_id, GATEWAY, UNTIL)
            except (NotFound, NotRecorded) as error:
                log.error("the end of a silence can't be recorded", silence=silence_id, why=str(error))

    async def _kind_of(self, source: str) -> str | None:
        """The signal kind of the newest open alert there; None: the first alarm kept away tells it."""
        covered = parse_source(source)
        alerts = [a for a in self._state.alerts.values() if covered.covers(a.rule, a.device, a.place)]
        if not alerts:
            return None
        newest = max(alerts, key=lambda alert: alert.last_at)
        signals = await self._store.read(lambda connection: journal.signals_of_alert(connection, newest.id, 1))
        return signals[0].kind if signals else None

    async def _commit(self, silence: SilencedSource, kind: str, user: str, at: datetime, note: str = "") -> None:
        data: dict[str, object] = {"silence": silence.id, "source": silence.source, "until": silence.until.isoformat()}
        if silence.ended_because is not None:
            data |= {"because": silence.ended_because, "count": silence.count}
        step = Step("", kind, user, at, note, data)
        action = Action(kind=kind, user=user, time=at, data={**data, "decided": self._state.decided})

        def unit(connection: sqlite3.Connection) -> None:
            noise_rows.put(connection, silence)
            audit.append(connection, step)

        try:
            await self._act([action], unit)
        except BaseException:
            self._state.resync()
            raise
        self._state.apply_silences([silence])

    async def _raise_held(self, ended: SilencedSource, now: datetime) -> None:
        """Raise the alarms that the silence kept away and that were never restored."""
        decisions = []
        for held in ended.holding:
            zh, en = f"{held.reason.zh}（屏蔽已结束，仍未恢复）", f"{held.reason.en} (silence ended, not restored yet)"
            decision = Raise(held.key, held.severity, held.place, Words(zh, en), held.device)
            decisions.append(DecisionOnEvent(held.rule, decision, Wake(held.rule, held.key, now)))
        if decisions:
            await self._decide(decisions)
