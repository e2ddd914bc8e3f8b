"""The intake: commits a signal before its device is acknowledged.

Committed events wait here, in the journal's order, for the pipeline. When too many
wait, `accept` blocks and the links stop reading; only sightings are ever dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from gateway.clock import Clock
from gateway.errors import NotRecorded
from gateway.flow.codes import without_code
from gateway.flow.repeat_folding import Held, RepeatFolding
from gateway.flow.rule_engine import NewRules
from gateway.flow.sanitize import sanitized
from gateway.flow.unrecorded_signals import UnrecordedSignals
from gateway.limits import RateLimit, Refusal, RefusalLog
from gateway.model import Action, Event, Signal, Wake, Words
from gateway.store import Store, journal

log = structlog.get_logger(__name__)
T = TypeVar("T")
MAX_WAITING = 10_000
"""Signals between device and decision at once; a burst of this size is accepted without a pause."""
MAX_WAITING_WITH_SIGHTINGS = 8_000
"""When so many wait, sightings are dropped, so that alarms and states have the rest."""
TELL_ANYWAY_S = 2.0
"""A disk that hangs must not keep a door shut: after this time listeners are told of a signal that is not on record."""
SNAPSHOT = "snapshot"
"""The key of a signal's data under which its stored picture is named."""
MAX_PICTURE_BYTES_AN_HOUR = 256 * 1024 * 1024
"""Of one device, as a burst and per hour: beyond it its signals are stored without their pictures."""
TOO_MANY_PICTURES = Words(
    "发来的图片太多，信号照常保存但不存图片；请检查该设备",
    "sends so many pictures that its signals are kept without them: check this device",
)


class Intake:
    """Between the drivers and the pipeline: commits what comes in and hands it on in the journal's order."""

    def __init__(
        self, store: Store, clock: Clock, unrecorded: UnrecordedSignals, refusals: RefusalLog | None = None
    ) -> None:
        self._refusals = refusals or RefusalLog()
        self._repeats = RepeatFolding(self._refusals)
        self._picture_bytes = RateLimit(MAX_PICTURE_BYTES_AN_HOUR, timedelta(hours=1))
        self._store = store
        self._clock = clock
        self._unrecorded = unrecorded
        self._space = asyncio.Event()
        self._committed: deque[Event | NewRules] = deque()
        self._more = asyncio.Event()
        self._shown_ahead = 0
        """The number of the last alarm that was on the screen before its rules had decided."""
        self._secrets: dict[str, str] = {}
        """By signal: PINs and codes of signals that are being accepted. No journal, rule or screen gets them."""
        self.listeners: list[Callable[[Signal | Action], None]] = []
        """Told of each signal that is on record (with its number), and of each action; a repeat is not told.

        A signal that the disk does not take, or not in time, is told without a number, and perhaps again: when its
        device sends it again, and once it is on record.
        """
        self.waiting = 0
        self.accepted = 0
        self.duplicates = 0
        self.dropped_sightings = 0

    def now(self) -> datetime:
        """Rule time."""
        return self._clock.now()

    async def accept(self, signal: Signal, window: timedelta) -> int:
        """Commit the signal; returns its number, of a duplicate the first one's, of a dropped sighting 0.

        Raises NotRecorded when it is not on disk; an alarm is on the screen all the same.
        """
        signal = without_code(signal)
        if signal.secret is None:
            return await self._accept_public(signal, window)
        self._secrets[signal.id] = signal.secret
        try:
            return await self._accept_public(replace(signal, secret=None), window)
        finally:
            self._secrets.pop(signal.id, None)

    async def _accept_public(self, signal: Signal, window: timedelta) -> int:
        if self._repeats.holds(signal):
            return await self._repeats.hold(signal, window)
        await self._let_go(
            self._repeats.release(signal.device)
        )  # repeats held back are recorded before what follows them
        return await self._accept(signal, window)

    async def _accept(self, signal: Signal, window: timedelta) -> int:
        if signal.is_sighting and self.waiting >= MAX_WAITING_WITH_SIGHTINGS:
            self.dropped_sightings += 1
            return 0
        while self.waiting >= MAX_WAITING and not signal.is_alarm:
            self._space.clear()
            await self._space.wait()
        self.waiting += 1
        try:
            signal = await self._with_snapshot(signal)
        except BaseException:
            self._leave()
            raise
        return (await asyncio.shield(self._record(signal, window))).number

    async def wake(self, wake: Wake) -> None:
        """Commit a wake-up that came due and hand it to the pipeline; without a number when the disk takes nothing."""
        try:
            await self._append(
                lambda connection: journal.record_wake(connection, wake), lambda number: [replace(wake, number=number)]
            )
        except NotRecorded:
            self.waiting += 1
            self._hand_on(wake)

    async def report_with(self, signal: Signal, unit: Callable[[sqlite3.Connection], object]) -> int:
        """Commit a signal of the gateway itself in one transaction with `unit`; returns its number.

        Raises NotRecorded when it is not on disk; it is not handed on then.
        """
        signal = sanitized(replace(signal, received=self._clock.now()))

        def both(connection: sqlite3.Connection) -> int:
            unit(connection)
            return journal.record_signal(connection, signal, timedelta()).number

        return await self._append(both, lambda number: [replace(signal, number=number)], urgent=True)

    async def act(self, action: Action, unit: Callable[[sqlite3.Connection], object] | None = None) -> int:
        """Commit what a person did, together with `unit`, and hand it to the pipeline; returns its number.

        Raises NotRecorded when it is not on disk.
        """
        return (await self.act_all([action], unit))[0]

    async def act_all(
        self, actions: Sequence[Action], unit: Callable[[sqlite3.Connection], object] | None = None
    ) -> list[int]:
        """As `act`, for several things that a person did at once: one commit, in this order."""

        def both(connection: sqlite3.Connection) -> list[int]:
            if unit is not None:
                unit(connection)
            return [journal.record_action(connection, action) for action in actions]

        def events(numbers: list[int]) -> list[Event | NewRules]:
            return [replace(action, number=number) for action, number in zip(actions, numbers, strict=True)]

        return await self._append(both, events, urgent=True)

    async def switch_rules(self, new: NewRules, record: Callable[[sqlite3.Connection], int]) -> None:
        """Commit an accepted configuration and hand its rules to the pipeline, at their place in the journal."""
        await self._append(record, lambda number: [replace(new, number=number)])

    async def switch_rules_unrecorded(self, new: NewRules) -> None:
        """Hand the rules to the pipeline without a row, from the journal's end on: the disk takes nothing."""
        last = await self._store.read(journal.last_number)
        self.waiting += 1
        self._hand_on(replace(new, number=last))

    async def take(self, most: int, patience_s: float) -> list[Event] | NewRules:
        """The next committed events in order, or new rules where they come next; `[]` after `patience_s` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not self._committed:
                    self._more.clear()
                    await self._more.wait()
        events: list[Event] = []
        while self._committed and len(events) < most:
            event = self._committed[0]
            if isinstance(event, NewRules):
                return events or self._next_rules()
            events.append(event)
            self._committed.popleft()
            self._leave()
        return events

    def show_ahead(self) -> None:
        """Show the alarms that wait here: the rules are still catching up and can't decide on them yet."""
        for event in self._committed:
            number = event.number or 0
            if isinstance(event, Signal) and event.is_alarm and number > self._shown_ahead:
                self._shown_ahead = number
                self._unrecorded.show_ahead(event)

    def decided(self, events: Sequence[Event]) -> None:
        """Remove what `show_ahead` showed of these: the rules' own alerts are on the screen now."""
        for event in events:
            if isinstance(event, Signal) and event.is_alarm and (event.number or 0) <= self._shown_ahead:
                self._unrecorded.decided(event)

    async def watch_storage(self) -> None:
        """Retry signals that could not be written, once a second; runs until cancelled."""
        while True:
            await self._let_go(self._repeats.release())
            for signal, window in self._unrecorded.take():
                self.waiting += 1
                with contextlib.suppress(NotRecorded):
                    await self._record(signal, window)
            await asyncio.sleep(1)

    async def _let_go(self, several: Sequence[Held]) -> None:
        """Commit them together, in order. When cancelled, whoever waits for one gets NotRecorded and sends again."""
        try:
            await asyncio.gather(*(self._end(held) for held in several))
        finally:
            for held in several:
                if not held.number.done():
                    held.number.set_exception(NotRecorded("the gateway stopped before it was recorded"))
                    held.number.exception()  # mark it as retrieved: its driver may be gone

    async def _end(self, held: Held) -> None:
        try:
            number = await self._accept(held.signal, held.window)
        except NotRecorded as error:
            if not held.number.done():
                held.number.set_exception(error)
        else:
            if not held.number.done():
                held.number.set_result(number)

    async def _with_snapshot(self, signal: Signal) -> Signal:
        """Store the signal's picture and name it. A name that the device gave is dropped: it could be any picture's."""
        data = signal.data
        if SNAPSHOT in data:
            data = {name: value for name, value in data.items() if name != SNAPSHOT}
        signal = sanitized(replace(signal, received=self._clock.now(), data=data))
        if signal.picture is None:
            return signal
        if not self._picture_bytes.admits(signal.device, len(signal.picture)):
            self._refusals.note(Refusal(signal.device, TOO_MANY_PICTURES, grave=True), kind=signal.kind)
            return replace(signal, picture=None)
        try:
            name = await asyncio.to_thread(self._store.media.keep, signal.picture)
        except OSError as error:
            log.error("a snapshot can't be written", device=signal.device, why=str(error))
            return replace(signal, picture=None)
        return replace(signal, picture=None, data={**signal.data, SNAPSHOT: name})

    def _record(self, signal: Signal, window: timedelta) -> asyncio.Future[journal.Recorded]:
        future = self._store.writer.submit(
            lambda connection: journal.record_signal(connection, signal, window), urgent=signal.is_alarm
        )
        hanging = asyncio.get_running_loop().call_later(TELL_ANYWAY_S, self._tell, signal)

        def done(committed: asyncio.Future[journal.Recorded]) -> None:
            hanging.cancel()
            self._done(signal, window, committed)

        # In the future's own callback: the driver that waits may be cancelled, and the committed signal must go on.
        future.add_done_callback(done)
        return future

    def _done(self, signal: Signal, window: timedelta, future: asyncio.Future[journal.Recorded]) -> None:
        error = future.exception()
        if error is not None:
            self._leave()
            if isinstance(error, NotRecorded):
                self._unrecorded.add(signal, window, str(error))
                self._tell(signal)
            return
        self._unrecorded.kept(signal)
        recorded = future.result()
        if recorded.duplicate:
            self.duplicates += 1
            self._leave()
        else:
            self.accepted += 1
            kept = replace(signal, number=recorded.number)
            self._hand_on(kept)
            self._tell(kept)

    async def _append(
        self,
        unit: Callable[[sqlite3.Connection], T],
        events: Callable[[T], Sequence[Event | NewRules]],
        *,
        urgent: bool = False,
    ) -> T:
        """Commit `unit`, hand on the events made of its result, and return that.

        They are handed on in the future's callback, as signals are: a task woken by it would come out of order.
        """
        future = self._store.writer.submit(unit, urgent=urgent)

        def committed(done: asyncio.Future[T]) -> None:
            if done.exception() is None:
                for event in events(done.result()):
                    self.waiting += 1
                    self._hand_on(event)
                    if isinstance(event, Action):
                        self._tell(event)

        future.add_done_callback(committed)
        return await asyncio.shield(future)

    def _next_rules(self) -> NewRules:
        new = self._committed.popleft()
        assert isinstance(new, NewRules)
        self._leave()
        return new

    def _tell(self, event: Signal | Action) -> None:
        if isinstance(event, Signal) and event.id in self._secrets:
            event = replace(event, secret=self._secrets[event.id])
        for listener in self.listeners:
            listener(event)

    def _hand_on(self, event: Event | NewRules) -> None:
        self._committed.append(event)
        self._more.set()

    def _leave(self) -> None:
        self.waiting -= 1
        self._space.set()
