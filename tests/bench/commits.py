"""What group commit brings: the store's own writer, and the same with groups of one."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.model import Signal
from gateway.store import Store, journal

WINDOW = timedelta(hours=24)
ROUNDS = 3
"""The two take turns, so that a slow minute of the machine meets both."""
ROUND_S = 2.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Signals a second, committed and synced, at so many in flight."""

    in_flight: int
    grouped: float
    alone: float

    @property
    def ratio(self) -> float:
        return self.grouped / self.alone


async def compare(folder: Path, in_flight: int) -> Rate:
    sums = {1000: 0.0, 1: 0.0}
    for number, group in itertools.product(range(ROUNDS), sums):
        async with Store.open(folder / f"commits-{in_flight}-{group}-{number}", group=group) as store:
            sums[group] += await _rate(store, in_flight)
    return Rate(in_flight, sums[1000] / ROUNDS, sums[1] / ROUNDS)


async def _rate(store: Store, in_flight: int) -> float:
    numbers = itertools.count()
    until = time.monotonic() + ROUND_S
    kept = 0

    async def send() -> None:
        nonlocal kept
        while time.monotonic() < until:
            number = next(numbers)
            signal = Signal(
                device="bench",
                kind="door.opened",
                source_id=str(number),
                data={"n": number},
                received=datetime.now(UTC),
            )
            await store.write(lambda connection: journal.record_signal(connection, signal, WINDOW))  # noqa: B023  # awaited before the next
            kept += 1

    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(in_flight):
            tasks.create_task(send())
    return kept / (time.monotonic() - began)
