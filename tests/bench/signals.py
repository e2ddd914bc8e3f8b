"""From the device's byte to the guard's screen, and what group commit is worth: `python -m tests.bench.signals`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tests.bench.commits import Rate, compare
from tests.bench.latency import Latency, Throughput, latency, percentile, throughput
from tests.bench.machine import machine
from tests.support.mqtt_device import LEVEL_3_1_1, LEVEL_5

ROOT = Path(__file__).resolve().parents[2]


@click.command()
@click.option("--rate", default=200, show_default=True, help="signals a second while the latency is taken")
@click.option("--seconds", default=20.0, show_default=True, help="how long the latency is taken")
def main(rate: int, seconds: float) -> None:
    console = Console(width=None if Console().is_terminal else 110)
    # beside the sources and not in /tmp, which may be memory, where a sync costs nothing
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT) as folder:
        asyncio.run(_run(Path(folder), console, rate, seconds))


async def _run(folder: Path, console: Console, rate: int, seconds: float) -> None:
    console.print(f"[bold]{await asyncio.to_thread(machine, folder)}[/bold]")
    with console.status("from the device's byte to the guard's screen"):
        seen = await latency(folder, rate, seconds)
    console.print(_latency_table(seen))
    with console.status("group commit"):
        rates = [await compare(folder, in_flight) for in_flight in (1, 20, 200)]
    console.print(_rates_table(rates))
    with console.status("as fast as devices are let"):
        most = [
            await throughput(folder, level, window, seconds=4)
            for level in (LEVEL_3_1_1, LEVEL_5)
            for window in (20, 50)
        ]
    console.print(_throughput_table(most))


def _latency_table(seen: Latency) -> Table:
    title = (
        f"{len(seen.frames)} signals at {seen.rate:.0f}/s, {seen.missing} not shown; ms from the device's first byte"
    )
    table = Table("to", "p50", "p99", "most", title=title, min_width=90)
    for name, values in (("PUBACK (kept)", seen.acknowledgements), ("WebSocket frame (seen)", seen.frames)):
        table.add_row(name, *(f"{value:.1f}" for value in (percentile(values, 50), percentile(values, 99), values[-1])))
    return table


def _rates_table(rates: list[Rate]) -> Table:
    table = Table(
        "in flight", "group commit", "commit a signal", "ratio", title="signals accepted a second", min_width=90
    )
    for rate in rates:
        table.add_row(str(rate.in_flight), f"{rate.grouped:.0f}", f"{rate.alone:.0f}", f"{rate.ratio:.1f}×")
    return table


def _throughput_table(rates: list[Throughput]) -> Table:
    title = "through the MQTT endpoint and the whole gateway: signals kept a second"
    table = Table("MQTT", "devices", "in flight a device", "signals/s", title=title, min_width=90)
    for rate in rates:
        version = "5" if rate.level == LEVEL_5 else "3.1.1"
        table.add_row(version, str(rate.devices), str(rate.window), f"{rate.rate:.0f}")
    return table


if __name__ == "__main__":
    main()
