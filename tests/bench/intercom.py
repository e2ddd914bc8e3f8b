"""Intercom: from the button to the committed signal, to the answer, there and back by voice; what the engine costs.

`python -m tests.bench.intercom`. The station is a baresip of its own. There is no peer beside it: a human
conversation is the measure (ITU-T G.114: up to 150 ms one way is not noticed, from 400 ms on it disturbs).
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from drivers.sip_intercom import DRIVER, SipIntercom
from gateway.model import Command, Device, DeviceType, Text
from gateway.protocols.sip.link import SipLink
from gateway.protocols.sip.settings import SipSettings
from gateway.simulator.sip import SipPhone, free_port, run_phone
from gateway.store import Store
from tests.bench.latency import percentile
from tests.bench.machine import machine
from tests.support.reports import JournaledReports
from tests.support.voice import round_trip

HOST, GUARD = "127.0.0.1", "guard"
IDLE_S = 5.0


class Reports(JournaledReports):
    async def quarantine(self, why: Text, data: bytes) -> None:
        raise AssertionError((why, data))

    def lost(self, part: str, why: Text) -> None:
        raise AssertionError((part, why))


@dataclass(slots=True)
class Room:
    door: SipPhone
    driver: SipIntercom
    link: SipLink
    emit: Reports

    async def do(self, action: str) -> None:
        await self.driver.perform(Command("door", action, by=GUARD))

    @property
    def rang_at(self) -> float:
        """When the last call was on record, by the monotonic clock; 0.0 before the first."""
        return self.emit.recorded_at.get(("door", "call.started"), 0.0)

    async def ring(self) -> float:
        """Milliseconds from the button to the record."""
        before, began = self.rang_at, time.monotonic()
        await self.door.call(f"sip:guard@{self.link.settings.listen}")
        await until(lambda: self.rang_at != before)
        return (self.rang_at - began) * 1000


@asynccontextmanager
async def room(folder: Path) -> AsyncIterator[Room]:
    async with Store.open(folder) as store, run_phone("door", echo=True) as door:
        station = {"id": "door", "name": "Door", "uri": door.address, "unlock": {"dtmf": "#"}}
        settings = SipSettings.model_validate({"listen": f"{HOST}:{free_port()}", "stations": [station]})
        link, emit = SipLink(settings), Reports(store)
        device = Device("intercom", "sip_intercom", DeviceType.INTERCOM, "Intercom", "gate")
        driver = DRIVER(device, settings, link, emit)
        running = asyncio.create_task(driver.run())
        try:
            await until(lambda: emit.heard_count)
            yield Room(door, driver, link, emit)
        finally:
            running.cancel()
            await asyncio.wait([running])


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.0005)


async def calls(room: Room, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds, sorted: to ring, to be answered."""
    rang, answered = [], []
    for _ in range(count):
        rang.append(await room.ring())
        began = time.perf_counter()
        await room.do("answer")
        answered.append((time.perf_counter() - began) * 1000)
        await room.do("hang_up")
        await room.door.wait_for("CALL_CLOSED")
    return sorted(rang), sorted(answered)


def engine(room: Room) -> int:
    """The pid of the baresip that listens where stations call."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if command[0].endswith(b"baresip"):
                config = (Path(command[2].decode()) / "config").read_text()
                if f"sip_listen {room.link.settings.listen}\n" in config:
                    return int(folder.name)
        except OSError:
            continue
    raise RuntimeError("no engine")


async def percent(pid: int, seconds: float) -> float:
    """Of one core."""

    def spent() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before, began = spent(), time.monotonic()
    await asyncio.sleep(seconds)
    return (spent() - before) / (time.monotonic() - began) * 100


def megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def measure(count: int, console: Console) -> None:
    with tempfile.TemporaryDirectory() as made:
        console.print(machine(Path(made)))
        async with room(Path(made) / "data") as bench:
            pid = engine(bench)
            idle, memory = await percent(pid, IDLE_S), megabytes(pid)
            rang, answered = await calls(bench, count)
            await bench.ring()
            await bench.do("answer")
            async with bench.link.audio(bench.link.calls.active[0].id, GUARD) as talk:
                took = await round_trip(talk)
                busy = await percent(pid, IDLE_S)
    table = Table("what", "figure")
    table.add_row("from the button to the committed signal", f"{_spread(rang)} ms (p50, p99 of {count})")
    table.add_row("from the guard's answer to the open call, on record", f"{_spread(answered)} ms")
    table.add_row("voice, there and back through the station", f"{took * 1000:.0f} ms (half of it one way)")
    table.add_row("the engine idle", f"{idle:.1f} % of a core, {memory:.0f} MB")
    table.add_row("the engine in a call", f"{busy:.1f} % of a core")
    console.print(table)


def _spread(values: list[float]) -> str:
    return f"{percentile(values, 50):.1f}, {percentile(values, 99):.1f}"


@click.command()
@click.option("--calls", "count", default=40, show_default=True)
def main(count: int) -> None:
    asyncio.run(measure(count, Console()))


if __name__ == "__main__":
    main()
