"""What a worker that was broken into may say, and what it can't do with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.vision.ipc import IpcMessage
from gateway.vision.worker_client import DropCounts, WorkerClient


class Says:
    """A line on which these headers come."""

    def __init__(self, *headers: dict[str, Any]) -> None:
        self._headers = headers

    async def messages(self, _silence_timeout: float) -> AsyncIterator[IpcMessage]:
        for header in self._headers:
            yield IpcMessage(json.loads(json.dumps(header)))


OKAY = {"dropped": [0, 0, 0]}


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"event": "ready"},
        {"event": "ready", "dropped": 7},
        {"event": "ready", "dropped": ["x", 0, 0]},
        {"dropped": [0, 0, 0]},
        {"event": "alive", **OKAY},
        {"event": "alive", "stream": [], **OKAY},
        {"event": "jpeg", "id": {}, **OKAY},
    ],
)
async def test_nonsense_ends_the_worker_and_not_the_gateway(header: dict[str, Any]) -> None:
    assert "invalid message" in await WorkerClient("1")._listen(Says(header))  # type: ignore[arg-type]


async def test_words_of_a_watch_that_is_over_are_let_pass() -> None:
    handle = WorkerClient("1")
    said = [
        {"event": "sighting", "stream": 99, **OKAY},
        {"event": "idle", "dropped": [3, 5, 2]},
        {"event": "jpeg", "id": 1, **OKAY},
    ]
    assert await handle._listen(Says(*said[:2])) == "it ended"  # type: ignore[arg-type]
    assert handle.dropped == DropCounts(3, 5, 2)
    assert await handle._listen(Says(said[2])) == "it ended"  # type: ignore[arg-type]
