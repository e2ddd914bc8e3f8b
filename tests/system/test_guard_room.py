"""The guard's own way through it: Chromium, the built console, a real gateway, a device that speaks MQTT."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.support.api import PASSWORD as USER_PASSWORD
from tests.support.api import api, enrol
from tests.support.chromium import ARGUMENTS
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.parts import executable
from tests.support.ports import HOST

pytestmark = [
    pytest.mark.needs("chromium", "chromium"),
    pytest.mark.needs("mosquitto_pub", "mosquitto-clients"),
    pytest.mark.timeout(180),
]
PANEL, OTHER = "home-101", "home-201"


@pytest.fixture
def gateway(tmp_path):
    more = {"buildings": [{"id": "b1", "name": "1号楼", "units": 1, "floors": 2, "rooms": 1}]}
    devices = [TestDevice(PANEL), TestDevice(OTHER, more={"place": "b1/u1/201"})]
    running = Gateway(TestCompound(tmp_path / "config", devices, more=more), tmp_path / "data")
    enrol(running, "王建国", "guard")
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def page():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield await browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
        await browser.close()


def publish(gateway: Gateway, body: str, panel: str = PANEL) -> None:
    account = ["-h", HOST, "-p", str(gateway.compound.mqtt_port), "-u", panel, "-P", PASSWORD]
    subprocess.run(
        ["mosquitto_pub", *account, "-q", "1", "-t", f"anju/v1/{panel}/signal", "-m", body], check=True, timeout=20
    )


async def sign_in(page: Page, gateway: Gateway, live: str = "实时") -> None:
    await page.goto(gateway.url)
    await page.locator("input[type=text], input[name=user]").first.fill("王建国")
    await page.locator("input[type=password]").fill(USER_PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(live, exact=True)).to_be_visible()


async def test_a_guard_sees_an_alert_arrive_acknowledges_and_closes_it(gateway, page):
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    await sign_in(page, gateway)
    publish(gateway, '{"kind": "fire.alarm", "id": "1"}')
    await expect(page.get_by_role("heading", name=re.compile("101室")).first).to_be_visible()
    assert any('"type":"alert"' in frame for frame in frames), "it came over the WebSocket"
    await expect(page).to_have_title(re.compile("1"))
    await page.keyboard.press("a")
    await expect(page.get_by_text("已接警").first).to_be_visible()
    await page.keyboard.press("c")
    await page.keyboard.press("5")
    await page.keyboard.press("Enter")
    async with api(gateway) as desk:
        await desk.sign_in("王建国")
        await expect(page.get_by_text("结警", exact=True)).to_have_count(0)
        [closed] = await desk.alerts("closed")
    assert closed["disposition"] == "drill"
    assert [(step["action"], step["user"]) for step in closed["steps"]] == [
        ("acknowledge", "王建国"),
        ("close", "王建国"),
    ]
    assert not faults


async def test_an_alert_is_given_to_a_colleague_by_keys_alone(gateway, page):
    enrol(gateway, "张班长", "supervisor")
    await sign_in(page, gateway)
    publish(gateway, '{"kind": "fire.alarm", "id": "4"}')
    await expect(page.get_by_role("heading", name=re.compile("101室")).first).to_be_visible()
    await page.keyboard.press("a")
    await expect(page.get_by_text("王建国 处理").first).to_be_visible()
    await page.keyboard.press("g")
    await expect(page.get_by_role("button", name="张班长")).to_be_enabled()
    await expect(page.get_by_role("button", name=re.compile("王建国.*已指派"))).to_be_disabled()
    await page.keyboard.press("1")
    await page.keyboard.press("2")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("张班长 处理").first).to_be_visible()
    await expect(page.get_by_text("→ 张班长")).to_be_visible()


async def test_on_a_phone_what_confirms_a_closing_is_within_reach(gateway, page):
    """Beneath a banner of something graver, in the language that needs more room."""
    await page.set_viewport_size({"width": 390, "height": 700})
    await page.add_init_script("localStorage.setItem('anju.language', 'en')")
    await sign_in(page, gateway, live="Live")
    publish(gateway, '{"kind": "fire.alarm", "id": "5"}')
    publish(gateway, '{"kind": "gas.alarm", "id": "6"}')
    await expect(page.locator(".card")).to_have_count(1)  # of one home: one incident
    await expect(page.locator(".card")).to_contain_text("2 alerts")
    publish(gateway, '{"kind": "fire.alarm", "id": "7"}', OTHER)
    await expect(page.locator(".card")).to_have_count(2)
    await page.locator(".card").nth(1).click()
    await page.locator("[data-action=acknowledge]").click()
    await page.locator("[data-action=close]").click()
    await expect(page.locator(".banner.graver")).to_be_visible()
    confirm = await page.locator(".closing [type=submit]").bounding_box()
    navigation = await page.get_by_role("navigation").bounding_box()
    assert confirm["y"] + confirm["height"] <= navigation["y"]
    assert confirm["x"] + confirm["width"] <= 390


async def test_a_page_that_loses_the_gateway_says_so_loudly_and_comes_back(gateway, page):
    await sign_in(page, gateway)
    gateway.kill()
    lost = page.get_by_text("失去连接").first
    await expect(lost).to_be_visible(timeout=15_000)
    gateway.start()
    publish(gateway, '{"kind": "gas.alarm", "id": "2"}')
    await expect(page.get_by_role("heading", name=re.compile("101室")).first).to_be_visible(timeout=30_000)
    await expect(lost).to_be_hidden()


async def test_whoever_comes_back_to_the_alerts_finds_the_most_urgent_open(gateway, page):
    await sign_in(page, gateway)
    await page.keyboard.press("Alt+3")
    publish(gateway, '{"kind": "fire.alarm", "id": "3"}')
    await expect(page.get_by_text("去处理")).to_be_visible()
    await page.keyboard.press("Alt+1")
    await expect(page.get_by_role("button", name=re.compile("接警"))).to_be_visible(timeout=2_000)
