"""Devices that are described in YAML: framed lines, HTTP push, syslog: `python -m tests.bench.described`.

Each through a whole gateway. What is acknowledged is timed from its first byte to its acknowledgement, which
follows the commit; syslog knows none, so that its lines are counted in the record.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import tempfile
import tty
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import click
import fastcrc
from rich.console import Console
from rich.table import Table

from tests.bench.latency import percentile
from tests.bench.machine import machine
from tests.support.gateway import ROOM, Gateway, TestCompound
from tests.support.ports import HOST, free_port, wait_for_port

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "00112233445566778899aabbccddeeff"
ACK = b"\x06"
FRAMED = {
    "kind": "framed_serial",
    "frame": {"start": "AA 55", "size": 8, "checksum": {"kind": "crc16-modbus", "order": "little"}},
    "fields": {"code": {"at": 2}, "number": {"at": 3, "type": "u24"}},
    "messages": [{"when": {"code": 1}, "kind": "zone.restored", "id": "number"}],
    "acknowledge": [{"when": {"code": 1}, "send": {"raw": "06"}}],
}
PUSH = {
    "kind": "http_push",
    "token": TOKEN,
    "rate": 1000,
    "burst": 10_000,
    "paths": {"what": "code", "id": "serial"},
    "kinds": {"1": "zone.restored"},
}
SYSLOG = {
    "kind": "syslog_lines",
    "transport": ["tcp"],
    "patterns": [{"match": r"Zone \d+ restored \((?P<id>\d+)\)", "kind": "zone.restored"}],
}


@dataclass(frozen=True, slots=True)
class Described:
    """One entry of devices.yaml."""

    id: str
    more: Mapping[str, Any]

    @property
    def entry(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.id, "place": ROOM, **self.more}


@dataclass(frozen=True, slots=True)
class Measured:
    """`took`: milliseconds from the first byte to the acknowledgement, sorted; empty where there is none."""

    name: str
    rate: float
    took: list[float]


@click.command()
@click.option("--seconds", default=5.0, show_default=True, help="of each measurement")
def main(seconds: float) -> None:
    console = Console(width=None if Console().is_terminal else 110)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT) as folder:  # not /tmp, which may be memory
        asyncio.run(_run(Path(folder), console, seconds))


async def _run(folder: Path, console: Console, seconds: float) -> None:
    console.print(f"[bold]{await asyncio.to_thread(machine, folder)}[/bold]")
    with _line() as (line, path):
        port = free_port()
        entries = [Described("panel", {**FRAMED, "port": path}), Described("host", PUSH)]
        entries.append(Described("logs", {**SYSLOG, "listen": f"{HOST}:{port}"}))
        async with _gateway(folder, entries, port) as gateway:
            measured = [
                await _frames(line, seconds),
                await _pushes(gateway, 1, seconds),
                await _pushes(gateway, 20, seconds),
                await _lines(gateway, port, 20_000),
            ]
    console.print(_table(measured))


@contextmanager
def _line() -> Iterator[tuple[int, str]]:
    """A pty pair: no baud rate slows it."""
    ours, theirs = os.openpty()
    for end in (ours, theirs):
        tty.setraw(end)
    os.set_blocking(ours, False)
    try:
        yield ours, os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


@asynccontextmanager
async def _gateway(folder: Path, entries: list[Any], port: int) -> AsyncIterator[Gateway]:
    gateway = Gateway(TestCompound(folder / "config", entries), folder / "data")
    await asyncio.to_thread(gateway.start)
    try:
        await asyncio.to_thread(wait_for_port, port)
        yield gateway
    finally:
        await asyncio.to_thread(gateway.stop)


async def _frames(line: int, seconds: float) -> Measured:
    """The next event when the last one is acknowledged, as panels do."""
    loop = asyncio.get_running_loop()
    acknowledged = asyncio.Event()
    loop.add_reader(line, lambda: acknowledged.set() if os.read(line, 64).endswith(ACK) else None)
    took, began, number = [], loop.time(), 0
    while loop.time() - began < seconds:
        number += 1
        body = b"\x01" + number.to_bytes(3)
        sent = loop.time()
        os.write(line, b"\xaa\x55" + body + fastcrc.crc16.modbus(body).to_bytes(2, "little"))
        async with asyncio.timeout(10):
            await acknowledged.wait()
        acknowledged.clear()
        took.append((loop.time() - sent) * 1000)
    loop.remove_reader(line)
    return Measured("framed_serial, one event under way", number / (loop.time() - began), sorted(took))


async def _pushes(gateway: Gateway, connections: int, seconds: float) -> Measured:
    loop = asyncio.get_running_loop()
    took: list[float] = []
    began = loop.time()

    async def push(session: aiohttp.ClientSession, who: int) -> None:
        number = 0
        while loop.time() - began < seconds:
            number += 1
            sent, body = loop.time(), json.dumps({"code": 1, "serial": f"{connections}-{who}-{number}"})
            async with session.post("/api/v1/push/host", data=body) as answer:
                answer.raise_for_status()
                took.append((loop.time() - sent) * 1000)

    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(gateway.url, headers=headers) as session, asyncio.TaskGroup() as tasks:
        for who in range(connections):
            tasks.create_task(push(session, who))
    return Measured(f"http_push, {connections} under way", len(took) / (loop.time() - began), sorted(took))


async def _lines(gateway: Gateway, port: int, count: int) -> Measured:
    """One connection as fast as it is read, until every line is on record."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection(HOST, port)
    began = loop.time()
    for number in range(count):
        writer.write(f"<13>Nov 22 20:00:00 wall alarmd: Zone 3 restored ({number})\n".encode())
        if number % 100 == 0:
            await writer.drain()
    await writer.drain()
    async with asyncio.timeout(120):
        while await asyncio.to_thread(_on_record, gateway.data) < count:
            await asyncio.sleep(0.1)
    writer.close()
    del reader
    return Measured("syslog_lines, one connection", count / (loop.time() - began), [])


def _on_record(data: Path) -> int:
    with closing(sqlite3.connect(data / "anju.db")) as record:
        rows = record.execute("SELECT count(source_id) FROM journal WHERE entry = 'signal' AND device = 'logs'")
        found: int = rows.fetchone()[0]
        return found


def _table(measured: list[Measured]) -> Table:
    title = "described in YAML; ms from the first byte to the acknowledgement, after the commit"
    table = Table("driver", "signals/s", "p50", "p99", "most", title=title, min_width=90)
    for each in measured:
        times = (percentile(each.took, 50), percentile(each.took, 99), each.took[-1]) if each.took else ()
        table.add_row(each.name, f"{each.rate:.0f}", *(f"{value:.1f}" for value in times))
    return table


if __name__ == "__main__":
    main()
