"""From the device's byte to the guard's screen: MQTT in, WebSocket out, through a gateway of its own process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.api import api, enrol
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import LEVEL_3_1_1, MqttDevice

DEVICES = 8
KINDS = ("door.opened", "access.granted", "gas.alarm", "door.closed", "gas.restored")


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds, sorted; `missing` were sent and never shown."""

    rate: float
    frames: Sequence[float]
    acknowledgements: Sequence[float]
    missing: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """Signals a second acknowledged to devices that send as fast as they are let; `level` is MQTT's, 4 for 3.1.1."""

    level: int
    devices: int
    window: int
    rate: float


def percentile(values: Sequence[float], percent: float) -> float:
    """Of sorted values; the nearest rank above."""
    return values[min(len(values) - 1, int(len(values) * percent / 100))]


async def latency(folder: Path, rate: float, seconds: float) -> Latency:
    gateway, devices = _made(folder / "latency", rate / DEVICES, 100)
    await asyncio.to_thread(_start, gateway)
    try:
        shown: dict[tuple[str, int], float] = {}
        async with api(gateway) as desk:
            await desk.sign_in()
            async with desk.session.ws_connect("/api/v1/live") as socket:
                watching = asyncio.ensure_future(_watch(socket, shown))
                await _run_for(devices, seconds)
                await asyncio.sleep(1)
                watching.cancel()
    finally:
        await asyncio.to_thread(gateway.stop)
    sent = {(device.name, number): at for device in devices for number, at in device.sent_at.items()}
    frames = sorted((shown[key] - at) * 1000 for key, at in sent.items() if key in shown)
    told = sorted((device.told_at[n] - at) * 1000 for device in devices for n, at in device.sent_at.items())
    return Latency(len(sent) / seconds, frames, told, len(sent) - len(frames))


async def throughput(folder: Path, level: int, window: int, seconds: float) -> Throughput:
    gateway, devices = _made(folder / f"throughput-{level}-{window}", 1e6, window, level)
    await asyncio.to_thread(_start, gateway)
    try:
        began = time.monotonic()
        await _run_for(devices, seconds)
        took = time.monotonic() - began
    finally:
        await asyncio.to_thread(gateway.stop)
    return Throughput(level, DEVICES, window, sum(len(device.acknowledged) for device in devices) / took)


def _made(folder: Path, rate: float, window: int, level: int = LEVEL_3_1_1) -> tuple[Gateway, list[MqttDevice]]:
    entries = [TestDevice(f"bench-{number}") for number in range(DEVICES)]
    compound = TestCompound(folder / "config", entries)
    devices = [
        MqttDevice(entry.id, compound.mqtt_port, entry.id, PASSWORD, _kind, rate=rate, window=window, level=level)
        for entry in entries
    ]
    return Gateway(compound, folder / "data"), devices


def _kind(number: int) -> str:
    return KINDS[number % len(KINDS)]


def _start(gateway: Gateway) -> None:
    enrol(gateway)
    gateway.start()


async def _run_for(devices: Sequence[MqttDevice], seconds: float) -> None:
    async with asyncio.TaskGroup() as tasks:
        for device in devices:
            tasks.create_task(device.run())
        await asyncio.sleep(seconds)
        for device in devices:
            device.finish()


async def _watch(socket: aiohttp.ClientWebSocketResponse, shown: dict[tuple[str, int], float]) -> None:
    async for frame in socket:
        at = time.monotonic()
        change: dict[str, Any] = frame.json()
        if change["type"] == "signal" and "n" in change["signal"]["data"]:
            signal = change["signal"]
            shown.setdefault((signal["device"], signal["data"]["n"]), at)
