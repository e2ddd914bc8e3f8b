"""A line of 32 modules of 16 inputs at 9600 baud, three of them dead: how long a cycle takes, and who notices what.

The modules are pymodbus's own server in a process of its own, at the far end of a wire that carries
9600 baud; beside ours stands pymodbus's own client on the same line, with its defaults and tuned.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusException
from rich.console import Console
from rich.table import Table

from drivers.modbus_io import DRIVER
from gateway.model import Device, DeviceType
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.modbus.settings import ModbusIoSettings
from gateway.simulator.modbus import run_modules
from tests.support.reports import TimedReports

BAUD, UNITS, INPUTS = 9600, range(1, 33), 16
DEAD = (5, 17, 23)
CYCLES, WARM = 12, 4
"""Measured, and before that: until the dead are known to be."""
LINE_S = 0.9
"""What a cycle may take (issue 4)."""


@dataclass(frozen=True, slots=True)
class Cycles:
    """Seconds each; `heard` units answered in the last one."""

    who: str
    dead: int
    seconds: Sequence[float]
    heard: int
    noticed: float | None = None
    """Seconds from a contact that closes to its signal, the slowest of a few."""


@asynccontextmanager
async def a_line(folder: Path, dead: Sequence[int]) -> AsyncIterator[tuple[Path, Any]]:
    """The gateway's port, and a way to close a contact, of modules in another process."""
    port = folder / "line"
    words = [sys.executable, "-m", __spec__.name, str(port), ",".join(map(str, dead))]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe)
    assert process.stdin
    assert process.stdout
    try:
        await process.stdout.readline()
        yield port, process.stdin
    finally:
        process.stdin.close()
        await process.wait()


async def modules(port: Path, dead: set[int]) -> None:
    """The other process: each line of its input is a unit and an input that closes."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    async with run_modules(UNITS, port, BAUD) as (units, _wire, _path):
        units.offline = dead
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while words := (await reader.readline()).split():
            await units.contact(int(words[0]), int(words[1]))


async def ours(port: Path, dead: int, contacts: Any) -> Cycles:
    """The driver as it runs in the gateway, but for the disk."""
    units = [
        {
            "address": unit,
            "id": f"io-{unit}",
            "name": str(unit),
            "inputs": [
                {"number": n, "id": f"zone-{unit}-{n}", "name": str(n), "means": "zone.alarm"} for n in range(INPUTS)
            ],
        }
        for unit in UNITS
    ]
    settings = ModbusIoSettings(port=str(port), baud=BAUD, cycle="20ms", units=units)
    emit = TimedReports()
    driver = DRIVER(Device("bench", "modbus_io", DeviceType.PANEL, "", ""), settings, ModbusLink(settings), emit)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(driver.run())
        seconds = [took async for took in _cycles(driver, WARM + CYCLES)][WARM:]
        noticed = [await _notice(contacts, emit, unit) for unit in (1, 16, 32, 8)]
        serving.cancel()
    return Cycles("Anju's driver", dead, seconds, len(emit.heard_parts - {None}), max(noticed))


async def _cycles(driver: Any, count: int) -> AsyncIterator[float]:
    for number in range(1, count + 1):
        while driver.cycle_time.count < number:
            await asyncio.sleep(0.005)
        yield driver.cycle_time.last


async def _notice(contacts: Any, emit: TimedReports, unit: int) -> float:
    began = time.monotonic()
    contacts.write(f"{unit} 3\n".encode())
    alarm = (f"zone-{unit}-3", "zone.alarm")
    while alarm not in emit.recorded_at:
        await asyncio.sleep(0.005)
    return emit.recorded_at[alarm] - began


async def pymodbus(port: Path, dead: int, *, tuned: bool) -> Cycles:
    """Its own client, asked in a loop as its documentation does."""
    how = {"timeout": 0.1, "retries": 0} if tuned else {}
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # every timeout of it is a page
    client = AsyncModbusSerialClient(str(port), baudrate=BAUD, **how)  # type: ignore[arg-type]
    await client.connect()
    seconds, heard = [], 0
    for _ in range(3 if tuned else 1):
        began, heard = time.monotonic(), 0
        for unit in UNITS:
            try:
                answer = await client.read_discrete_inputs(0, count=INPUTS, device_id=unit)
            except ModbusException:
                continue
            heard += not answer.isError()
        seconds.append(time.monotonic() - began)
    client.close()
    return Cycles("pymodbus, 0.1 s and no retries" if tuned else "pymodbus, its defaults", dead, seconds, heard)


async def measure(folder: Path) -> list[Cycles]:
    found = []
    for dead in ((), DEAD):
        async with a_line(folder, dead) as (port, contacts):
            found.append(await ours(port, len(dead), contacts))
            found.append(await pymodbus(port, len(dead), tuned=True))
    async with a_line(folder, DEAD) as (port, _):
        found.append(await pymodbus(port, len(DEAD), tuned=False))
    return found


def show(console: Console, found: Sequence[Cycles]) -> None:
    table = Table(title=f"32 modules of 16 inputs at {BAUD} baud (a cycle may take {LINE_S} s)")
    for column in ("who asks", "dead", "cycle, median s", "worst s", "heard", "contact to signal, worst s"):
        table.add_column(column, justify="left" if column == "who asks" else "right")
    for each in found:
        noticed = "" if each.noticed is None else f"{each.noticed:.2f}"
        middle, worst = statistics.median(each.seconds), max(each.seconds)
        table.add_row(each.who, str(each.dead), f"{middle:.3f}", f"{worst:.3f}", f"{each.heard}/32", noticed)
    console.print(table)


def main() -> None:
    console = Console(width=None if Console().is_terminal else 110)
    with tempfile.TemporaryDirectory() as folder:
        show(console, asyncio.run(measure(Path(folder))))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(modules(Path(sys.argv[1]), {int(unit) for unit in sys.argv[2].split(",") if unit}))
    else:
        main()
