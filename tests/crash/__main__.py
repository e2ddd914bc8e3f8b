"""`python -m tests.crash --kills 50`: exit 0 when everything acknowledged was kept and nothing doubled."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Protocol, TypeVar

import click
from rich.console import Console
from rich.progress import Progress

from tests.crash.campaign import Campaign
from tests.crash.disk import DiskCampaign
from tests.crash.show import disk_table, table

T_co = TypeVar("T_co", covariant=True)


class Runs(Protocol[T_co]):
    async def run(self) -> T_co: ...


@click.command()
@click.option("--kills", default=50, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", type=int, help="of the moments at which it is killed; a new one each time if absent")
@click.option("--disk-rounds", default=6, show_default=True, help="in which the disk fails under load")
@click.option("--limit", default=600, show_default=True, help="seconds it may take in all")
def main(kills: int, seed: int | None, disk_rounds: int, limit: float) -> None:
    console = Console(width=None if Console().is_terminal else 110)
    seed = time.time_ns() % 1_000_000 if seed is None else seed
    with tempfile.TemporaryDirectory(prefix="anju-crash-") as folder, Progress(console=console) as progress:
        task = progress.add_task(f"killing (seed {seed})", total=kills)
        campaign = Campaign(Path(folder), kills, seed, lambda: progress.advance(task))
        report = asyncio.run(_within(limit, campaign))
    console.print(table(report))
    with tempfile.TemporaryDirectory(prefix="anju-disk-") as folder, Progress(console=console) as progress:
        task = progress.add_task(f"breaking the disk (seed {seed})", total=disk_rounds)
        disk = DiskCampaign(Path(folder), disk_rounds, seed, lambda: progress.advance(task))
        broken = asyncio.run(_within(limit, disk))
    console.print(disk_table(broken))
    if not (report.holds and broken.holds):
        raise SystemExit(f"the promise is broken (seed {seed})")


async def _within(limit: float, campaign: Runs[T_co]) -> T_co:
    async with asyncio.timeout(limit):
        return await campaign.run()


if __name__ == "__main__":
    main()
