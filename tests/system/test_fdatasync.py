"""Accepted means kept: each PUBACK leaves after the fdatasync of its own insert, as the kernel saw it.

A kill proves nothing about the disk, because the page cache survives it; a trace of the system calls does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import MqttDevice
from tests.system.trace import STRACE, Call, acknowledgements, ended, read, synced_after_insert

WAL = "/anju.db-wal"


@pytest.mark.timeout(180)
@pytest.mark.needs("strace", "strace")
async def test_every_puback_follows_the_fdatasync_of_its_insert(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "trace"
    compound = TestCompound(tmp_path / "config", [TestDevice("alone"), TestDevice("crowd")])
    gateway = Gateway(compound, tmp_path / "data", [*STRACE, f"--output={trace}"])
    devices = (
        _device("alone", compound.mqtt_port, window=1, most=30),
        _device("crowd", compound.mqtt_port, window=50, most=200),
    )
    await asyncio.to_thread(gateway.start)
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(device.run() for device in devices))
    finally:
        await asyncio.to_thread(gateway.stop)
    calls = await asyncio.to_thread(_whole, trace)
    for device in devices:
        assert len(device.acknowledged) == device.most
        _check(calls, device)
    syncs = sum(call.is_sync and call.target.endswith(WAL) for call in calls)
    with capsys.disabled():
        told = sum(len(device.acknowledged) for device in devices)
        Console(width=110).print(f"\n{told} PUBACKs, each after an fdatasync of its insert; {syncs} syncs of the WAL")


def _device(name: str, port: int, window: int, most: int) -> MqttDevice:
    return MqttDevice(name, port, name, PASSWORD, lambda _: "door.opened", rate=1000, window=window, most=most)


def _whole(trace: Path) -> list[Call]:
    """The calls, once strace has written the last of them."""
    deadline = time.monotonic() + 30
    while not ended(trace.read_text()):
        assert time.monotonic() < deadline, "strace did not end"
    with trace.open() as lines:
        return read(lines)


def _check(calls: Sequence[Call], device: MqttDevice) -> None:
    """Its packet ids are 1, 2, 3 …, as the numbers in its source ids are."""
    (address,) = device.addresses
    answers = list(acknowledgements(calls, address))
    assert [answer.packet_id for answer in answers] == list(range(1, device.made + 1)), "not in order of arrival"
    for answer in answers:
        source_id = device.source_id(answer.packet_id)
        synced = synced_after_insert(calls, WAL, source_id.encode())
        assert synced is not None, f"{source_id} was acknowledged and never synced"
        assert synced < answer.line, f"{source_id}: acknowledged on line {answer.line}, synced on line {synced}"
