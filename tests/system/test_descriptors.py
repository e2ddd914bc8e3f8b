"""Few file descriptors, and somebody who holds as many web connections as there are: alarms still come in."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.api import api, enrol, eventually
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import MqttDevice
from tests.support.parts import executable

ROOM, LIMIT = "room-101", 1024
ASK = b"GET /healthz HTTP/1.1\r\nHost: anju\r\n\r\n"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    limited = [executable("prlimit"), f"--nofile={LIMIT}:{LIMIT}"]
    made = Gateway(TestCompound(tmp_path / "config", [TestDevice(ROOM)]), tmp_path / "data", limited)
    enrol(made)
    made.start()
    try:
        yield made
        status = made.stop()
        assert status == 0, list(made.log)[-30:]
    finally:
        made.kill()


async def test_idle_web_connections_leave_alarms_their_descriptors(gateway: Gateway) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for number in range(LIMIT + 300):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", gateway.compound.http_port, local_addr=(f"127.0.0.{2 + number % 3}", 0)
            )
            stack.callback(lambda held=(reader, writer): held[1].transport.abort())
            if number % 8:
                writer.write(ASK)
                with contextlib.suppress(ConnectionError, TimeoutError):
                    await asyncio.wait_for(reader.readline(), 1)
        async with asyncio.timeout(10):
            await MqttDevice(
                ROOM, gateway.compound.mqtt_port, ROOM, PASSWORD, lambda _: "gas.alarm", made=0, most=1
            ).run()
        async with api(gateway) as desk:
            await desk.sign_in()
            await eventually(desk.alerts)
        async with aiohttp.ClientSession(gateway.url) as client, client.get("/metrics") as answer:
            figures = await answer.text()
            assert 'anju_refused_total{door="http"' in figures, [
                line for line in figures.splitlines() if "refused" in line
            ]
        async with aiohttp.ClientSession(gateway.url) as client, client.get("/readyz") as answer:
            assert any(each.startswith("http: ") for each in (await answer.json())["refused"])
    assert any("refused" in line and "http" in line for line in gateway.log)
    assert any("the limit of open files is low" in line for line in gateway.log)


def test_the_limit_is_raised_to_what_the_system_lets_it_have(tmp_path: Path) -> None:
    assert shutil.which("prlimit")
    limited = [executable("prlimit"), "--nofile=256:4096"]
    gateway = Gateway(TestCompound(tmp_path / "config", [TestDevice(ROOM)]), tmp_path / "data", limited)
    gateway.start()
    try:
        limits = Path(f"/proc/{gateway.pid}/limits").read_text(encoding="ascii")
        [line] = [line for line in limits.splitlines() if line.startswith("Max open files")]
        assert line.split()[3] == "4096"
    finally:
        gateway.kill()
