"""What a worker that was broken into may say, and what it can't do with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.vision.ipc import IpcMessage
from gateway.vision.worker_client import DropCounts, WorkerClient


class FakeProcess:
    """A worker process that sends these headers."""

    def __init__(self, *headers: dict[str, Any]) -> None:
        self._headers = headers

    async def messages(self, _silence_timeout: float) -> AsyncIterator[IpcMessage]:
        for header in self._headers:
            yield IpcMessage(json.loads(json.dumps(header)))


NO_DROPS = {"dropped": [0, 0, 0]}


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"event": "ready"},
        {"event": "ready", "dropped": 7},
        {"event": "ready", "dropped": ["x", 0, 0]},
        {"dropped": [0, 0, 0]},
        {"event": "alive", **NO_DROPS},
        {"event": "alive", "stream": [], **NO_DROPS},
        {"event": "jpeg", "id": {}, **NO_DROPS},
    ],
)
async def test_nonsense_ends_the_worker_and_not_the_gateway(header: dict[str, Any]) -> None:
    assert "invalid message" in await WorkerClient("1")._listen(FakeProcess(header))  # type: ignore[arg-type]


async def test_words_of_a_watch_that_is_over_are_let_pass() -> None:
    client = WorkerClient("1")
    sent = [
        {"event": "sighting", "stream": 99, **NO_DROPS},
        {"event": "idle", "dropped": [3, 5, 2]},
        {"event": "jpeg", "id": 1, **NO_DROPS},
    ]
    assert await client._listen(FakeProcess(*sent[:2])) == "it ended"  # type: ignore[arg-type]
    assert client.dropped == DropCounts(3, 5, 2)
    assert await client._listen(FakeProcess(sent[2])) == "it ended"  # type: ignore[arg-type]
