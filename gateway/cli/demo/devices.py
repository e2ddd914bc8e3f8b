"""The simulated devices, in a process of their own so that the gateway's loop has none of their work."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway.errors import AnjuError

START_LIMIT = 60.0
"""Seconds they may take to draw what the cameras show at rest."""
END_LIMIT = 5.0
"""Seconds they may take to end."""


@asynccontextmanager
async def simulator(data: Path, plan: Mapping[str, Any]) -> AsyncIterator[None]:
    """The devices, in a process of their own that ends when its input does: with us, whatever ends us."""
    file = data / "simulator.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(plan))
    pipe = asyncio.subprocess.PIPE
    devices = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.simulator", file, stdin=pipe, stdout=pipe, start_new_session=True
    )
    assert devices.stdin
    assert devices.stdout
    try:
        async with asyncio.timeout(START_LIMIT):
            if await devices.stdout.readline() != b"ready\n":
                raise AnjuError("the simulated devices did not start; what they said stands above")
        yield
    finally:
        devices.stdin.close()
        try:
            await asyncio.wait_for(devices.wait(), END_LIMIT)
        except TimeoutError:
            devices.kill()
            await devices.wait()
