"""OSDP: from the card at the reader to its committed signal, by readers and baud, and what the line costs idle.

`python -m tests.bench.osdp`. The readers are libosdp's own peripheral in another process, on a pty pair as slow as
the baud; the peer is libosdp's own way to run a panel (its thread, 20 ms), which commits nothing.

Beside what was measured stands what can be: `by the wire` is the worst card of a master that never waits and readers
that never think; `as planned` that of our line, whose readers are asked again 50 ms after their answer at the earliest,
as libosdp asks no sooner. Neither has the record's own milliseconds in it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import osdp
from rich.console import Console
from rich.table import Table

from drivers.osdp_readers import DRIVER
from gateway.links.serial import SerialLink
from gateway.model import Device, DeviceType, Signal
from gateway.protocols.osdp.settings import ReadersSettings
from gateway.protocols.osdp.timing import wire_limit, worst_card_time
from gateway.store import Store
from tests.bench.latency import percentile
from tests.bench.machine import machine
from tests.support.reports import JournaledReports

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes(range(1, 17))
LINES = (
    *((1, 9600), (2, 9600), (8, 9600)),
    *((1, 19200), (4, 19200)),
    *((1, 38400), (2, 38400), (4, 38400), (8, 38400)),
    *((1, 115200), (8, 115200)),
)
IDLE_S = 5.0


@dataclass(frozen=True, slots=True)
class Taken:
    """Milliseconds, sorted, and percent of a core while nobody holds a card to it."""

    cards: list[float]
    idle: float


class Cards(JournaledReports):
    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.kept: dict[int, float] = {}
        """When each card, by its number, was on record."""

    async def __call__(self, signal: Signal, *, remembered: bool = False) -> int:
        number = await super().__call__(signal, remembered=remembered)
        if signal.kind == "credential.presented":
            self.kept[signal.data["card"]["number"]] = self.recorded_at[signal.device, signal.kind]
        return number


@asynccontextmanager
async def twin(readers: int, baud: int) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    arguments = ["-m", "tests.bench.reader_twin", str(readers), str(baud), KEY.hex()]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        assert process.stdout
        yield process, (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


async def ours(folder: Path, readers: int, baud: int, cards: int) -> Taken:
    async with twin(readers, baud) as (process, path), Store.open(folder / f"{readers}-{baud}") as store:
        emit = Cards(store)
        entries = [{"address": n, "id": f"r{n}", "name": "R", "key": KEY.hex()} for n in range(readers)]
        settings = ReadersSettings(port=path, baud=baud, readers=entries)
        device = Device("bench", "osdp_readers", DeviceType.PANEL, "bench", "bench")
        serving = asyncio.ensure_future(DRIVER(device, settings, SerialLink(settings), emit).run())
        try:
            return await _measure(process, cards, lambda: len(emit.heard_parts) == readers + 1, emit.kept)
        finally:
            serving.cancel()
            await asyncio.wait([serving])


async def libosdps(readers: int, baud: int, cards: int) -> Taken:
    async with twin(readers, baud) as (process, path):
        kept: dict[int, float] = {}

        def happened(_: int, event: dict[str, Any]) -> int:
            if event["event"] == osdp.Event.CardRead:
                kept[int.from_bytes(event["data"]) >> 7 & 0xFFFF] = time.monotonic()
            return 0

        port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        channel = _Port(port)
        flags = [osdp.LibFlag.EnforceSecure]
        infos = [osdp.PDInfo(n, channel, scbk=KEY, flags=flags) for n in range(readers)]
        panel = osdp.ControlPanel(infos, log_level=osdp.LogLevel.Emergency, event_handler=happened)
        panel.start()
        try:
            return await _measure(process, cards, lambda: panel.get_num_sc_active() == readers, kept)
        finally:
            await asyncio.to_thread(panel.teardown)
            os.close(port)


class _Port(osdp.Channel):  # type: ignore[misc]  # libosdp has no types
    def __init__(self, fd: int) -> None:
        self.id, self._fd = 1, fd

    def read(self, limit: int) -> bytes:
        try:
            return os.read(self._fd, limit)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> int:
        return os.write(self._fd, data)

    def flush(self) -> None: ...


async def _measure(
    process: asyncio.subprocess.Process, cards: int, up: Callable[[], bool], kept: dict[int, float]
) -> Taken:
    assert process.stdin
    assert process.stdout
    async with asyncio.timeout(30):
        while not up():
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    before = time.process_time()
    await asyncio.sleep(IDLE_S)
    idle = (time.process_time() - before) / IDLE_S * 100
    took = []
    for _ in range(cards):
        process.stdin.write(b"\n")
        number, shown = (await process.stdout.readline()).split()
        async with asyncio.timeout(10):
            while int(number) not in kept:
                await asyncio.sleep(0.002)
        took.append((kept[int(number)] - float(shown)) * 1000)
    return Taken(sorted(took), idle)


@click.command()
@click.option("--cards", default=60, show_default=True, help="held to the readers of each line")
@click.option("--peer/--no-peer", default=True, show_default=True, help="libosdp's own thread beside it")
def main(cards: int, peer: bool) -> None:
    console = Console(width=None if Console().is_terminal else 110)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT) as folder:
        console.print(f"[bold]{machine(Path(folder))}[/bold]")
        console.print(asyncio.run(_table(Path(folder), console, cards, peer)))


async def _table(folder: Path, console: Console, cards: int, peer: bool) -> Table:
    title = f"{cards} cards, secure channel; ms from the card to its committed signal"
    columns = (
        "readers",
        "baud",
        "worst by the wire",
        "worst as planned",
        "p50",
        "p99",
        "most",
        "idle, % of a core",
        "libosdp p50 / p99 / %",
    )
    table = Table(*columns, title=title)
    for readers, baud in LINES:
        with console.status(f"{readers} readers at {baud} baud"):
            mine = await ours(folder, readers, baud, cards)
            theirs = await _peer(readers, baud, cards) if peer else "-"
        figures = (f"{value:.0f}" for value in (percentile(mine.cards, 50), percentile(mine.cards, 99), mine.cards[-1]))
        wire, planned = (f"{worst(readers, baud) * 1000:.0f}" for worst in (wire_limit, worst_card_time))
        table.add_row(str(readers), str(baud), wire, planned, *figures, f"{mine.idle:.1f}", theirs)
    return table


async def _peer(readers: int, baud: int, cards: int) -> str:
    try:
        taken = await libosdps(readers, baud, cards)
    except TimeoutError:
        return "no session"
    return f"{percentile(taken.cards, 50):.0f} / {percentile(taken.cards, 99):.0f} / {taken.idle:.1f}"


if __name__ == "__main__":
    main()
