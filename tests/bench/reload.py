"""A configuration changed under load, read again beside a restart: `python -m tests.bench.reload`."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tests.bench.latency import percentile
from tests.bench.machine import machine
from tests.support.gateway import ANJU, PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import MqttDevice

ROOT = Path(__file__).resolve().parents[2]
SENDERS, BESIDE = 4, 300
SETTLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Change:
    """What `times` changes cost the devices that did not change; `waits` in milliseconds, sorted."""

    how: str
    times: int
    took: float
    sent: int
    lost: int
    doubled: int
    dropped: int
    resent: int
    waits: list[float]


@click.command()
@click.option("--rate", default=400, show_default=True, help="signals a second, QoS 1, while it changes")
@click.option("--times", default=10, show_default=True, help="how often the configuration changes")
def main(rate: int, times: int) -> None:
    console = Console(width=None if Console().is_terminal else 110)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT) as folder:
        asyncio.run(_run(Path(folder), console, rate, times))


async def _run(folder: Path, console: Console, rate: int, times: int) -> None:
    console.print(f"[bold]{await asyncio.to_thread(machine, folder)}[/bold]")
    with console.status("left alone"):
        left = await _measure(folder / "nothing", "left alone", rate, times, _nothing)
    with console.status("read again"):
        read_again = await _measure(folder / "reload", "anju reload", rate, times, _reload)
    with console.status("restarted"):
        restarted = await _measure(folder / "restart", "stop and start", rate, 3, _restart)
    title = f"{BESIDE} devices, {SENDERS} of others sending {rate} signals/s; one device and one rule change each time"
    table = Table("", "times", "s each", "sent", "lost", "doubled", "lines lost", "sent again", title=title)
    for column in ("PUBACK p50", "p99", "most ms"):
        table.add_column(column)
    for change in (left, read_again, restarted):
        numbers = (change.sent, change.lost, change.doubled, change.dropped, change.resent)
        waits = (percentile(change.waits, 50), percentile(change.waits, 99), change.waits[-1])
        each = f"{change.took / change.times:.2f}"
        table.add_row(change.how, str(change.times), each, *map(str, numbers), *(f"{wait:.1f}" for wait in waits))
    console.print(table)


async def _measure(
    folder: Path, how: str, rate: int, times: int, take_over: Callable[[Gateway], Awaitable[None]]
) -> Change:
    compound = TestCompound(folder / "config", _devices(0))
    gateway = Gateway(compound, folder / "data")
    devices = [
        MqttDevice(f"sends-{n}", compound.mqtt_port, f"sends-{n}", PASSWORD, lambda _: "x.test", rate=rate / SENDERS)
        for n in range(SENDERS)
    ]
    await asyncio.to_thread(gateway.start)
    took = 0.0
    try:
        async with asyncio.TaskGroup() as tasks:
            for device in devices:
                tasks.create_task(device.run())
            for turn in range(1, times + 1):
                await asyncio.sleep(SETTLE_S)
                compound.devices = _devices(turn)
                compound.rules = [{"id": "home", "kind": "home_alarm"}, _door(turn)]
                compound.write()
                began = time.monotonic()
                await take_over(gateway)
                took += time.monotonic() - began
            await asyncio.sleep(SETTLE_S)
            for device in devices:
                device.finish()
    finally:
        await asyncio.to_thread(gateway.stop)
    return _counted(gateway, devices, how, times, took)


def _devices(turn: int) -> list[TestDevice]:
    beside = [TestDevice(f"beside-{n}") for n in range(BESIDE)]
    return [*beside, *(TestDevice(f"sends-{n}") for n in range(SENDERS)), TestDevice(f"comes-{turn}")]


def _door(turn: int) -> dict[str, str]:
    return {"id": "door", "kind": "doorway", "held_after": f"{turn + 30}s"}


async def _nothing(_gateway: Gateway) -> None:
    await asyncio.sleep(SETTLE_S / 2)


async def _reload(gateway: Gateway) -> None:
    arguments = [str(ANJU), "reload", "--data", str(gateway.data)]
    await asyncio.to_thread(subprocess.run, arguments, check=True, capture_output=True)


async def _restart(gateway: Gateway) -> None:
    await asyncio.to_thread(gateway.stop)
    await asyncio.to_thread(gateway.start)


def _counted(gateway: Gateway, devices: list[MqttDevice], how: str, times: int, took: float) -> Change:
    with closing(sqlite3.connect(gateway.data / "anju.db")) as record:
        rows = record.execute("SELECT source_id, count(*) FROM journal WHERE entry = 'signal' GROUP BY source_id")
        kept = dict(rows.fetchall())
    acknowledged = [source for device in devices for source in device.acknowledged]
    return Change(
        how=how,
        times=times,
        took=took,
        sent=sum(device.made for device in devices),
        lost=sum(source not in kept for source in acknowledged),
        doubled=sum(kept.get(source, 0) > 1 for source in acknowledged),
        dropped=sum(len(device.addresses) - 1 for device in devices),
        resent=sum(device.resent for device in devices),
        waits=sorted((d.told_at[n] - at) * 1000 for d in devices for n, at in d.sent_at.items() if n in d.told_at),
    )


if __name__ == "__main__":
    main()
