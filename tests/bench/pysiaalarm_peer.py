"""pysiaalarm's receiver, serving: `python -m tests.bench.pysiaalarm_peer PORT ACCOUNT…`."""

from __future__ import annotations

import asyncio
import sys

from pysiaalarm import SIAAccount, SIAEvent
from pysiaalarm.aio import SIAClient

from tests.support.ports import HOST


async def _take(_event: SIAEvent) -> None:
    """Whatever one would do with it comes after its acknowledgement."""


async def _serve(port: int, accounts: list[str]) -> None:
    async with SIAClient(HOST, port, [SIAAccount(account) for account in accounts], _take):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2:]))
