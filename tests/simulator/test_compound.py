"""The simulator as the demo runs it: a process of its own, and its story."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from gateway.config import load
from gateway.simulator import door_controller, home_alarms, scenario
from gateway.simulator.compound import Plan, run_simulation
from tests.support.ports import HOST, free_port


def plan_file(folder: Path, clip_cache: Path, **more) -> Path:
    file = folder / "plan.json"
    plan = {
        "host": HOST,
        "rtsp_port": free_port(),
        "mqtt_port": free_port(),
        "passwords": {"homes": "h", "doors": "d"},
        "serial": str(folder / "dev" / "wall-host"),
        "cache": str(clip_cache),
        **more,
    }
    file.write_text(json.dumps(plan))
    return file


async def test_it_says_ready_and_ends_with_its_parent(tmp_path: Path, clip_cache: Path) -> None:
    file = plan_file(tmp_path, clip_cache, extra_cameras=2)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.simulator", file,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stdin
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
    line = tmp_path / "dev" / "wall-host"
    assert line.is_symlink()
    assert line.resolve().is_char_device()
    process.stdin.close()
    _, complaints = await asyncio.wait_for(process.communicate(), 15)
    assert (process.returncode, complaints) == (0, b"")
    assert not line.is_symlink()


async def test_every_happening_of_the_story_can_happen(tmp_path: Path, clip_cache: Path, monkeypatch) -> None:
    monkeypatch.setattr(door_controller, "OPEN_S", 0.0)
    plan = Plan.read(plan_file(tmp_path, clip_cache, scenario=False))
    async with run_simulation(plan) as cast:
        async with asyncio.TaskGroup() as tasks:
            for happening in [each for _, each in scenario.FIRST_MINUTE] + list(scenario.QUIET_STEPS):
                scenario._run_step(happening, cast, tasks)
        assert cast.wall.armed
        assert not cast.wall.cut
        assert len(cast.wall._pending) > 0
        assert cast.homes._client._out_messages, "said, and waiting for a broker"


def test_the_first_minute_is_one_and_in_order() -> None:
    seconds = [second for second, _ in scenario.FIRST_MINUTE]
    assert seconds == sorted(seconds)
    assert seconds[-1] < 60


def test_the_demo_is_configured_for_what_the_simulator_plays(root: Path) -> None:
    configuration = load(root / "config" / "demo")
    devices = {entry.device.id: entry for entry in configuration.devices}
    assert {*home_alarms.DEVICES, *door_controller.DEVICES, *scenario.CAMERAS} <= set(devices)
    accounts = {account.user for account in configuration.compound.mqtt.accounts}
    assert {home_alarms.ACCOUNT, door_controller.ACCOUNT} < accounts
    zones = {zone.number for zone in devices["wall-host"].settings.zones}
    assert scenario.CLIMBED_ZONE in zones
