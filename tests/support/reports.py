"""Kinds of `RecordedReports` that several tests and benchmarks need."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from gateway.model import Signal, Text, Words
from gateway.store import Store, journal
from gateway.testing import RecordedReports


class BilingualReports(RecordedReports):
    """Asserts that the reasons which the guard reads are in both languages."""

    def lost(self, part: str, why: Text) -> None:
        assert isinstance(why, Words), "a guard reads it"
        super().lost(part, why)

    def refused(self, part: str | None, why: Text) -> None:
        assert isinstance(why, Words), "a guard reads it"
        super().refused(part, why)


class TimedReports(RecordedReports):
    """Notes when signals are recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded_at: dict[tuple[str, str], float] = {}
        """The last signal of each device and kind, by the monotonic clock, in seconds."""

    async def __call__(self, signal: Signal, *, remembered: bool = False) -> int:
        now = time.monotonic()  # a turn of the event loop is not to be measured with it
        number = await super().__call__(signal, remembered=remembered)
        self.recorded_at[signal.device, signal.kind] = now
        return number


class JournaledReports(TimedReports):
    """Writes signals to the journal of a real store: they are recorded once they are committed."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    async def __call__(self, signal: Signal, *, remembered: bool = False) -> int:
        received = Signal(device=signal.device, kind=signal.kind, data=signal.data, received=datetime.now(UTC))
        await self._store.write(lambda connection: journal.record_signal(connection, received, timedelta()))
        return await super().__call__(signal, remembered=remembered)
