"""What systemd hears of the gateway: ready, alive, stopping."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gateway import Gateway, TestCompound, TestDevice

WATCHDOG_S = 1.0


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(WATCHDOG_S)
        yield heard


async def test_systemd_hears_when_it_is_ready_alive_and_stopping(manager: socket.socket, tmp_path: Path) -> None:
    told = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": str(int(WATCHDOG_S * 1e6))}
    compound = TestCompound(tmp_path / "config", [TestDevice("room-101")])
    gateway = Gateway(compound, tmp_path / "data", environment=told)
    await asyncio.to_thread(gateway.start)
    try:
        said = await asyncio.to_thread(_hear, manager, 3 * WATCHDOG_S)
    finally:
        status = await asyncio.to_thread(gateway.stop)
    assert said.count("READY=1") == 1
    assert said.count("WATCHDOG=1") >= 3
    assert status == 0
    assert _rest(manager)[-1] == "STOPPING=1"


def _hear(manager: socket.socket, seconds: float) -> list[str]:
    """Everything said in that time; TimeoutError after a silence that would have made the watchdog bite."""
    until = time.monotonic() + seconds
    said: list[str] = []
    while time.monotonic() < until:
        said.append(manager.recv(4096).decode())
    return said


def _rest(manager: socket.socket) -> list[str]:
    manager.setblocking(False)
    said: list[str] = []
    with contextlib.suppress(BlockingIOError):
        while True:
            said.append(manager.recv(4096).decode())
    return said
