"""How long a start takes after a busy day, and how much memory: `python -m tests.bench.start`.

The record holds five million signals of 22 hours. It is started from the states of its rules (after a clean stop,
and as if killed half a minute after they were saved), and without any; then its longest lists are asked for.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gateway.config.kinds import known_kinds
from gateway.desk import rows
from gateway.store import journal
from gateway.store.connection import connect
from tests.bench.long_journal import KINDS, fill, insert_cost
from tests.bench.machine import machine
from tests.bench.process import resident
from tests.support.gateway import Gateway, TestCompound, TestDevice

ROOT = Path(__file__).resolve().parents[2]
BEFORE = "84 s, 3,600 MB"
"""Measured on 2026-11-30 with the five million of 22 hours: every rule's horizon in one list."""
AFTER_CRASH = 30 * 200
"""Signals of half a minute under load."""


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds until it serves and until its rules have caught up; megabytes at the most."""

    serves: float
    caught_up: float
    memory: float


@click.command()
@click.option("--count", default=5_000_000, show_default=True, help="signals on record")
@click.option("--record", type=click.Path(path_type=Path), help="a folder made before, or to be made and kept")
def main(count: int, record: Path | None) -> None:
    console = Console(width=None if Console().is_terminal else 110)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT) as folder:
        console.print(f"[bold]{machine(Path(folder))}[/bold]")
        data = record or Path(folder) / "data"
        if not (data / "anju.db").exists():
            with console.status(f"{count:,} signals on record"):
                fill(data, count, 22)
        gateway = _gateway(Path(folder), data)
        console.print(_starts(gateway, count, console))
        console.print(_lists(data, count))
        now, before = insert_cost(Path(folder), 300_000)
        console.print(
            f"an insert into 300,000 signals: {now:.1f} µs of CPU, {before:.1f} µs without the indexes of m006_no_scans"
        )


def _gateway(folder: Path, data: Path) -> Gateway:
    rules = [{"id": kind, "kind": kind} for kind in known_kinds("rule")]
    return Gateway(TestCompound(folder / "config", [TestDevice("device-001")], rules=rules), data)


def _starts(gateway: Gateway, count: int, console: Console) -> Table:
    title = f"a start over {count:,} signals (before states were saved: {BEFORE} at 5,000,000)"
    table = Table("from", "serves after", "rules caught up after", "memory at most", title=title, min_width=90)
    _start(gateway)  # the first one applies migrations and knows no rule
    ways: dict[str, Callable[[Path], None]] = {
        "saved states, clean stop": lambda _data: None,
        f"saved states, then {AFTER_CRASH:,} signals, killed": _crashed,
        "no state that fits": _forgotten,
    }
    for name, prepare in ways.items():
        with console.status(name):
            prepare(gateway.data)
            start = _start(gateway)
        table.add_row(name, f"{start.serves:.1f} s", f"{start.caught_up:.1f} s", f"{start.memory:.0f} MB")
    return table


def _start(gateway: Gateway) -> Start:
    before = _configurations(gateway.data)
    began = time.monotonic()
    most = 0.0
    gateway.start(600)
    serves = time.monotonic() - began
    while not _caught_up(gateway.data, before):
        most = max(most, resident(gateway.pid))
        time.sleep(0.05)
    caught_up = time.monotonic() - began
    most = max(most, resident(gateway.pid))
    gateway.stop()
    return Start(serves, caught_up, most)


def _configurations(data: Path) -> int:
    with sqlite3.connect(f"file:{data}/anju.db?mode=ro", uri=True) as connection:
        found: int = connection.execute(
            "SELECT coalesce(max(number), 0) FROM journal WHERE entry <> 'signal' AND entry = 'config'"
        ).fetchone()[0]
    connection.close()
    return found


def _caught_up(data: Path, before: int) -> bool:
    """Whether the states of after this start's own row of the journal are on record."""
    connection = sqlite3.connect(f"file:{data}/anju.db?mode=ro", uri=True)
    try:
        seen = connection.execute("SELECT min(seen) FROM checkpoints").fetchone()[0]
    finally:
        connection.close()
    newest = _configurations(data)
    return newest > before and seen is not None and seen >= newest


def _crashed(data: Path) -> None:
    """Half a minute's signals after the last states, decided on but for those."""
    connection = connect(data / "anju.db")
    connection.execute("BEGIN")
    for number in range(AFTER_CRASH):
        kind, said = KINDS[number % len(KINDS)], json.dumps({"n": number})
        connection.execute(
            "INSERT INTO journal (entry, id, device, kind, received, data) VALUES ('signal', ?, ?, ?, ?, ?)",
            (f"s-late-{number}", "device-001", kind, time.time_ns() // 1000, said),
        )
    connection.execute("UPDATE progress SET seen = (SELECT max(number) FROM journal)")
    connection.execute("COMMIT")
    connection.close()


def _forgotten(data: Path) -> None:
    connection = connect(data / "anju.db")
    connection.execute("DELETE FROM checkpoints")
    connection.execute("UPDATE progress SET since = 0")
    connection.close()


def _lists(data: Path, count: int) -> Table:
    table = Table("list", "ms", title=f"a page of a list over {count:,} signals", min_width=90)
    connection = connect(data / "anju.db")
    asked: dict[str, Callable[[], object]] = {
        "signals of a device": lambda: journal.signals(connection, device="device-001"),
        "signals of a kind that is rare": lambda: journal.signals(connection, kind="device.offline"),
        "signals of a device and kind": lambda: journal.signals(connection, device="device-001", kind="zone.alarm"),
        "… of a kind it never says": lambda: journal.signals(connection, device="device-001", kind="fire.alarm"),
        "… far back": lambda: journal.signals(connection, device="device-001", kind="zone.alarm", before=count // 50),
        "alerts that are new or on hold": lambda: rows.page(connection, ["new", "on_hold"], None, 50),
        "closed alerts": lambda: rows.page(connection, ["closed"], None, 50),
    }
    for name, ask in asked.items():
        began = time.perf_counter()
        ask()
        table.add_row(name, f"{(time.perf_counter() - began) * 1000:.1f}")
    connection.close()
    return table


if __name__ == "__main__":
    main()
