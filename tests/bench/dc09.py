"""Fifty alarm panels at once over SIA DC-09, each acknowledged after the commit: `python -m tests.bench.dc09`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from tests.bench.latency import percentile
from tests.bench.machine import machine
from tests.bench.panels import Panel, Report, report_contact_id, report_sia
from tests.support.gateway import ROOM, Gateway, TestCompound
from tests.support.ports import HOST, free_port, wait_for_port

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes(range(16))


@dataclass(frozen=True, slots=True)
class Receiver:
    """The receiver's entry in the YAML; accounts 1000… in clear, 2000… encrypted."""

    id: str
    port: int
    panels: int

    @property
    def entry(self) -> dict[str, Any]:
        plain = [_account(1000 + n) for n in range(self.panels)]
        sealed = [{**_account(2000 + n), "key": KEY.hex()} for n in range(self.panels)]
        return {
            "id": self.id,
            "kind": "dc09_receiver",
            "name": self.id,
            "place": ROOM,
            "listen": f"{HOST}:{self.port}",
            "accounts": plain + sealed,
        }


def _account(number: int) -> dict[str, Any]:
    return {"account": str(number), "id": f"panel-{number}", "name": str(number), "type": "home"}


@dataclass(frozen=True, slots=True)
class Measured:
    """`took`: milliseconds from a frame's first byte to its acknowledgement, sorted."""

    name: str
    rate: float
    took: list[float]


@click.command()
@click.option("--panels", default=50, show_default=True)
@click.option("--seconds", default=6.0, show_default=True, help="of each measurement")
def main(panels: int, seconds: float) -> None:
    console = Console(width=None if Console().is_terminal else 110)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT) as folder:  # not /tmp, which may be memory
        asyncio.run(_run(Path(folder), console, panels, seconds))


async def _run(folder: Path, console: Console, panels: int, seconds: float) -> None:
    console.print(f"[bold]{await asyncio.to_thread(machine, folder)}[/bold]")
    ours = "anju, ACK after the commit:"
    measured = []
    async with _gateway(folder, panels) as port:
        measured.append(await _measure(f"{ours} TCP", port, panels, seconds))
        measured.append(await _measure(f"{ours} TCP, AES-128", port, panels, seconds, first=2000, key=KEY))
        measured.append(await _measure(f"{ours} UDP", port, panels, seconds, transport="udp"))
    async with _peer(panels) as port:
        peer = "pysiaalarm, ACK before anything, nothing kept: TCP"
        measured.append(await _measure(peer, port, panels, seconds, report=report_sia))
    console.print(_table(panels, measured))


async def _measure(
    name: str,
    port: int,
    panels: int,
    seconds: float,
    *,
    first: int = 1000,
    key: bytes | None = None,
    transport: str = "tcp",
    report: Report = report_contact_id,
) -> Measured:
    """Every panel sends its next event when the last one is acknowledged, as the protocol has it."""
    sending = [Panel(str(first + n), key, report) for n in range(panels)]
    loop = asyncio.get_running_loop()
    for panel in sending:
        await panel.connect(HOST, port, transport)
    began = loop.time()
    for panel in sending:
        panel.start()
    await asyncio.sleep(seconds)
    for panel in sending:
        panel.stop()
    took = sorted(each * 1000 for panel in sending for each in panel.took)
    return Measured(name, len(took) / (loop.time() - began), took or [0.0])


@asynccontextmanager
async def _gateway(folder: Path, panels: int) -> AsyncIterator[int]:
    port = free_port()
    receiver: Any = Receiver("receiver", port, panels)
    gateway = Gateway(TestCompound(folder / "config", [receiver]), folder / "data")
    await asyncio.to_thread(gateway.start)
    try:
        await asyncio.to_thread(wait_for_port, port)
        yield port
    finally:
        await asyncio.to_thread(gateway.stop)


@asynccontextmanager
async def _peer(panels: int) -> AsyncIterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.pysiaalarm_peer", str(port), *(str(1000 + n) for n in range(panels))]
    peer = await asyncio.to_thread(subprocess.Popen, command)
    try:
        await asyncio.to_thread(wait_for_port, port)
        yield port
    finally:
        peer.terminate()
        await asyncio.to_thread(peer.wait)


def _table(panels: int, measured: list[Measured]) -> Table:
    title = f"{panels} panels, one event each under way; ms from a frame's first byte to its ACK"
    table = Table("receiver", "events/s", "p50", "p99", "most", title=title, min_width=90)
    for each in measured:
        times = (percentile(each.took, 50), percentile(each.took, 99), each.took[-1])
        table.add_row(each.name, f"{each.rate:.0f}", *(f"{value:.1f}" for value in times))
    return table


if __name__ == "__main__":
    main()
