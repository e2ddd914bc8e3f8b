"""The desk around incidents: Chromium, the built console, a real gateway, a home panel that speaks MQTT."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.support.api import PASSWORD as USER_PASSWORD
from tests.support.api import api, enrol, eventually
from tests.support.axe import serious_findings
from tests.support.chromium import ARGUMENTS
from tests.support.desk_seed import buildings, seed
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.parts import executable
from tests.support.ports import HOST

pytestmark = [
    pytest.mark.needs("chromium", "chromium"),
    pytest.mark.needs("mosquitto_pub", "mosquitto-clients"),
    pytest.mark.timeout(180),
]
PANEL, OTHER = "home-101", "home-201"
PLAYED = """
  window.played = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (when) { window.played.push(this.type); return start.call(this, when); };
"""
"""Notes each tone: only the critical pattern is of square waves."""


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
        made = await browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
        faults: list[str] = []
        made.on("pageerror", lambda error: faults.append(str(error)))
        await made.add_init_script(PLAYED)
        yield made
        await browser.close()
        assert faults == []


def say(gateway: Gateway, kind: str, zone: int = 1, panel: str = PANEL) -> None:
    account = ["-h", HOST, "-p", str(gateway.compound.mqtt_port), "-u", panel, "-P", PASSWORD]
    body = json.dumps({"kind": kind, "id": f"{kind}-{zone}", "data": {"zone": zone}})
    subprocess.run(
        ["mosquitto_pub", *account, "-q", "1", "-t", f"anju/v1/{panel}/signal", "-m", body], check=True, timeout=20
    )


async def sign_in(page: Page, gateway: Gateway, live: str = "实时") -> None:
    await page.goto(gateway.url)
    await page.locator("input[type=text], input[name=user]").first.fill("王建国")
    await page.locator("input[type=password]").fill(USER_PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(live, exact=True)).to_be_visible()


def cards(page: Page):
    return page.locator(".card")


async def test_two_alerts_of_a_home_are_one_card_that_says_why(gateway, page):
    await sign_in(page, gateway)
    say(gateway, "water.alarm")
    await expect(cards(page)).to_have_count(1)
    say(gateway, "zone.tampered", 2)
    await expect(cards(page)).to_have_count(1)
    await expect(cards(page).first).to_contain_text("2条警情：同一位置")
    await expect(cards(page).first).to_contain_text("2条新")
    await expect(page.locator("[data-alert]")).to_have_count(2)
    await expect(page.locator(".told li")).to_have_count(4)  # each alert and its signal


async def test_a_fire_joins_rises_and_rings_though_the_incident_was_in_hand(gateway, page):
    await sign_in(page, gateway)
    say(gateway, "water.alarm", panel=OTHER)
    say(gateway, "water.alarm")
    await expect(cards(page)).to_have_count(2)
    await cards(page).nth(1).click()
    await page.keyboard.press("a")
    await expect(page.locator(".card.selected")).to_have_attribute("data-state", "acknowledged")
    await page.evaluate("window.played = []")
    say(gateway, "fire.alarm", 3)
    await expect(cards(page).first).to_contain_text("101室")
    await expect(cards(page).first).to_contain_text("火灾报警")
    await expect(cards(page).first).to_have_attribute("data-state", "new")
    await expect(cards(page).first).to_have_class(re.compile("critical"))
    await eventually(lambda: page.evaluate("window.played.includes('square')"))


async def test_from_the_alarm_to_its_end_by_keys_alone(gateway, page):
    await sign_in(page, gateway)
    say(gateway, "water.alarm")
    say(gateway, "zone.tampered", 2)
    await expect(page.locator("[data-alert]")).to_have_count(2)
    await expect(page.locator("[data-action=acknowledge]")).to_have_class(re.compile("go"))
    await page.keyboard.press("Enter")
    await expect(cards(page).first).to_have_attribute("data-state", "acknowledged")
    await expect(cards(page).first).to_contain_text("王建国 处理")
    await page.keyboard.press("s")
    await expect(cards(page).first).to_have_attribute("data-state", "on_scene")
    await page.keyboard.press("n")
    await page.keyboard.type("水阀已关")
    await page.keyboard.press("Enter")
    await expect(page.locator(".told")).to_contain_text("水阀已关")
    await page.keyboard.press("c")
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    await expect(cards(page)).to_have_count(0)
    async with api(gateway) as desk:
        await desk.sign_in("王建国")
        [incident] = (await desk.get("incidents", state="closed"))["items"]
        closed = await desk.get(f"incidents/{incident['id']}")
    assert {alert["disposition"] for alert in closed["alert_details"]} == {"real"}
    steps = ["acknowledge", "on-scene", "note", "close"]
    assert [step["action"] for step in closed["steps"]] == steps


async def test_on_hold_it_has_an_end_that_the_card_tells(gateway, page):
    await sign_in(page, gateway)
    say(gateway, "water.alarm")
    await expect(cards(page)).to_have_count(1)
    await page.keyboard.press("a")
    await expect(cards(page).first).to_have_attribute("data-state", "acknowledged")
    await page.keyboard.press("h")
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    await expect(cards(page).first).to_have_attribute("data-state", "on_hold")
    await expect(cards(page).first.locator("[data-timing=held]")).to_contain_text(re.compile("14分|15分"))


async def test_one_alert_is_closed_alone_and_another_taken_out(gateway, page):
    await sign_in(page, gateway)
    for zone, kind in enumerate(("water.alarm", "zone.tampered", "zone.faulted"), 1):
        say(gateway, kind, zone)
    await expect(page.locator("[data-alert]")).to_have_count(3)
    await page.keyboard.press("a")
    await expect(cards(page).first).to_have_attribute("data-state", "acknowledged")
    await page.keyboard.press("]")
    await page.keyboard.press("Shift+C")
    await page.keyboard.press("3")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-alert].closed")).to_contain_text("干扰")
    await page.keyboard.press("r")
    await page.keyboard.press("Enter")
    await expect(cards(page)).to_have_count(2)
    await expect(page.locator("[data-alert]")).to_have_count(2)


async def test_two_incidents_become_one(gateway, page):
    await sign_in(page, gateway)
    say(gateway, "water.alarm")
    say(gateway, "zone.tampered", panel=OTHER)
    await expect(cards(page)).to_have_count(2)
    await page.keyboard.press("b")
    await expect(page.locator("[data-merge]")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(cards(page)).to_have_count(1)
    await expect(cards(page).first).to_contain_text("2条警情：人工合并")
    await expect(page.locator("[data-alert]")).to_have_count(2)


async def test_a_step_on_several_does_what_applies_and_says_what_did_not(gateway, page):
    await sign_in(page, gateway)
    say(gateway, "fire.alarm")
    await expect(cards(page)).to_have_count(1)
    await page.keyboard.press("a")
    await expect(cards(page).first).to_have_attribute("data-state", "acknowledged")
    say(gateway, "water.alarm", panel=OTHER)
    await expect(cards(page)).to_have_count(2)
    await cards(page).first.click()
    await page.keyboard.press("Space")
    await page.keyboard.press("Shift+ArrowDown")
    await expect(page.get_by_text("已选 2 起")).to_be_visible()
    await page.keyboard.press("c")
    await page.keyboard.press("4")
    await page.keyboard.press("Enter")
    report = page.locator(".report")
    await expect(report).to_contain_text("1 起已完成")
    await expect(report).to_contain_text("1 起没有全部完成")
    await expect(report).to_contain_text("案情未处理，不能结警")
    await expect(cards(page)).to_have_count(1)


async def test_cards_are_marked_with_the_mouse_too(gateway, page):
    await sign_in(page, gateway)
    say(gateway, "fire.alarm")
    say(gateway, "water.alarm", panel=OTHER)
    await expect(cards(page)).to_have_count(2)
    await cards(page).first.locator(".box").click()
    await cards(page).nth(1).click(modifiers=["Shift"])
    await page.locator("[data-marked=acknowledge]").click()
    await expect(page.locator(".report")).to_contain_text("2 起已完成")
    for n in range(2):
        await expect(cards(page).nth(n)).to_have_attribute("data-state", "acknowledged")


async def test_after_a_restart_of_the_gateway_the_page_is_current_without_a_reload(gateway, page):
    await sign_in(page, gateway)
    say(gateway, "water.alarm")
    await expect(cards(page)).to_have_count(1)
    await page.evaluate("window.same = true")
    before = await page.locator("[data-action=acknowledge]").bounding_box()
    gateway.kill()
    await expect(page.locator(".banner.stale")).to_be_visible(timeout=20_000)
    assert await page.locator("[data-action=acknowledge]").bounding_box() == before, "a warning moves no button"
    gateway.start()
    say(gateway, "fire.alarm", 2)
    await expect(page.locator(".banner.stale")).to_be_hidden(timeout=30_000)
    await expect(cards(page).first).to_contain_text("火灾报警")
    await page.keyboard.press("a")
    await expect(cards(page).first).to_have_attribute("data-state", "acknowledged")
    assert await page.evaluate("window.same")


async def test_views_beyond_the_bar_stand_in_a_menu(gateway, page):
    await page.set_viewport_size({"width": 390, "height": 844})
    await sign_in(page, gateway)
    bar = page.get_by_role("navigation")
    shown = await bar.locator("> .tab, > .more > .tab").count()
    assert shown <= 5
    box = await bar.bounding_box()
    assert box["x"] >= 0
    assert box["width"] <= 390


async def test_of_two_thousand_incidents_the_list_is_a_window_that_loads_more(gateway, page):
    gateway.stop()
    gateway.compound.more = {"buildings": buildings(2000)}
    gateway.compound.devices = [TestDevice(PANEL)]
    gateway.compound.write()
    seed(gateway.data, PANEL, 2000, 5)
    gateway.start(120)
    await sign_in(page, gateway)
    await expect(page.locator(".left-out")).to_contain_text("还有 1700 起没有列出：重要 300，一般 600，提示 800")
    assert await cards(page).count() < 30
    scrolled = "document.querySelector('.cards').scrollTo(0, 1e9)"
    for _ in range(40):
        await page.evaluate(scrolled)
        if await page.locator(".left-out").count() == 0:
            break
        await page.wait_for_timeout(250)
    await page.evaluate(scrolled)
    await expect(page.locator('.card[aria-posinset="2000"]')).to_be_visible()
    assert await cards(page).count() < 30
    await page.keyboard.press("u")
    await expect(page.locator(".card.selected")).to_have_attribute("aria-posinset", "1")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_desk_has_no_serious_finding_of_axe(gateway, page, language, theme):
    settings = f"localStorage.setItem('anju.language', '{language}'); localStorage.setItem('anju.theme', '{theme}')"
    await page.add_init_script(settings)
    await sign_in(page, gateway, live="Live" if language == "en" else "实时")
    assert await serious_findings(page) == []
    say(gateway, "fire.alarm")
    say(gateway, "water.alarm", 2)
    say(gateway, "zone.faulted", 3, panel=OTHER)
    await expect(page.locator("[data-alert]")).to_have_count(2)
    await page.emulate_media(reduced_motion="reduce")
    assert await serious_findings(page) == []
    await page.keyboard.press("a")
    await expect(cards(page).first).to_have_attribute("data-state", "acknowledged")
    for key in ("c", "h", "g", "n", "b"):
        await page.keyboard.press(key)
        assert await serious_findings(page) == [], key
        await page.keyboard.press("Escape")
    await page.keyboard.press("Space")
    assert await serious_findings(page) == [], "marked"
    await page.keyboard.press("?")
    assert await serious_findings(page) == [], "keys"
