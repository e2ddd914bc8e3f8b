"""Runs the simulated devices in a process of their own, so that they take no time of the gateway's event loop."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway.errors import AnjuError

START_TIMEOUT_S = 60.0
"""Drawing the cameras' still pictures takes most of it."""
END_TIMEOUT_S = 5.0


@asynccontextmanager
async def run_simulator(data: Path, plan: Mapping[str, Any]) -> AsyncIterator[None]:
    """Run the simulator while the context is open. Raises AnjuError if it does not start."""
    # It also ends when its standard input closes, so that it never outlives this process, however that ends.
    file = data / "simulator.json"
    file.touch(mode=0o600)  # the plan has passwords
    file.write_text(json.dumps(plan))
    pipe = asyncio.subprocess.PIPE
    devices = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.simulator", file, stdin=pipe, stdout=pipe, start_new_session=True
    )  # a session of its own: Ctrl-C must reach the gateway first, which still needs its devices to stop
    assert devices.stdin
    assert devices.stdout
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            if await devices.stdout.readline() != b"ready\n":
                raise AnjuError("the simulated devices did not start; their messages are above")
        yield
    finally:
        devices.stdin.close()
        try:
            await asyncio.wait_for(devices.wait(), END_TIMEOUT_S)
        except TimeoutError:
            devices.kill()
            await devices.wait()
