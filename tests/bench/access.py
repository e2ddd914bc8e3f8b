"""From the card to the door's command, with 20,000 credentials and 200 signals a second beside it.

`python -m tests.bench.access`. The doors speak MQTT to a gateway of its own process. Two baselines: the acknowledgement
of the same card, which is one commit and no decision, and a register with one household.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gateway.access import AccessRequest, AccessRules, AccessState, PresentedCredential
from gateway.access.policy import decide
from gateway.config import load
from gateway.model import CredentialKind
from gateway.people import People
from gateway.people.credential_digest import credential_digest
from gateway.people.register_writer import (
    ChangedBy,
    CredentialData,
    MembershipData,
    PersonData,
    RegisterWriter,
)
from gateway.store import Store
from tests.bench.latency import percentile
from tests.bench.machine import machine
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import MqttDevice
from tests.support.mqtt_door import MqttDoor

HOUSEHOLDS, CARDS_EACH = 5000, 4
DOORS, PRESENTED, RATE = 4, 400, 200.0
LOADERS = 8
KINDS = ("door.opened", "door.closed", "gas.alarm", "gas.restored")
FIRST_CARD = 10_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """Milliseconds, sorted: to the acknowledgement, to the command; `peak` is the gateway's memory in MB."""

    name: str
    acknowledged: Sequence[float]
    opened: Sequence[float]
    missing: int
    peak: float


async def fill(folder: Path, households: int) -> float:
    """Write so many households with their cards; returns the seconds that it takes to read the register."""
    at = datetime.now(UTC) - timedelta(days=1)

    def write(connection: sqlite3.Connection) -> None:
        writer = RegisterWriter(connection, store.vault, at, ChangedBy("", "bench"))
        for room in range(households):
            place, person = f"b1/u1/{room + 1}", f"p-{room}"
            writer.put_person(PersonData(f"住户{room}"), person)
            writer.put_membership(MembershipData(person, place, "owner", at), f"m-{room}")
            for number in range(CARDS_EACH):
                value = str(FIRST_CARD + room * CARDS_EACH + number)
                writer.add_credential(CredentialData(CredentialKind.CARD, value, place, person))

    async with Store.open(folder) as store:
        await store.write(write)
        began = time.perf_counter()
        await People(store).register(datetime.now(UTC))
        return time.perf_counter() - began


def made(folder: Path) -> Gateway:
    doors = [
        TestDevice(f"door-{n}", more={"type": "door", "place": "b1/u1", "actions": {"unlock": []}})
        for n in range(DOORS)
    ]
    loaders = [TestDevice(f"load-{n}") for n in range(LOADERS)]
    gateway = Gateway(TestCompound(folder / "config", [*doors, *loaders]), folder / "data")
    access = {"doors": [{"device": door.id, "readers": [{"device": door.id}]} for door in doors]}
    (folder / "config" / "access.yaml").write_text(json.dumps(access))
    return gateway


async def measure(folder: Path, name: str, households: int, rate: float, count: int) -> Run:
    gateway = made(folder)
    await fill(gateway.data, households)
    await asyncio.to_thread(gateway.start)
    try:
        port = gateway.compound.mqtt_port
        doors = [MqttDoor(f"door-{n}", port, PASSWORD) for n in range(DOORS)]
        load = [
            MqttDevice(f"load-{n}", port, f"load-{n}", PASSWORD, lambda i: KINDS[i % len(KINDS)], rate / LOADERS)
            for n in range(LOADERS if rate else 0)
        ]
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(one.run()) for one in (*doors, *load)]
            await asyncio.gather(*(door.ready.wait() for door in doors))
            await asyncio.sleep(1)  # the load has begun
            await present(doors, households * CARDS_EACH, count)
            for task in running:
                task.cancel()
        peak = peak_memory(gateway.pid)
    finally:
        await asyncio.to_thread(gateway.stop)
    return result(name, doors, peak)


async def present(doors: Sequence[MqttDoor], cards: int, count: int) -> None:
    """One card after the other at all doors, as people come: 40 a second in all."""
    for number in range(count):
        doors[number % DOORS].present(FIRST_CARD + number * 7919 % cards)
        await asyncio.sleep(0.025)
    await asyncio.sleep(2)


def result(name: str, doors: Sequence[MqttDoor], peak: float) -> Run:
    acknowledged, opened, missing = [], [], 0
    for door in doors:
        acknowledged += [(door.told[each] - at) * 1000 for each, at in door.presented.items() if each in door.told]
        missing += len(door.presented) - len(door.commands)
        # Each card opens, and commands come in the order of the cards of a door.
        opened += [
            (times[0] - at) * 1000
            for at, times in zip(door.presented.values(), door.commands.values(), strict=False)
            if len(door.presented) == len(door.commands)
        ]
    return Run(name, sorted(acknowledged), sorted(opened), missing, peak)


def peak_memory(pid: int) -> float:
    """Megabytes at most so far."""
    lines = Path("/proc", str(pid), "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024


async def decisions(folder: Path) -> tuple[list[float], float]:
    """Microseconds of the pure decision with all households, sorted; seconds to read the register."""
    gateway = made(folder)
    seconds = await fill(gateway.data, HOUSEHOLDS)
    rules, state = AccessRules.of(load(gateway.compound.folder)), AccessState()
    async with Store.open(gateway.data) as store:
        register = await People(store).register(datetime.now(UTC))
        took = []
        for number in range(5000):
            value = str(FIRST_CARD + number * 7919 % (HOUSEHOLDS * CARDS_EACH))
            began = time.perf_counter()
            digest = credential_digest(store.vault, CredentialKind.CARD, value)
            request = AccessRequest(
                PresentedCredential(CredentialKind.CARD, value), "door-0", datetime.now(UTC), digests=(digest,)
            )
            assert decide(request, register, rules, state).granted
            took.append((time.perf_counter() - began) * 1e6)
    return sorted(took), seconds


def show(console: Console, runs: Sequence[Run], pure: Sequence[float], read_s: float) -> None:
    table = Table(title="milliseconds from the card")
    for column in ("", "acknowledged p50, p99, max", "command p50, p99, max", "not opened", "peak memory"):
        table.add_column(column, justify="left" if not column else "right")
    for run in runs:
        table.add_row(run.name, spread(run.acknowledged), spread(run.opened), str(run.missing), f"{run.peak:.0f} MB")
    console.print(table)
    console.print(f"the decision alone, digest included: {spread(pure)} µs; the register is read in {read_s:.1f} s")


def spread(values: Sequence[float]) -> str:
    return f"{percentile(values, 50):.1f}, {percentile(values, 99):.1f}, {values[-1]:.1f}" if values else "–"


async def bench(count: int, console: Console) -> None:
    with tempfile.TemporaryDirectory(prefix="anju-bench-") as name:
        folder = Path(name)
        console.print(machine(folder))
        runs = [
            await measure(folder / "one", "one household, nothing beside", 1, 0, count),
            await measure(folder / "many", "20,000 credentials, nothing beside", HOUSEHOLDS, 0, count),
            await measure(folder / "load", "20,000 credentials, 200 signals/s beside", HOUSEHOLDS, RATE, count),
        ]
        show(console, runs, *await decisions(folder / "pure"))


@click.command()
@click.option("--count", default=PRESENTED, show_default=True, help="Cards presented in each run.")
def main(count: int) -> None:
    asyncio.run(bench(count, Console(width=None if Console().is_terminal else 130)))


if __name__ == "__main__":
    main()
