"""A door station calls the guard room, whole: a baresip that is not ours at the door, a real gateway, Chromium."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from gateway.simulator.sip import RATE, SipPhone, free_port, run_phone
from tests.support.api import PASSWORD as USER_PASSWORD
from tests.support.api import api, enrol, eventually
from tests.support.chromium import ARGUMENTS
from tests.support.gateway import ROOM, Gateway, TestCompound, TestDevice
from tests.support.parts import executable
from tests.support.ports import HOST

pytestmark = [
    pytest.mark.needs("chromium", "chromium"),
    pytest.mark.needs("baresip", "baresip-core"),
    pytest.mark.timeout(240),
]
GUARD, COLLEAGUE = "王建国", "李秀英"
STATION, STATION_NAME = "station-101", "东门门口机"
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
TONE_HZ = 700


@dataclass(frozen=True, slots=True)
class TestIntercom(TestDevice):
    __test__ = False

    port: int = 0
    stations: tuple[dict[str, Any], ...] = ()

    @property
    def entry(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": "sip_intercom",
            "name": "对讲主机",
            "place": ROOM,
            "listen": f"{HOST}:{self.port}",
            "stations": list(self.stations),
        }


@dataclass
class Room:
    gateway: Gateway
    door: SipPhone
    other: SipPhone
    port: int

    @property
    def number(self) -> str:
        """What the button at the door dials."""
        return f"sip:guard@{HOST}:{self.port}"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    port = free_port()
    async with run_phone("gate-east", TONE_HZ) as door, run_phone("gate-west") as other:
        stations = (
            {"id": STATION, "name": STATION_NAME, "uri": door.address, "unlock": {"dtmf": "#9"}},
            {"id": "station-west", "name": "西门门口机", "uri": other.address},
        )
        compound = TestCompound(tmp_path / "config", [TestIntercom("intercom", port=port, stations=stations)])
        running = Gateway(compound, tmp_path / "data")
        for name in (GUARD, COLLEAGUE):
            enrol(running, name, "guard")
        running.start()
        try:
            async with api(running) as desk:
                await desk.sign_in(GUARD)
                await eventually(lambda: _ready(desk))
            yield Room(running, door, other, port)
        finally:
            running.stop()


async def _ready(desk: Any) -> bool:
    devices = (await desk.get("devices"))["items"]
    return any(device["id"] == STATION and device["health"] == "online" for device in devices)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=executable("chromium"), args=[*ARGUMENTS, *MICROPHONE]
        )
        yield started
        await started.close()


async def sign_in(browser: Browser, room: Room, name: str = GUARD, url: str = "") -> Page:
    context = await browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    page = await context.new_page()
    await page.goto(url or room.gateway.url)
    await page.locator("input[type=text], input[name=user]").first.fill(name)
    await page.locator("input[type=password]").fill(USER_PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("实时", exact=True)).to_be_visible()
    return page


def pitch(sound: bytes) -> tuple[int, int]:
    """The strongest pitch (Hz) of the last second, and how loud (RMS of 16 bits)."""
    samples = np.frombuffer(sound, "<i2").astype(float)[-RATE:]
    spectrum = np.abs(np.fft.rfft(samples))
    return round(spectrum.argmax() * RATE / len(samples)), round(samples.std())


async def signals(room: Room, kind: str) -> list[dict[str, Any]]:
    async with api(room.gateway) as desk:
        await desk.sign_in(GUARD)
        items: list[dict[str, Any]] = (await desk.get("signals", device=STATION, kind=kind))["items"]
        return items


async def test_a_visitor_is_seen_to_call_heard_answered_and_let_in(room: Room, browser: Browser) -> None:
    page = await sign_in(browser, room)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    card = page.locator("[data-call]").first

    await room.door.call(room.number)
    await expect(card).to_have_attribute("data-call", "ringing")
    await expect(card.get_by_role("heading", name=STATION_NAME)).to_be_visible()
    await page.keyboard.press("t")
    await room.door.wait_for("CALL_ESTABLISHED")
    await expect(card).to_have_attribute("data-call", "answered")
    await expect(card).to_have_attribute("data-sound", "on")
    heard = card.locator("[data-level=heard]")
    await expect(heard).to_have_attribute("data-value", re.compile(r"0\.[2-9]\d"))
    await expect(card.locator("[data-level=said].off")).to_have_count(0)
    said = card.locator("[data-level=said]")
    await expect(said).to_have_attribute("data-value", re.compile(r"0\.[1-9]\d"))  # Chromium's microphone beeps
    await page.wait_for_timeout(1500)

    await page.keyboard.press("o")
    await room.door.wait_until(lambda: room.door.keys == "#9")
    await expect(page.get_by_text("开门信号已发出")).to_be_visible()
    await page.keyboard.press("e")
    await room.door.wait_for("CALL_CLOSED")
    await expect(card).to_have_count(0)

    loud = max(np.abs(np.frombuffer(room.door.recordings()[0], "<i2").astype(int)).reshape(-1))
    assert loud > 1000, f"the guard was heard at the door, at most {loud} of 32768"
    [started], [answered], [ended] = [await signals(room, f"call.{verb}") for verb in ("started", "answered", "ended")]
    assert started["data"]["call"] == answered["data"]["call"] == ended["data"]["call"]
    assert (answered["data"]["by"], answered["data"]["on"]) == (GUARD, "browser")
    assert (ended["data"]["why"], ended["data"]["answered"]) == ("guard", True)
    [granted] = await signals(room, "access.granted")
    assert granted["data"]["by"] == GUARD
    assert not faults


async def test_a_colleague_sees_who_has_the_call_and_a_reloaded_page_takes_it_up_again(
    room: Room, browser: Browser
) -> None:
    page, colleague = await sign_in(browser, room), await sign_in(browser, room, COLLEAGUE)
    await room.door.call(room.number)
    await room.other.call(room.number)
    for each in (page, colleague):
        await expect(each.locator('[data-call="ringing"]')).to_have_count(2)
    east = page.locator("[data-call]", has=page.get_by_role("heading", name=STATION_NAME))
    await east.get_by_role("button", name="接听").click()
    await expect(east).to_have_attribute("data-sound", "on")
    await expect(colleague.get_by_text(f"{GUARD} 正在通话")).to_be_visible()
    await expect(colleague.locator("[data-deed=answer]")).to_be_disabled()

    await page.reload()
    await page.locator("[data-deed=here]").click(delay=150)  # a hand presses for longer than a program
    await expect(east).to_have_attribute("data-sound", "on")
    await expect(east.locator("[data-level=heard]")).to_have_attribute("data-value", re.compile(r"0\.[2-9]\d"))

    await page.get_by_role("button", name="挂断并接听").click()
    await room.other.wait_for("CALL_ESTABLISHED")
    await room.other.hang_up()
    await expect(page.locator("[data-call]")).to_have_count(0)
    await expect(colleague.locator("[data-call]")).to_have_count(0)


async def test_the_engine_is_started_again_after_it_died(room: Room) -> None:
    [engine] = [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if (folder / "cmdline").read_bytes().startswith(b"/usr/bin/baresip")
        and f"PPid:\t{room.gateway.pid}\n" in (folder / "status").read_text()
    ]
    os.kill(engine, signal.SIGKILL)
    async with api(room.gateway) as desk:
        await desk.sign_in(GUARD)

        async def told() -> bool:
            kinds = [item["kind"] for item in (await desk.get("signals", device="intercom"))["items"]]
            return kinds[:2] == ["device.online", "device.offline"]

        await eventually(told, 20)
    await room.door.call(room.number)
    await room.door.wait_for("CALL_RINGING")


async def test_a_gateway_that_is_killed_takes_its_engine_with_it(room: Room) -> None:
    """Else it would hold the port that stations call against the next start."""
    room.gateway.kill()
    room.gateway.start()
    async with api(room.gateway) as desk:
        await desk.sign_in(GUARD)
        await eventually(lambda: _ready(desk))
    await room.door.call(room.number)
    await room.door.wait_for("CALL_RINGING")


async def test_on_plain_http_the_page_says_why_there_is_no_microphone_and_the_visitor_is_still_heard(
    room: Room,
) -> None:
    name = "guardroom.example"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable("chromium"),
            args=[*ARGUMENTS, *MICROPHONE, f"--host-resolver-rules=MAP {name} {HOST}"],
        )
        page = await sign_in(browser, room, url=room.gateway.url.replace(HOST, name))
        await room.door.call(room.number)
        await page.get_by_role("button", name="接听").click()
        card = page.locator("[data-call]").first
        await expect(card).to_have_attribute("data-sound", "on")
        await expect(card.get_by_text("浏览器只在 HTTPS 或本机")).to_be_visible()
        await expect(card.locator("[data-level=heard]")).to_have_attribute("data-value", re.compile(r"0\.[2-9]\d"))
        await page.get_by_role("button", name="开门").click()
        await room.door.wait_until(lambda: room.door.keys == "#9")
        await browser.close()
