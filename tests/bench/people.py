"""5,000 households, 15,000 people, 20,000 cards and PINs: imported, searched, exported; beside plain SQLite."""

from __future__ import annotations

import asyncio
import csv
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from gateway.people import People
from gateway.people.roster import read_roster
from gateway.people.roster_export import Layout, export_rows, heading
from gateway.people.roster_import import import_roster, plan_roster
from gateway.people.search import PeopleIndex
from gateway.people.stored_register import read_register
from gateway.people.workbook import write_workbook
from gateway.store import Store
from tests.bench.machine import machine
from tests.support.residents_list import HEADING, ResidentsList, residents_list

HOUSEHOLDS, PEOPLE, SEARCHES = 5_000, 3, 200
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(slots=True)
class Steps:
    """What each step took: seconds, and the most memory that the process has had by then."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)

    def done(self, what: str, seconds: float | None = None) -> None:
        """The step is over."""
        took = time.perf_counter() - self.began if seconds is None else seconds
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.rows.append((what, f"{took:.2f}", f"{peak:.0f}"))
        self.began = time.perf_counter()


async def measure(folder: Path) -> None:
    """Print the tables."""
    made, now, steps = residents_list(HOUSEHOLDS, PEOPLE), datetime.now(UTC), Steps()
    book, text = folder / "list.xlsx", folder / "list.csv"
    write_workbook(book, HEADING, made.rows)
    with text.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADING, *made.rows])
    steps.done("(the lists made)")
    async with Store.open(folder / "data") as store:
        for file_ in (text, book):
            roster = read_roster(file_, made.places, ZONE)
            steps.done(f"{file_.suffix[1:].upper()} read and checked")
        plan = await plan_roster(store, roster, now)
        steps.done("preview: compared with an empty register")
        held: list[float] = []

        async def commit(unit: Callable[[sqlite3.Connection], object]) -> None:
            def timed(connection: sqlite3.Connection) -> None:
                began = time.perf_counter()
                unit(connection)
                held.append(time.perf_counter() - began)

            await store.write(timed)

        await import_roster(store, roster, now, commit=commit)
        steps.done("imported")
        steps.done("  of which the writer is held up", held[-1])
        again = await import_roster(store, roster, now)
        steps.done("imported again")
        assert again.changes == []
        register = await People(store).register(now)
        steps.done("register read, as at each change")
        index = PeopleIndex(register, made.places)
        steps.done("index for the search made")
        stored = await store.read(lambda connection: read_register(connection, store.vault, card_numbers=True))
        write_workbook(folder / "out.xlsx", heading("zh"), export_rows(stored, Layout("zh", ZONE, now)))
        steps.done("exported as XLSX")
    Console().print(machine(folder))
    facts = f"{len(made.places)} households, {len(register.persons)} people, {len(roster.credentials)} cards and PINs"
    _show(f"{facts}: {len(plan.changes)} changes", ("what", "s", "peak MB so far"), steps.rows)
    _show("search", ("for", "p50 ms", "p99", "worst", "a scan takes"), _searches(index, made, folder))


def _searches(index: PeopleIndex, made: ResidentsList, folder: Path) -> list[tuple[str, ...]]:
    chance = random.Random(7)
    rows = chance.sample(made.rows, SEARCHES)
    kinds: dict[str, list[str]] = {
        "a name": [row[1] for row in rows],
        "a part of a name": [row[1][1:] for row in rows],
        "pinyin initials": ["wjg", "lxy", "zm", "ch"] * (SEARCHES // 4),
        "a room": [row[0] for row in rows],
        "a room's Chinese name": [made.places[row[0]].name.zh for row in rows],
        "a room's numbers": ["-".join(row[0].replace("b", "").replace("u", "").split("/")) for row in rows],
        "a plate": [row[5] or "苏A12345" for row in rows],
        "the last digits of a phone": [row[2][-4:] for row in rows],
        "nothing that fits": ["没有这个人"] * SEARCHES,
    }
    base = _scan(made, folder)
    lines = []
    for kind, texts in kinds.items():
        took = sorted(_timed(index, text) for text in texts)
        p50 = took[len(took) // 2]
        lines.append(
            (kind, *(f"{ms:.1f}" for ms in (p50, took[int(len(took) * 0.99)], took[-1])), f"{p50 / base:.1f} ×")
        )
    return lines


def _timed(index: PeopleIndex, text: str) -> float:
    began = time.perf_counter()
    index.find(text)
    return (time.perf_counter() - began) * 1000


def _scan(made: ResidentsList, folder: Path) -> float:
    """Milliseconds of SQLite's LIKE over the same names, rooms, plates and phones in clear."""
    with sqlite3.connect(folder / "plain.db") as plain:
        plain.execute("CREATE TABLE people (place, name, phone, plate)")
        plain.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", [(*row[:3], row[5]) for row in made.rows])
        began = time.perf_counter()
        for row in made.rows[:20]:
            part = f"%{row[1]}%"
            plain.execute(
                "SELECT * FROM people WHERE name LIKE ? OR place LIKE ? OR phone LIKE ? OR plate LIKE ?", (part,) * 4
            ).fetchall()
    return (time.perf_counter() - began) * 1000 / 20


def _show(title: str, columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    table = Table(title=title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for line in lines:
        table.add_row(*line)
    Console().print(table)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="anju-bench-") as folder:
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
