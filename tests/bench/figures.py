"""Figures of a month with 100,000 alerts, beside SQLite's own count of them, and what the event loop feels of it."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from gateway.figures import rows as figure_rows
from gateway.figures.figures import Inputs, figures, present
from gateway.figures.night import night_report
from gateway.figures.period import Period, Shifts, night_before
from gateway.history import rows
from gateway.history.search_index import SearchIndex
from gateway.history.terms import Wanted, match
from gateway.store import Store, audit
from tests.bench.machine import machine
from tests.support.months import fill, some_devices

ALERTS_A_DAY, DAYS, ROUNDS = 3300, 30, 5
TICK_S = 0.005


async def measure(folder: Path) -> None:
    devices, now = some_devices(200), datetime.now(UTC)
    count = fill(folder, devices, now, DAYS, ALERTS_A_DAY)
    zone = ZoneInfo("Asia/Shanghai")
    month = Period(now - timedelta(days=DAYS), now, zone)
    inputs = Inputs([device.id for device in devices], [device.id for device in devices[::4]])
    night = night_before(now.astimezone(zone).date(), zone, Shifts())
    begin, end = month.begin, now
    search = partial(rows.found, begin=begin, end=end, before=rows.NEVER, limit=50)
    async with Store.open(folder) as store:
        began = time.perf_counter()
        await SearchIndex(store).catch_up()
        indexed = time.perf_counter() - began
        work: dict[str, Callable[[Any], object]] = {
            "SELECT count(*) over the month": partial(figure_rows.count, begin=begin, end=end),
            "SELECT of every row's columns": lambda c: c.execute(
                "SELECT rule, severity, place, device, disposition FROM alerts WHERE raised_at >= 0"
            ).fetchall(),
            "figures of the month": partial(figures, period=month, inputs=inputs, now=now),
            "gauge on the wall": partial(present, period=month, now=now),
            "morning report": partial(night_report, night=night, inputs=inputs, now=now),
            "search: two words and a place": partial(search, match=match(Wanted(words="翻墙 劝离", places=["b3"]))),
            "search: part of a plate": partial(search, match=match(Wanted(plate="8k2"))),
            "search: nothing fits": partial(search, match=match(Wanted(words="没有这种事"))),
            "audit chain checked whole": audit.chain_summary,
        }
        times = {name: await _timed(store, look) for name, look in work.items()}
        lag = await _lag_during(store, work["figures of the month"])
    base = times["SELECT count(*) over the month"]
    Console().print(machine(folder))
    _show(
        f"{count} alerts in {DAYS} days, their index of words made in {indexed:.0f} s",
        ("what", "ms", "beside the count"),
        [(name, f"{1000 * took:.1f}", f"{took / base:.0f} ×") for name, took in times.items()],
    )
    _show(
        "the event loop while a reader thread calculates the month",
        ("p50 ms late", "p99", "worst"),
        [tuple(f"{1000 * value:.1f}" for value in lag)],
    )


def _show(title: str, columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    table = Table(title=title)
    for column in columns:
        table.add_column(column, justify="left" if column == "what" else "right")
    for line in lines:
        table.add_row(*line)
    Console().print(table)


async def _timed(store: Store, look: Callable[[Any], object]) -> float:
    await store.read(look)  # fills the cache
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await store.read(look)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


async def _lag_during(store: Store, look: Callable[[Any], object]) -> tuple[float, float, float]:
    lags: list[float] = []

    async def tick() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK_S)
            lags.append(time.perf_counter() - began - TICK_S)

    async with asyncio.TaskGroup() as tasks:
        ticking = tasks.create_task(tick())
        for _ in range(ROUNDS):
            await store.read(look)
        ticking.cancel()
    lags.sort()
    return lags[len(lags) // 2], lags[int(len(lags) * 0.99)], lags[-1]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="anju-bench-") as folder:
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
