"""A configuration that changes under load: nothing is lost, nothing doubled, nobody disturbed who did not change."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import ssl
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.simulator import clips, scenes
from gateway.simulator.rtsp import Mount, RtspServer
from tests.links.mqtt import certificate
from tests.support.api import Api, api, enrol, eventually
from tests.support.gateway import ANJU, PASSWORD, ROOM, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import MqttDevice
from tests.support.ports import HOST, free_port

RELOADS = 10
RATE = 80.0
STAYING = ["stays-1", "stays-2", "stays-3"]
CHANGING = "changes"
"""Has another name and cadence every time, and goes on sending all the while."""


@pytest.fixture
def compound(tmp_path: Path) -> TestCompound:
    return TestCompound(tmp_path / "config", [TestDevice(name) for name in (*STAYING, CHANGING)])


@pytest.fixture
async def gateway(compound: TestCompound, tmp_path: Path) -> AsyncIterator[Gateway]:
    made = Gateway(compound, tmp_path / "data")
    await asyncio.to_thread(made.start)
    yield made
    await asyncio.to_thread(made.stop)


def sender(gateway: Gateway, name: str, rate: float = RATE) -> MqttDevice:
    return MqttDevice(name, gateway.compound.mqtt_port, name, PASSWORD, kind, rate=rate)


def kind(number: int) -> str:
    return {7: "fire.alarm", 13: "door.forced"}.get(number % 20, "x.test")


async def reload(gateway: Gateway, *more: str) -> tuple[int, str, str]:
    """Exit status, output and complaints of `anju reload`."""
    arguments = [str(ANJU), "reload", *more, "--data", str(gateway.data)]
    done = await asyncio.to_thread(subprocess.run, arguments, capture_output=True, text=True, timeout=60)
    return done.returncode, re.sub(" +", " ", done.stdout), done.stderr


def changed(compound: TestCompound, turn: int) -> None:
    """Another device comes and the last one goes, one is renamed, one rule is changed and one comes or goes."""
    compound.devices = [
        *(TestDevice(name) for name in STAYING),
        TestDevice(CHANGING, more={"name": f"name {turn}", "cadence": f"{turn + 60}s"}),
        TestDevice(f"guest-{turn}"),
    ]
    compound.rules = [
        {"id": "home", "kind": "home_alarm"},
        {"id": "door", "kind": "doorway", "held_after": f"{turn + 30}s"},
        *([{"id": "quiet", "kind": "silence"}] if turn % 2 else []),
    ]
    compound.write()


async def test_ten_reloads_under_load_lose_nothing_double_nothing_and_disturb_nobody(gateway, compound):
    devices = [sender(gateway, name) for name in (*STAYING, CHANGING)]
    enrol(gateway)
    async with api(gateway) as desk, asyncio.TaskGroup() as tasks:
        await desk.sign_in()
        sending = [tasks.create_task(device.run()) for device in devices]
        guests = [await one_turn(tasks, gateway, compound, turn) for turn in range(RELOADS)]
        for device in devices:
            device.finish()
        await asyncio.wait(sending, timeout=30)
        alerts = await everything_decided(desk, devices)
    assert sum(device.made for device in devices) > 100 * RELOADS
    for device in devices:
        assert not device.pending, f"{device.name} was not acknowledged for all it sent"
        assert len(device.acknowledged) == device.made
        assert len(device.addresses) == 1, f"{device.name} lost its connection"
        assert device.resent == device.unasked == 0
    on_record = signals(gateway)
    for one in (*devices, *guests):
        expected = {(one.name, one.source_id(n + 1)): 1 for n in range(one.made)}
        assert {key: n for key, n in on_record.items() if key[0] == one.name} == expected
    for device in devices:
        made = Counter(kind(n + 1) for n in range(device.made))
        raised = {alert["rule"]: alert["count"] for alert in alerts if alert["device"] == device.name}
        assert raised == {"home": made["fire.alarm"], "door": made["door.forced"]}, device.name
    assert configurations(gateway) == RELOADS + 1


async def test_a_power_cut_in_the_midst_of_it_loses_nothing_and_doubles_nothing(gateway, compound):
    devices = [sender(gateway, name) for name in (*STAYING, CHANGING)]
    enrol(gateway)
    async with api(gateway) as desk, asyncio.TaskGroup() as tasks:
        await desk.sign_in()
        sending = [tasks.create_task(device.run()) for device in devices]
        for turn in range(5):
            changed(compound, turn)
            asking = tasks.create_task(reload(gateway))
            await asyncio.sleep(0.4 + 0.1 * turn)  # the command itself takes half a second to begin
            gateway.kill()
            await asking
            await asyncio.to_thread(gateway.start)
            await asyncio.sleep(0.3)
        for device in devices:
            device.finish()
        await asyncio.wait(sending, timeout=30)
        alerts = await everything_decided(desk, devices)
    on_record = signals(gateway)
    for device in devices:
        assert {on_record[device.name, source] for source in device.acknowledged} == {1}
        made = Counter(kind(n + 1) for n in range(device.made))
        raised = {alert["rule"]: alert["count"] for alert in alerts if alert["device"] == device.name}
        assert raised == {"home": made["fire.alarm"], "door": made["door.forced"]}, device.name


async def one_turn(tasks: asyncio.TaskGroup, gateway: Gateway, compound: TestCompound, turn: int) -> MqttDevice:
    changed(compound, turn)
    status, said, complaint = await reload(gateway)
    assert (status, complaint) == (0, ""), said
    assert f"+ device guest-{turn}" in said
    assert "~ device changes" in said
    guest = sender(gateway, f"guest-{turn}", rate=40)
    guest.most = 20
    await asyncio.wait_for(tasks.create_task(guest.run()), 20)
    return guest


async def everything_decided(desk: Api, devices: list[MqttDevice]) -> list[dict]:
    """The alerts, once the pipeline has come to the end."""
    wanted = sum(Counter(kind(n + 1) for n in range(d.made))["fire.alarm"] for d in devices)

    async def alerts() -> list[dict]:
        found = await desk.alerts()
        names = {device.name for device in devices}
        counted = sum(a["count"] for a in found if a["rule"] == "home" and a["device"] in names)
        return found if counted >= wanted else []

    found: list[dict] = await eventually(alerts)
    return found


def signals(gateway: Gateway) -> Counter[tuple[str, str]]:
    with closing(sqlite3.connect(gateway.data / "anju.db")) as record:
        rows = record.execute("SELECT device, source_id FROM journal WHERE entry = 'signal' AND source_id IS NOT NULL")
        return Counter((row[0], row[1]) for row in rows)


def configurations(gateway: Gateway) -> int:
    with closing(sqlite3.connect(gateway.data / "anju.db")) as record:
        count: int = record.execute("SELECT count(*) FROM journal WHERE entry = 'config'").fetchone()[0]
        return count


async def test_a_bad_file_leaves_the_old_one_in_force_and_says_why(gateway, compound):
    enrol(gateway, role="installer")
    device = sender(gateway, STAYING[0], rate=20)
    async with asyncio.TaskGroup() as tasks, api(gateway) as desk:
        await desk.sign_in()
        running = tasks.create_task(device.run())
        compound.devices = [TestDevice(STAYING[0], more={"place": "b1/u1/109"}), TestDevice("new")]
        compound.write()
        status, said, complaint = await reload(gateway)
        assert status == 1
        assert "devices.yaml:7: place 'b1/u1/109' does not exist" in said
        assert "stays in use" in complaint
        os.kill(gateway.pid, signal.SIGHUP)
        refused = await eventually(lambda: told(desk, "configuration.refused", 2))
        assert "b1/u1/109" in refused[0]["data"]["why"]["zh"]
        assert any("rejected" in line and "b1/u1/109" in line for line in gateway.log)
        names = {item["id"] for item in (await desk.get("devices"))["items"]}
        assert names == {*STAYING, CHANGING}
        device.finish()
        await asyncio.wait_for(running, 20)
    assert len(device.acknowledged) == device.made > 0
    assert len(device.addresses) == 1


async def told(desk: Api, kind: str, times: int) -> list[dict]:
    items: list[dict] = (await desk.get("signals", kind=kind))["items"]
    return items if len(items) >= times else []


async def test_sighup_does_the_same_and_the_guards_screens_get_the_new_list(gateway, compound):
    enrol(gateway)
    async with api(gateway) as desk:
        await desk.sign_in()
        async with desk.session.ws_connect("/api/v1/live") as live:
            first = await snapshot(live)
            assert {device["id"] for device in first["devices"]} == {*STAYING, CHANGING}
            compound.devices = [TestDevice(STAYING[0], more={"name": "另一个名字"}), TestDevice("new")]
            compound.more = {"buildings": [{"id": "b1", "name": "东楼", "units": 1, "floors": 1, "rooms": 1}]}
            compound.write()
            os.kill(gateway.pid, signal.SIGHUP)
            second = await snapshot(live)
    assert {device["id"]: device["name"] for device in second["devices"]} == {STAYING[0]: "另一个名字", "new": "new"}
    assert second["devices"][0]["place_name"]["zh"].startswith("东楼")


async def snapshot(live: aiohttp.ClientWebSocketResponse) -> dict:
    async with asyncio.timeout(15):
        while True:
            message: dict = json.loads(await live.receive_str())
            if message["type"] == "snapshot":
                return message


async def test_what_waits_for_a_restart_is_said_and_the_rest_is_done(gateway, compound):
    kept = compound.http_port
    compound.http_port = free_port()
    compound.more = {"retention": {"signals": "7d"}, "vision": {"workers": 2}}
    compound.write()
    status, said, _ = await reload(gateway, "--dry-run")
    assert status == 0, said
    assert "Applied" not in said
    for _ in range(2):
        status, said, _ = await reload(gateway, str(compound.folder))
        assert status == 0
        assert "needs a restart: http.listen\nneeds a restart: vision.workers\n" in said
    assert "retention" not in said, "it is in force already"
    assert "public_url" not in said, "it follows http.listen"
    compound.http_port = kept
    compound.write()
    assert "needs a restart: http.listen" not in (await reload(gateway))[1]
    status, _, complaint = await reload(gateway, str(gateway.data))
    assert status == 1, complaint


async def test_who_is_no_longer_admitted_goes_out_and_nobody_else(gateway, compound):
    stays, goes = sender(gateway, STAYING[0], rate=20), sender(gateway, STAYING[1], rate=20)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(device.run()) for device in (stays, goes)]
        await eventually(lambda: connected(stays, goes))
        compound.devices = [device for device in compound.devices if device.id != STAYING[1]]
        compound.write()
        status, said, _ = await reload(gateway)
        assert status == 0
        assert f"- MQTT account {STAYING[1]}" in said
        before = goes.made
        await asyncio.sleep(0.5)
        assert goes.made <= before + goes.window
        stays.finish()
        await asyncio.wait_for(running[0], 20)
        running[1].cancel()
    assert len(stays.addresses) == len(goes.addresses) == 1
    assert len(stays.acknowledged) == stays.made


async def connected(*devices: MqttDevice) -> bool:
    return all(device.addresses for device in devices)


async def test_a_certificate_renewed_on_disk_is_shown_without_a_restart(tmp_path):
    (tmp_path / "config").mkdir()
    certificate.make(tmp_path / "config")
    pair = {"certificate": "cert.pem", "key": "key.pem"}
    compound = TestCompound(tmp_path / "config", [TestDevice("one")])
    compound.more = {"http": {"listen": f"{HOST}:{compound.http_port}", "tls": pair}}
    gateway = Gateway(compound, tmp_path / "data")
    await asyncio.to_thread(gateway.start)
    try:
        first = await shown(compound.http_port)
        certificate.make(tmp_path / "config")
        (tmp_path / "config" / "key.pem").chmod(0o600)
        status, said, complaint = await reload(gateway)
        assert (status, complaint) == (0, ""), said
        assert "~ compound http.tls" in said
        assert await shown(compound.http_port) != first
        (tmp_path / "config" / "key.pem").write_text("half a file")
        status, said, _ = await reload(gateway)
        assert status == 1, "a pair that does not fit is refused"
        await shown(compound.http_port)
    finally:
        await asyncio.to_thread(gateway.stop)


async def shown(port: int) -> str:
    return await asyncio.to_thread(ssl.get_server_certificate, (HOST, port), timeout=10)


@dataclass(frozen=True, slots=True)
class TestCamera(TestDevice):
    __test__ = False

    source: str = ""

    @property
    def entry(self) -> dict[str, Any]:
        return {"id": self.id, "kind": "camera", "name": self.id, "place": ROOM, "source": self.source}


async def test_cameras_come_go_and_change_beside_one_that_stays(tmp_path):
    mounts = {name: Mount(clips.load_clip(scenes.scenes()["extra-still"], tmp_path)) for name in "abcd"}
    async with asyncio.timeout(120), RtspServer(mounts).listen() as port:

        def camera(name: str, mount: str) -> TestCamera:
            return TestCamera(name, source=f"rtsp://{HOST}:{port}/{mount}")

        gone, moved, stays, new = (f"cam-{word}" for word in ("gone", "moved", "stays", "new"))
        compound = TestCompound(tmp_path / "config", [camera(gone, "a"), camera(moved, "b"), camera(stays, "c")])
        gateway = Gateway(compound, tmp_path / "data")
        await asyncio.to_thread(gateway.start)
        try:
            await eventually(lambda: watched(mounts, "abc"), 60)
            [viewer] = mounts["c"].viewers
            compound.devices = [camera(moved, "d"), camera(stays, "c"), camera(new, "a")]
            compound.write()
            status, said, complaint = await reload(gateway)
            assert (status, complaint) == (0, ""), said
            assert f"~ device {moved} source" in said
            await eventually(lambda: watched(mounts, "acd"), 60)
            assert list(mounts["c"].viewers) == [viewer], "its connection is the one it had"
            enrol(gateway)
            async with api(gateway) as desk:
                await desk.sign_in()
                devices = {item["id"]: item for item in (await desk.get("devices"))["items"]}
                assert set(devices) == {moved, stays, new}
                await eventually(lambda: pictures(desk, moved, stays, new), 60)
        finally:
            await asyncio.to_thread(gateway.stop)


async def watched(mounts: Mapping[str, Mount], names: str) -> bool:
    return all(len(mount.viewers) == (name in names) for name, mount in mounts.items())


async def pictures(desk: Api, *cameras: str) -> bool:
    for camera in cameras:
        async with desk.session.get(f"/api/v1/cameras/{camera}/snapshot.jpg") as answer:
            if answer.status != 200:
                return False
    return True


async def test_without_a_gateway_it_says_so(tmp_path):
    done = await asyncio.to_thread(
        subprocess.run, [str(ANJU), "reload", "--data", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "no gateway runs on" in done.stderr
