"""A worker does not outlive its gateway, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

GATEWAY = """
import asyncio, sys
from gateway.vision.pool import VisionPool
from gateway.vision.stream_config import StreamConfig

async def main():
    async with VisionPool(1) as pool, pool.slot("lane").watch(StreamConfig(sys.argv[1])):
        print(pool.workers[0].pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_dies_with_its_parent(plate_clip: Path, root: Path) -> None:
    command = [sys.executable, "-c", GATEWAY, str(plate_clip)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as gateway:
        assert gateway.stdout is not None
        worker = int(gateway.stdout.readline())
        gateway.send_signal(signal.SIGKILL)
    limit = time.monotonic() + 5
    while _runs(worker):
        assert time.monotonic() < limit, "the worker outlives its gateway"
        os.sched_yield()


def _runs(pid: int) -> bool:
    """A zombie that nobody has collected yet does not count."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
