"""Cameras follow the alerts: beside an alert, on the second screen, on tour; pictures kept; commands confirmed.

Real gateway, RTSP from the simulator, a door that speaks MQTT, Chromium.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import subprocess
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from gateway.recording.manifest import verify_export
from gateway.simulator import clips, scenes
from gateway.simulator.mqtt import MqttDevices, MqttLogin
from gateway.simulator.rtp import RtpClip
from gateway.simulator.rtsp import Mount, RtspServer
from tests.support.api import PASSWORD as USER_PASSWORD
from tests.support.api import Api, api, enrol, eventually
from tests.support.chromium import ARGUMENTS
from tests.support.gateway import PASSWORD, ROOM, Gateway, TestCompound, TestDevice
from tests.support.parts import executable
from tests.support.ports import HOST

pytestmark = [
    pytest.mark.needs("chromium", "chromium"),
    pytest.mark.needs("mosquitto_pub", "mosquitto-clients"),
    pytest.mark.timeout(240),
]
GUARD, SUPERVISOR = "王建国", "张班长"
PANEL, DOOR, HERE, NEAR, FAR = "home-101", "door-1", "cam-here", "cam-near", "cam-far"
DESK = {
    "tours": [{"name": {"zh": "全部", "en": "All"}, "cameras": [HERE, NEAR, FAR], "dwell": "4s", "layout": 1}],
    "commands": {"confirm": ["unlock"]},
}


@dataclass(frozen=True, slots=True)
class TestCamera(TestDevice):
    __test__ = False

    source: str = ""
    place: str = ROOM

    @property
    def entry(self) -> dict[str, Any]:
        name = f"摄像机 {self.id}"
        return {"id": self.id, "kind": "camera", "name": name, "place": self.place, "source": self.source}


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> RtpClip:
    scene = replace(scenes.scenes()["fence-still"], name="sub", size=(640, 360))
    return clips.load_clip(scene, tmp_path_factory.mktemp("scenes"))


@pytest.fixture
async def gateway(tmp_path: Path, stream: RtpClip) -> AsyncIterator[Gateway]:
    config = tmp_path / "config"
    config.mkdir()
    (config / "desk.yaml").write_text(json.dumps(DESK, ensure_ascii=False), encoding="utf-8")
    more = {"places": {"yard": "院子", "gate": "东门"}, "near": [[ROOM, "yard"]]}
    async with RtspServer({"sub": Mount(stream)}).listen() as port:
        source = f"rtsp://{HOST}:{port}/sub"
        places = {HERE: ROOM, NEAR: "yard", FAR: "gate"}
        devices = [
            TestDevice(PANEL),
            TestDevice(DOOR, more={"type": "door", "actions": {"unlock": [], "lock": []}}),
            *(TestCamera(name, source=source, place=place) for name, place in places.items()),
        ]
        running = Gateway(TestCompound(config, devices, more=more), tmp_path / "data")
        for name, role in ((GUARD, "guard"), (SUPERVISOR, "supervisor")):
            await asyncio.to_thread(enrol, running, name, role)
        await asyncio.to_thread(running.start)
        yield running
        await asyncio.to_thread(running.stop)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield started
        await started.close()


@pytest.fixture
async def desk(gateway: Gateway) -> AsyncIterator[Api]:
    async with api(gateway) as desk:
        await desk.sign_in(SUPERVISOR)

        async def online() -> bool:
            health = {one["id"]: one["health"] for one in (await desk.get("devices"))["items"]}
            return {health[HERE], health[NEAR], health[FAR]} == {"online"}

        await eventually(online, 30)
        yield desk


async def sign_in(browser: Browser, gateway: Gateway, name: str = GUARD) -> Page:
    context = await browser.new_context(viewport={"width": 1600, "height": 900}, locale="zh-CN", accept_downloads=True)
    page = await context.new_page()
    await page.goto(gateway.url)
    await page.locator("input[type=text], input[name=user]").first.fill(name)
    await page.locator("input[type=password]").fill(USER_PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("实时", exact=True)).to_be_visible()
    return page


async def raise_alarm(gateway: Gateway, number: str = "1", kind: str = "fire.alarm") -> None:
    account = ["-h", HOST, "-p", str(gateway.compound.mqtt_port), "-u", PANEL, "-P", PASSWORD]
    said = ["-q", "1", "-t", f"anju/v1/{PANEL}/signal", "-m", json.dumps({"kind": kind, "id": number})]
    await asyncio.to_thread(subprocess.run, ["mosquitto_pub", *account, *said], check=True, timeout=20)


async def test_an_alert_brings_up_its_cameras_and_a_key_keeps_a_picture(gateway, browser, desk, tmp_path):
    page = await sign_in(browser, gateway)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    await raise_alarm(gateway)
    await expect(page.locator("[data-sight=live]")).to_be_visible(timeout=15_000)
    strip = page.locator("[data-choose]")
    assert [await one.get_attribute("data-choose") for one in await strip.all()] == [NEAR]
    await expect(strip.locator("[data-tile=live]")).to_be_visible(timeout=15_000)
    await expect(page.get_by_text("录像生成中")).to_be_visible()

    await page.keyboard.press("ArrowRight")
    await expect(page.locator(f"[data-choose={HERE}]")).to_be_visible()
    await page.keyboard.press("p")
    note = page.locator("[data-evidence=kept]")
    await expect(note).to_be_visible(timeout=10_000)
    await expect(note.get_by_text("已附到这条警情")).to_be_visible()
    told = await note.locator("[data-hash]").get_attribute("data-hash")
    [alert] = await desk.alerts()
    [kept] = (await desk.get(f"alerts/{alert['id']}/snapshots"))["items"]
    assert (kept["sha256"], kept["camera"], kept["user"]) == (told, NEAR, GUARD)
    [file] = gateway.data.rglob(f"{told}.jpg")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == told
    await expect(page.get_by_text("留存抓拍", exact=True).last).to_be_visible()
    assert not faults


async def test_the_recordings_of_an_alert_are_downloaded_with_proof_of_them(gateway, browser, desk, tmp_path):
    await raise_alarm(gateway)

    async def recorded() -> dict[str, Any] | None:
        found = await desk.alerts()
        return found[0] if found and found[0]["clips"] else None

    alert = await eventually(recorded, 60, 0.5)
    guard = await sign_in(browser, gateway)
    await expect(guard.locator(".clip video")).to_be_visible(timeout=15_000)
    await expect(guard.get_by_text("导出录像")).to_have_count(0)
    await guard.keyboard.press("x")
    await expect(guard.get_by_text("您的角色不能导出录像")).to_be_visible()

    page = await sign_in(browser, gateway, SUPERVISOR)
    await expect(page.get_by_text("导出录像")).to_be_visible()
    async with page.expect_download() as download:
        await page.keyboard.press("x")
    saved = tmp_path / "export.zip"
    await (await download.value).save_as(saved)
    with zipfile.ZipFile(saved) as archive:
        archive.extractall(tmp_path / "export")
    assert verify_export(tmp_path / "export") == []
    manifest = json.loads((tmp_path / "export/manifest.json").read_text("utf-8"))
    assert (manifest["alert"]["id"], manifest["exported_by"]) == (alert["id"], SUPERVISOR)
    steps = (await desk.get(f"alerts/{alert['id']}"))["steps"]
    assert ("clip-export", SUPERVISOR) in [(step["action"], step["user"]) for step in steps]


async def test_the_second_screen_follows_the_alerts_by_itself(gateway, browser, desk):
    page = await sign_in(browser, gateway)
    await page.goto(f"{gateway.url}/#/spot")
    spot = page.locator("[data-spot]")
    await expect(spot).to_have_attribute("data-spot", "tour", timeout=15_000)
    await expect(page.get_by_text("没有未结警情 · 轮巡中")).to_be_visible()
    await expect(page.locator(f"[data-camera={HERE}] [data-sight=live]")).to_be_visible(timeout=15_000)
    await expect(page.locator(f"[data-camera={NEAR}]")).to_be_visible(timeout=10_000)
    await expect(page.locator(f"[data-camera={HERE}]")).to_have_count(0)

    await raise_alarm(gateway)
    await expect(spot).to_have_attribute("data-spot", "scene", timeout=5_000)
    shown = [await one.get_attribute("data-camera") for one in await page.locator(".pictures [data-camera]").all()]
    assert shown == [HERE, NEAR]
    await expect(page.get_by_text("101室", exact=False).first).to_be_visible()
    for key in ("a", "p", "c"):  # it takes no acknowledgement, and keeps nothing
        await page.keyboard.press(key)
    [alert] = await desk.alerts()
    assert (alert["state"], [step["action"] for step in alert["steps"]]) == ("new", [])

    await asyncio.to_thread(gateway.kill)
    await expect(page.get_by_text("画面已不是最新")).to_be_visible(timeout=15_000)
    await asyncio.to_thread(gateway.start)
    await expect(page.get_by_text("画面已不是最新")).to_be_hidden(timeout=30_000)
    await expect(page.locator(f"[data-camera={HERE}] [data-sight=live]")).to_be_visible(timeout=40_000)
    await desk.close(alert["id"])
    await expect(spot).to_have_attribute("data-spot", "tour", timeout=5_000)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("navigation")).to_be_visible()


async def test_a_tour_steps_by_itself_and_by_keys_and_pauses_when_an_alarm_comes(gateway, browser, desk):
    page = await sign_in(browser, gateway)
    await page.keyboard.press("Alt+2")
    tour, tile = page.locator("[data-tour]"), page.locator(".tile")
    await expect(tour).to_have_attribute("data-tour", "off")
    await page.keyboard.press("l")
    await expect(tour).to_have_attribute("data-tour", "running")
    await expect(tile).to_have_attribute("aria-label", f"摄像机 {HERE}")
    await expect(tile).to_have_attribute("aria-label", f"摄像机 {NEAR}", timeout=8_000)
    await page.keyboard.press("r")
    await expect(tour).to_have_attribute("data-tour", "paused")
    await page.keyboard.press("ArrowRight")
    await expect(tile).to_have_attribute("aria-label", f"摄像机 {FAR}")
    await page.keyboard.press("ArrowLeft")
    await expect(tile).to_have_attribute("aria-label", f"摄像机 {NEAR}")
    await page.keyboard.press("r")
    await raise_alarm(gateway)
    await expect(tour).to_have_attribute("data-tour", "alarmed", timeout=5_000)
    await expect(page.get_by_text("有新警情，轮巡已暂停")).to_be_visible()
    await page.keyboard.press("r")
    await expect(tour).to_have_attribute("data-tour", "running")
    await page.keyboard.press("l")
    await expect(tour).to_have_attribute("data-tour", "off")


async def test_a_command_that_matters_is_confirmed_by_a_second_press(gateway, browser, desk):
    login = MqttLogin(HOST, gateway.compound.mqtt_port, DOOR, PASSWORD)
    door = MqttDevices(login, (DOOR,))
    async with door.running():
        await asyncio.wait_for(door.connected.wait(), 10)
        page = await sign_in(browser, gateway)
        await page.evaluate("location.hash = '#/devices'")
        unlock = page.locator("[data-command=unlock]")
        await unlock.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text(re.compile("确认对“door-1”开门"))).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_text(re.compile("确认对“door-1”开门"))).to_have_count(0)
        assert door.commands.empty()

        await unlock.focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Enter")
        command = await asyncio.wait_for(door.commands.get(), 10)
        assert command.action == "unlock"
        door.send_result(command)
        await expect(page.locator("[data-last=done]")).to_contain_text(re.compile(f"上次：开门 · {GUARD} · .*已执行"))

        await page.locator("[data-command=lock]").focus()
        await page.keyboard.press("Enter")
        command = await asyncio.wait_for(door.commands.get(), 10)
        assert command.action == "lock", "what desk.yaml does not name needs one press"
        door.send_result(command, error="jammed")
        await expect(page.locator("[data-last=failed]")).to_contain_text("jammed")
    async with desk.session.post(
        f"/api/v1/devices/{DOOR}/commands", json={"action": "unlock", "confirmed": False}
    ) as answer:
        assert answer.status == 409
