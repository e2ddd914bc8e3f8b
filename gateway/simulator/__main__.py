"""`python -m gateway.simulator PLAN.json`: prints `ready`, and ends when its input does.

Its input is one end of a pipe of the parent process: however the parent ends, the simulator ends too.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from gateway.simulator.compound import Plan, run_simulation


async def _input_ends() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def _main(plan: Plan) -> None:
    async with run_simulation(plan):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await _input_ends()


if __name__ == "__main__":
    asyncio.run(_main(Plan.read(Path(sys.argv[1]))))
