"""What the gateway does once it serves, and when it is told to end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import threading

from gateway.app import run, systemd
from gateway.config import load
from tests.support.gateway import TestCompound, TestDevice


async def test_the_collector_leaves_alone_what_stands_and_the_gateway_ends_when_told(tmp_path) -> None:
    """Looking through all that is loaded stopped every alarm for 45 ms."""
    configuration = load(TestCompound(tmp_path / "config", [TestDevice("own-1")]).write())
    frozen = []

    async def ready(_gateway) -> None:
        frozen.append(gc.get_freeze_count())
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        async with asyncio.timeout(60):
            await run(configuration, tmp_path / "data", ready)
    finally:
        gc.unfreeze()
    assert frozen[0] > 50_000, "what is loaded is looked through again and again"


async def test_the_service_manager_is_asked_for_time_until_it_serves(tmp_path, monkeypatch) -> None:
    """A large record may take minutes to be brought up to date."""
    configuration = load(TestCompound(tmp_path / "config", [TestDevice("own-1")]).write())
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setattr(systemd, "EXTENSION_S", 0.03)
    told: list[str] = []

    async def ready(_gateway) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        listening = threading.Thread(target=_listen, args=(manager, told))
        listening.start()
        try:
            async with asyncio.timeout(60):
                await run(configuration, tmp_path / "data", ready)
        finally:
            gc.unfreeze()
            systemd.notify("STOPPING=1")
            listening.join()
    serves = told.index("READY")
    assert told[:serves].count("EXTEND_TIMEOUT_USEC") > 1
    assert "EXTEND_TIMEOUT_USEC" not in told[serves:]


def _listen(manager: socket.socket, told: list[str]) -> None:
    while not told or told[-1] != "STOPPING":
        told.append(manager.recv(200).decode().partition("=")[0])
