"""The intake: a signal is committed before its device is acknowledged.

What is committed waits here, in the journal's order, for the pipeline. When too much
waits, `accept` waits too and the links stop reading; only sightings are ever dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from gateway.clock import Clock
from gateway.errors import NotRecorded
from gateway.flow.repeat_folding import Held, RepeatFolding
from gateway.flow.rule_engine import NewRules
from gateway.flow.sanitize import sanitized
from gateway.flow.unrecorded_signals import UnrecordedSignals
from gateway.limits import RateLimit, Refusal, RefusalLog
from gateway.model import Signal, Wake, Words
from gateway.store import Store, journal

log = structlog.get_logger(__name__)
ROOM = 10_000
"""Signals between device and decision at once; a burst of this size is taken without a pause."""
SIGHTINGS = 8_000
"""Beyond this many waiting, sightings are dropped so that the rest keeps its room."""


SNAPSHOT = "snapshot"
"""The key of a signal's data under which its kept picture is named."""
PICTURE_BYTES = 256 * 1024 * 1024
"""Of one device, at once and again within each hour: beyond them its signals are kept without their pictures."""
NO_ROOM_FOR_PICTURES = Words(
    "发来的图片太多，信号照常保存但不存图片；请检查该设备",
    "sends so many pictures that its signals are kept without them: check this device",
)


class Intake:
    def __init__(
        self, store: Store, clock: Clock, unrecorded: UnrecordedSignals, refusals: RefusalLog | None = None
    ) -> None:
        self._refusals = refusals or RefusalLog()
        self._flood = RepeatFolding(self._refusals)
        self._picture_bytes = RateLimit(PICTURE_BYTES, timedelta(hours=1))
        self._store = store
        self._clock = clock
        self._unrecorded = unrecorded
        self._space = asyncio.Event()
        self._committed: deque[Signal | Wake | NewRules] = deque()
        self._more = asyncio.Event()
        self._shown_ahead = 0
        """The number of the last alarm that was on the screen before its rules had decided."""
        self.waiting = 0
        self.accepted = 0
        self.duplicates = 0
        self.dropped_sightings = 0

    async def accept(self, signal: Signal, window: timedelta) -> int:
        """Commit the signal; returns its number (a duplicate's first one), or 0 for a dropped sighting or a repeat.

        Raises NotRecorded when the disk would not take it; an alarm is on the screen all the same.
        """
        if self._flood.holds(signal):
            return await self._flood.hold(signal, window)
        await self._let_go(self._flood.release(signal.device))  # what came before an alarm is recorded before it
        return await self._accept(signal, window)

    async def _accept(self, signal: Signal, window: timedelta) -> int:
        if signal.is_sighting and self.waiting >= SIGHTINGS:
            self.dropped_sightings += 1
            return 0
        while self.waiting >= ROOM and not signal.is_alarm:
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
        """Commit a wake-up come due and hand it to the pipeline; without a number where the disk would not take it."""
        try:
            await self._append(
                lambda connection: journal.record_wake(connection, wake), lambda number: replace(wake, number=number)
            )
        except NotRecorded:
            self.waiting += 1
            self._hand_on(wake)

    async def turn(self, new: NewRules, record: Callable[[sqlite3.Connection], int]) -> None:
        """Commit an accepted configuration and hand its rules to the pipeline, at their place in the journal."""
        await self._append(record, lambda number: replace(new, number=number))

    async def turn_unrecorded(self, new: NewRules) -> None:
        """The disk takes nothing: the rules hold all the same, from the journal's end on."""
        last = await self._store.read(journal.last_number)
        self.waiting += 1
        self._hand_on(replace(new, number=last))

    async def take(self, most: int, patience_s: float) -> list[Signal | Wake] | NewRules:
        """The next committed events in order, or the new rules that come before them; none after `patience_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not self._committed:
                    self._more.clear()
                    await self._more.wait()
        events: list[Signal | Wake] = []
        while self._committed and len(events) < most:
            event = self._committed[0]
            if isinstance(event, NewRules):
                return events or self._next_rules()
            events.append(event)
            self._committed.popleft()
            self._leave()
        return events

    def show_ahead(self) -> None:
        """Put the alarms that wait here on the screen: the rules are not ready for them yet."""
        for event in self._committed:
            number = event.number or 0
            if isinstance(event, Signal) and event.is_alarm and number > self._shown_ahead:
                self._shown_ahead = number
                self._unrecorded.show_ahead(event)

    def decided(self, events: Sequence[Signal | Wake]) -> None:
        """The rules' alerts on these are on the screen: what was shown ahead gives way to them."""
        for event in events:
            if isinstance(event, Signal) and event.is_alarm and (event.number or 0) <= self._shown_ahead:
                self._unrecorded.decided(event)

    async def watch_storage(self) -> None:
        """Try what could not be written again until it can; runs for good."""
        while True:
            await self._let_go(self._flood.release())
            for signal, window in self._unrecorded.take():
                self.waiting += 1
                with contextlib.suppress(NotRecorded):
                    await self._record(signal, window)
            await asyncio.sleep(1)

    async def _let_go(self, several: Sequence[Held]) -> None:
        """Commit them together and in their order; whoever waits for one that is cut off is told to send it again."""
        try:
            await asyncio.gather(*(self._end(held) for held in several))
        finally:
            for held in several:
                if not held.number.done():
                    held.number.set_exception(NotRecorded("its turn was cut off"))
                    held.number.exception()  # its driver may be gone

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
        """Only the gateway names a picture: a device that says `snapshot` would show another's under its alert."""
        data = signal.data
        if SNAPSHOT in data:
            data = {name: value for name, value in data.items() if name != SNAPSHOT}
        signal = sanitized(replace(signal, received=self._clock.now(), data=data))
        if signal.picture is None:
            return signal
        if not self._picture_bytes.admits(signal.device, len(signal.picture)):
            self._refusals.note(Refusal(signal.device, NO_ROOM_FOR_PICTURES, grave=True), kind=signal.kind)
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
        # In the future's own callback: a driver cancelled while it waits must not take a committed signal along.
        future.add_done_callback(lambda done: self._done(signal, window, done))
        return future

    def _done(self, signal: Signal, window: timedelta, future: asyncio.Future[journal.Recorded]) -> None:
        error = future.exception()
        if error is not None:
            self._leave()
            if isinstance(error, NotRecorded):
                self._unrecorded.add(signal, window, str(error))
            return
        self._unrecorded.kept(signal)
        recorded = future.result()
        if recorded.duplicate:
            self.duplicates += 1
            self._leave()
        else:
            self.accepted += 1
            self._hand_on(replace(signal, number=recorded.number))

    async def _append(self, unit: Callable[[sqlite3.Connection], int], event: Callable[[int], Wake | NewRules]) -> None:
        """Handed on where the commit ends, as signals are: who is woken up to do it comes too late for the order."""
        future = self._store.writer.submit(unit)

        def committed(done: asyncio.Future[int]) -> None:
            if done.exception() is None:
                self.waiting += 1
                self._hand_on(event(done.result()))

        future.add_done_callback(committed)
        await asyncio.shield(future)

    def _next_rules(self) -> NewRules:
        new = self._committed.popleft()
        assert isinstance(new, NewRules)
        self._leave()
        return new

    def _hand_on(self, event: Signal | Wake | NewRules) -> None:
        self._committed.append(event)
        self._more.set()

    def _leave(self) -> None:
        self.waiting -= 1
        self._space.set()
