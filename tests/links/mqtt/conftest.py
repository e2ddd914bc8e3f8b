from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.links.mqtt.support import Committer, QuarantineStub


@pytest.fixture
async def committer(tmp_path: Path) -> AsyncIterator[Committer]:
    made = Committer(tmp_path / "said.db")
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    made.close()


@pytest.fixture
def quarantined() -> QuarantineStub:
    return QuarantineStub()
