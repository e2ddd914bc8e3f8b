"""Cameras in the guard room, whole: RTSP from the simulator, a real gateway, Chromium that plays what comes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import av
import numpy as np
import pytest
from playwright.async_api import Page, async_playwright, expect

from gateway.simulator import clips, scenes
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
    pytest.mark.needs("ffprobe", "ffmpeg"),
    pytest.mark.timeout(240),
]
PANEL, CAMERA, OTHER, FOREIGN = "home-101", "cam-101", "cam-gone", "cam-h265"
HALF, MIXED = "cam-half", "cam-mixed"
SUB, MAIN = (640, 360), (1280, 720)
PICTURE = """video => {
  const canvas = document.createElement("canvas");
  canvas.width = 64;
  canvas.height = 36;
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0, 64, 36);
  const bytes = pen.getImageData(0, 0, 64, 36).data;
  const gray = [...bytes].filter((_, n) => n % 4 === 1);
  return { at: video.currentTime, width: video.videoWidth, height: video.videoHeight, gray };
}"""


@dataclass(frozen=True, slots=True)
class TestCamera(TestDevice):
    __test__ = False

    source: str = ""
    place: str = ROOM
    main: str = ""
    record: str = "sub"

    @property
    def entry(self) -> dict[str, Any]:
        more = {"source": self.source, "watch": ["motion"], "place": self.place}
        if self.main:
            more |= {"main": self.main, "record": self.record}
        return {"id": self.id, "kind": "camera", "name": f"摄像机 {self.id}"} | more


def h265(file: Path) -> Path:
    with av.open(str(file), "w") as container:
        stream = container.add_stream(
            "libx265", rate=10, options={"preset": "ultrafast", "x265-params": "log-level=none:keyint=10"}
        )
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        for number in range(30):
            picture = np.full((192, 320, 3), number * 8, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return file


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RtpClip]:
    """One scene as a camera's sub stream and as its main stream."""
    folder, scene = tmp_path_factory.mktemp("scenes"), scenes.scenes()["fence-still"]
    return {
        name: clips.load_clip(replace(scene, name=name, size=size), folder)
        for name, size in (("sub", SUB), ("main", MAIN))
    }


@pytest.fixture
async def gateway(tmp_path: Path, streams: dict[str, RtpClip]) -> AsyncIterator[Gateway]:
    mounts = {name: Mount(clip) for name, clip in streams.items()}
    async with RtspServer(mounts).listen() as port:
        sub, main, nothing = (f"rtsp://{HOST}:{port}/{name}" for name in ("sub", "main", "nothing"))
        foreign = str(h265(tmp_path / "h265.mp4"))
        devices = [
            TestDevice(PANEL),
            TestCamera(CAMERA, source=sub, main=main, record="main"),
            TestCamera(OTHER, source=nothing, place="b1/u1"),
            TestCamera(FOREIGN, source=foreign, place="b1"),
            TestCamera(HALF, source=sub, main=nothing, place="b1"),
            TestCamera(MIXED, source=sub, main=foreign, place="b1"),
        ]
        running = Gateway(TestCompound(tmp_path / "config", devices), tmp_path / "data")
        for name, role in (("王建国", "guard"), ("installer", "installer")):
            await asyncio.to_thread(enrol, running, name, role)
        await asyncio.to_thread(running.start)
        async with asyncio.timeout(30):
            await mounts["main"].has_viewer.wait()
        yield running
        await asyncio.to_thread(running.stop)


@pytest.fixture
async def page(gateway: Gateway) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1600, "height": 900}, locale="zh-CN")
        await page.goto(gateway.url)
        await page.locator("input[type=text], input[name=user]").first.fill("王建国")
        await page.locator("input[type=password]").fill(USER_PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("实时", exact=True)).to_be_visible()
        yield page
        await browser.close()


@pytest.fixture
async def desk(gateway: Gateway) -> AsyncIterator[Api]:
    async with api(gateway) as desk:
        await desk.sign_in("王建国")
        yield desk


def raise_alarm(gateway: Gateway) -> None:
    account = ["-h", HOST, "-p", str(gateway.compound.mqtt_port), "-u", PANEL, "-P", PASSWORD]
    said = ["-q", "1", "-t", f"anju/v1/{PANEL}/signal", "-m", '{"kind": "fire.alarm", "id": "1"}']
    subprocess.run(["mosquitto_pub", *account, *said], check=True, timeout=20)


async def picture(page: Page, video: str) -> dict[str, Any]:
    """What is on the screen of a video, once something is: its size is known before its first frame is drawn."""

    async def drawn() -> dict[str, Any] | None:
        shown: dict[str, Any] = await page.locator(video).first.evaluate(PICTURE)
        return shown if shown["width"] and is_of_something(shown) else None

    return await eventually(drawn, 20)


def is_of_something(shown: dict[str, Any]) -> bool:
    gray = np.array(shown["gray"])
    return bool(gray.mean() > 20 and gray.std() > 8)


async def moves_on(page: Page, video: str) -> None:
    first = (await picture(page, video))["at"]

    async def later() -> bool:
        return (await picture(page, video))["at"] > first + 1.0

    await eventually(later, 10)


async def test_a_guard_watches_the_alert_live_and_then_its_recording(gateway, page, desk, tmp_path):
    await asyncio.sleep(12)  # so that there is a before
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    await asyncio.to_thread(raise_alarm, gateway)
    began = time.monotonic()
    live = '[data-sight="live"] video'  # it comes up by itself, with the recording beside it
    await expect(page.locator(live)).to_be_visible(timeout=10_000)
    assert time.monotonic() - began < 5
    shown = await picture(page, live)
    assert (shown["width"], shown["height"]) == SUB
    await moves_on(page, live)

    async def filmed() -> dict[str, Any] | None:
        [alert] = await desk.alerts()
        return alert if alert["clips"] else None

    alert = await eventually(filmed, 60, 0.5)
    await page.locator(".clip video").scroll_into_view_if_needed()  # a browser begins to play what is seen
    await moves_on(page, ".clip video")
    shown = await picture(page, ".clip video")
    assert (shown["width"], shown["height"]) == MAIN, "recorded from the main stream, as the YAML says"
    lasts = await page.locator(".clip video").evaluate("video => video.duration")
    assert 29 <= lasts <= 34
    assert not faults
    await judge_recording(gateway, desk, alert, tmp_path)


async def judge_recording(gateway: Gateway, desk: Api, alert: dict[str, Any], tmp_path: Path) -> None:
    [clip] = alert["clips"]
    assert clip["camera"] == CAMERA
    assert clip["from"] < alert["raised_at"] < clip["to"]
    async with desk.session.get(clip["url"]) as answer:
        movie = await answer.read()
    (tmp_path / "clip.mp4").write_bytes(movie)
    command = ["ffprobe", "-v", "warning", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "json"]
    done = subprocess.run(
        [*command, str(tmp_path / "clip.mp4")], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert int(json.loads(done.stdout)["streams"][0]["nb_read_frames"]) >= 290
    out = tmp_path / "evidence"
    said = await asyncio.to_thread(gateway.command, "clips", "export", alert["id"], "--out", str(out), "--by", "王警官")
    assert "1 recording" in said
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["clips"][0]["sha256"] == hashlib.sha256(movie).hexdigest()
    assert (out / manifest["clips"][0]["file"]).read_bytes() == movie
    actions = [row["action"] for row in manifest["story"]]
    assert actions[0] == "clip"
    assert "clip-view" in actions


async def test_the_wall_plays_what_it_can_and_says_what_it_can_not(gateway, page):
    await page.keyboard.press("Alt+2")
    tile = page.get_by_role("region", name=f"摄像机 {CAMERA}")
    await expect(tile.locator('[data-sight="live"]')).to_be_visible(timeout=20_000)
    assert is_of_something(await picture(page, f'section[aria-label="摄像机 {CAMERA}"] video'))
    gone = page.get_by_role("region", name=f"摄像机 {OTHER}")
    await expect(gone.get_by_text("摄像机没有画面")).to_be_visible()
    foreign = page.get_by_role("region", name=f"摄像机 {FOREIGN}")
    await expect(foreign.get_by_text("H.265")).to_be_visible()
    await expect(foreign.locator("img")).to_be_visible()

    await tile.get_by_role("button", name="放大").click()
    await expect(gone).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(gone).to_be_visible()
    await page.keyboard.press("1")
    await expect(page.locator(".tile")).to_have_count(1)
    await page.reload()
    await expect(page.locator(".tile")).to_have_count(1)  # it is remembered


async def test_the_full_picture_is_the_main_streams_where_it_can_be(gateway, page):
    await page.keyboard.press("Alt+2")
    tile = page.get_by_role("region", name=f"摄像机 {CAMERA}")
    await expect(tile.locator('[data-sight="live"]')).to_be_visible(timeout=20_000)
    on_the_wall = await picture(page, f'section[aria-label="摄像机 {CAMERA}"] video')
    assert (on_the_wall["width"], on_the_wall["height"]) == SUB
    await expect(page.locator("[data-stream=main]")).to_have_count(0)

    await tile.get_by_role("button", name="放大").click()
    await expect(tile.get_by_text("主码流", exact=False)).to_be_visible(timeout=20_000)
    alone = await picture(page, '[data-main="live"] video')
    assert (alone["width"], alone["height"]) == MAIN
    await moves_on(page, '[data-main="live"] video')
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-stream=main]")).to_have_count(0)


@pytest.mark.parametrize(("camera", "says"), [(HALF, "主码流暂时没有画面"), (MIXED, "主码流是 H.265")])
async def test_where_it_can_not_the_sub_stream_is_seen_and_why_is_said(gateway, page, camera, says):
    await page.keyboard.press("Alt+2")
    tile = page.get_by_role("region", name=f"摄像机 {camera}")
    await expect(tile.locator('[data-sight="live"]')).to_be_visible(timeout=20_000)
    await tile.get_by_role("button", name="放大").click()
    await expect(tile.get_by_text(says)).to_be_visible(timeout=20_000)
    await moves_on(page, '[data-sight="live"] > video')


async def test_the_first_packets_come_within_a_second_and_only_to_who_may(gateway, desk):
    await eventually(lambda: is_online(desk), 30)
    await asyncio.sleep(3)
    began = time.monotonic()
    async with desk.session.ws_connect(f"/api/v1/cameras/{CAMERA}/live") as socket:
        opening = json.loads((await socket.receive(5)).data)
        assert opening == {"codec": opening["codec"], "width": SUB[0], "height": SUB[1]}
        assert opening["codec"].startswith("avc1.")
        assert (await socket.receive(5)).data[4:8] == b"ftyp"
        assert (await socket.receive(5)).data[4:8] == b"moof"
        assert time.monotonic() - began < 1
    async with desk.session.ws_connect(f"/api/v1/cameras/{CAMERA}/live?stream=main") as socket:
        opening = json.loads((await socket.receive(5)).data)
        assert (opening["width"], opening["height"]) == MAIN
    async with desk.session.ws_connect(f"/api/v1/cameras/{FOREIGN}/live?stream=main") as socket:
        assert json.loads((await socket.receive(5)).data)["error"]["code"] == "no_main"
    async with aiohttp.ClientSession(gateway.url) as stranger:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await stranger.ws_connect(f"/api/v1/cameras/{CAMERA}/live")


async def is_online(desk: Api) -> bool:
    devices = (await desk.get("devices"))["items"]
    return any(device["id"] == CAMERA and device["health"] == "online" for device in devices)
