"""A whole vision worker with many live cameras: what it costs while nothing moves, and with ten of them busy.

Beside it, in the same run and on the same streams, what others take who decode every frame.

`python -m tests.bench.worker130 [CAMERAS]` prints the table. The worker is the real one, asked over its socket.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from gateway.vision.pool import VisionPool
from gateway.vision.stream_config import StreamConfig
from tests.bench.peers import CAMERAS as CAMERAS_OF_PEERS
from tests.bench.peers import PEERS, Peer, installed, peer
from tests.bench.process import cpu, resident

CAMERAS, BUSY, RATE = 130, 10, 25
SETTLE = 45.0
"""Seconds until sizes are relied upon (`Gates.YOUNG`), the rings are full and the start is trimmed away."""


@dataclass(frozen=True, slots=True)
class Cost:
    """`core` is the share of one core; `megabytes` is all the process holds, of its own and shared libraries."""

    cameras: int
    busy: int
    core: float
    gateway: float
    megabytes: float
    base: float
    motions: int

    @property
    def each(self) -> float:
        return (self.megabytes - self.base) / self.cameras


@asynccontextmanager
async def streams(cameras: int, busy: int = 0, port: int = 0) -> AsyncIterator[int]:
    """The port of a server in a process of its own; the first `busy` of its cameras see somebody walk."""
    command = (sys.executable, "-m", "tests.bench.streams", *map(str, (cameras, busy, port)))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


async def cost(cameras: int, busy: int, seconds: float, settle: float = SETTLE) -> Cost:
    async with streams(cameras, busy) as port, VisionPool(1) as pool, AsyncExitStack() as watches:
        await pool.workers[0].wait_until_ready()
        pid = pool.workers[0].pid
        assert pid is not None
        await asyncio.sleep(1)
        base, seen = resident(pid), [0]
        tasks = await watches.enter_async_context(asyncio.TaskGroup())
        watching = [tasks.create_task(_count(pool, port, number, seen)) for number in range(cameras)]
        await asyncio.sleep(settle)
        used, own, began = cpu(pid), cpu(os.getpid()), asyncio.get_running_loop().time()
        seen[0] = 0
        await asyncio.sleep(seconds)
        passed = asyncio.get_running_loop().time() - began
        figures = (cpu(pid) - used) / passed, (cpu(os.getpid()) - own) / passed
        taken = resident(pid)
        for task in watching:
            task.cancel()
    return Cost(cameras, busy, *figures, taken, base, seen[0])


async def _count(pool: VisionPool, port: int, number: int, seen: list[int]) -> None:
    watch = StreamConfig(f"rtsp://127.0.0.1:{port}/cam{number}")
    async with pool.slot(f"cam{number}").watch(watch) as sightings:
        async for sighting in sightings:
            seen[0] += sighting.kind == "motion.started"


def table(costs: list[Cost]) -> Table:
    title = f"a vision worker, live RTSP, 640×360, {RATE} fps, 0.6 Mbit/s; watched for motion"
    made = Table("cameras", "of them busy", "% of a core", "of the gateway's", "motions", "MB a camera", "MB before",
                 title=title, min_width=90)  # fmt: skip
    for one in costs:
        figures = (f"{100 * one.core:.1f}", f"{100 * one.gateway:.1f}", str(one.motions), f"{one.each:.2f}")
        made.add_row(str(one.cameras), str(one.busy), *figures, f"{one.base:.0f}")
    return made


async def beside(busy: int = CAMERAS_OF_PEERS) -> list[Peer]:
    """The peers on the same streams, one after the other."""
    async with streams(2 * CAMERAS_OF_PEERS, busy) as port:
        return [await asyncio.to_thread(peer, name, port, busy) for name in installed()]


def comparison(still: Cost, busy: Cost, peers: list[Peer]) -> Table:
    """Of peers a few cameras were measured, of ours all."""
    title = f"% of a core for {still.cameras} cameras, and cameras that one core carries"
    made = Table("", "still", f"{busy.busy} busy", "a core, still", f"a core, {busy.busy} of {busy.cameras} busy",
                 "MB a camera", title=title, min_width=90)  # fmt: skip
    rows = [("ours", still.core, busy.core, max(still.each, busy.each))]
    for one in peers:
        many = (one.core(still.cameras, 0), one.core(busy.cameras, busy.busy))
        rows.append((f"{PEERS[one.name]} (from {CAMERAS_OF_PEERS})", *many, one.megabytes))
    for name, calm, some, megabytes in rows:
        shares = (f"{100 * calm:.1f}", f"{100 * some:.1f}")
        carried = (f"{still.cameras / calm:.0f}", f"{busy.cameras / some:.0f}")
        made.add_row(name, *shares, *carried, f"{megabytes:.1f}")
    return made


def main() -> None:
    cameras = int(sys.argv[1]) if len(sys.argv) > 1 else CAMERAS
    settle = float(sys.argv[2]) if len(sys.argv) > 2 else SETTLE
    console = Console(width=None if Console().is_terminal else 110)
    costs = [asyncio.run(cost(cameras, busy, 30.0, settle)) for busy in (0, BUSY)]
    console.print(table(costs))
    console.print(comparison(*costs, asyncio.run(beside())))


if __name__ == "__main__":
    main()
