"""Silenced sources at the desk: Chromium, the built console, a real gateway, a home panel that speaks MQTT."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.support.api import api, enrol, eventually
from tests.support.axe import serious_findings
from tests.support.gateway import Gateway, TestCompound, TestDevice
from tests.support.guard_page import PHONE, chromium, guard_page
from tests.system.test_desk import OTHER, PANEL, say

pytestmark = [
    pytest.mark.needs("chromium", "chromium"),
    pytest.mark.needs("mosquitto_pub", "mosquitto-clients"),
    pytest.mark.timeout(180),
]
NOTICE = 294
"""The first pitch of the notice (Hz); no alert has it."""
DESK = {"noise": {"longest_silence": "3h", "throttle": {"alerts": 3, "within": "1m", "rest": "10m"}}}


@pytest.fixture
def gateway(tmp_path):
    more = {"buildings": [{"id": "b1", "name": "1号楼", "units": 1, "floors": 2, "rooms": 1}]}
    devices = [TestDevice(PANEL), TestDevice(OTHER, more={"place": "b1/u1/201"})]
    compound = TestCompound(tmp_path / "config", devices, more=more)
    running = Gateway(compound, tmp_path / "data")
    compound._write("desk", DESK)
    enrol(running, "王建国", "guard")
    enrol(running, "李秀英", "manager")
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def browser():
    async with chromium() as started:
        yield started


async def silence(page, reason="1"):
    """Silence the source of the alert on the screen: its rule at its device, for 30 minutes."""
    await expect(page.locator("[data-action=silence]")).to_be_visible()
    await page.keyboard.press("q")
    await expect(page.locator("dialog")).to_be_visible()
    await page.keyboard.press(reason)
    await page.keyboard.press("Enter")
    await expect(page.locator("dialog")).to_be_hidden()


def mark(page):
    return page.locator("[data-action=silences]")


async def open_list(page):
    await page.keyboard.press("Shift+Q")
    await expect(page.locator("dialog [data-silence]").first).to_be_visible()


async def test_a_silenced_alarm_is_counted_heard_when_it_restores_and_raised_when_the_silence_ends(gateway, browser):
    page = await guard_page(browser, gateway, "王建国")
    say(gateway, "water.alarm")
    await expect(page.locator(".card")).to_have_count(1)
    await expect(mark(page)).to_have_text(re.compile("没有屏蔽"))
    await silence(page)
    await expect(mark(page)).to_contain_text("已屏蔽 1 个来源")
    await page.keyboard.press("a")
    await expect(page.locator(".card.selected")).to_have_attribute("data-state", "acknowledged")

    # Of the same kind: counted, not shown.
    say(gateway, "water.alarm", 2)
    await open_list(page)
    row = page.locator("dialog [data-silence]")
    await expect(row).to_contain_text("已拦下 1 条")
    await expect(row).to_contain_text("其中 1 条没有恢复")
    await expect(row).to_contain_text("施工 · 王建国 屏蔽")
    await expect(row).to_contain_text("屏蔽的是：漏水报警")
    await page.keyboard.press("Escape")
    assert await page.locator(".card").count() == 1
    await expect(page.locator(".card")).to_have_attribute("data-state", "acknowledged")

    # It restores: heard and told, at a place that moves nothing.
    before = await page.locator("[data-action=close]").bounding_box()
    await page.evaluate("window.heard = []")
    say(gateway, "water.restored", 2)
    await expect(page.locator(".news[role=status]")).to_contain_text("屏蔽的报警已恢复")
    await eventually(lambda: page.evaluate(f"window.heard.includes({NOTICE})"))
    assert await page.locator("[data-action=close]").bounding_box() == before
    await page.locator("[data-action=seen]").click()
    await expect(page.locator(".news.none")).to_have_count(1)

    # A third one goes on; lifting the silence raises it.
    say(gateway, "water.alarm", 3)
    await open_list(page)
    await expect(row).to_contain_text("已拦下 2 条")
    await row.locator("[data-action=lift]").click()
    await row.locator("[data-action=lift-yes]").click()
    await expect(row).to_have_count(0)
    await page.locator("[data-action=ended]").click()
    await expect(row).to_contain_text("人工解除")
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-alert]", has_text="屏蔽已结束，仍未恢复")).to_have_count(1)
    await expect(mark(page)).to_contain_text("没有屏蔽")


async def test_fire_is_shown_from_a_silenced_device_and_another_kind_ends_the_silence(gateway, browser):
    page = await guard_page(browser, gateway, "王建国")
    say(gateway, "water.alarm")
    await expect(page.locator(".card")).to_have_count(1)
    await silence(page, "2")
    await expect(mark(page)).to_contain_text("已屏蔽 1 个来源")
    say(gateway, "fire.alarm", 4)
    await expect(page.locator(".card").first).to_contain_text("火灾报警")
    await expect(page.locator(".card").first).to_have_class(re.compile("critical"))
    await expect(mark(page)).to_contain_text("已屏蔽 1 个来源")
    # While the fire rings nothing less is heard.
    await page.keyboard.press("a")
    await expect(page.locator(".card").first).to_have_attribute("data-state", "acknowledged")
    await page.evaluate("window.heard = []")
    say(gateway, "zone.faulted", 2)
    await expect(page.locator(".news[role=status]")).to_contain_text("屏蔽提前结束，出现了防区故障")
    await eventually(lambda: page.evaluate(f"window.heard.includes({NOTICE})"))
    await expect(page.locator("[data-alert]", has_text="探测器故障")).to_have_count(1)
    await expect(mark(page)).to_contain_text("没有屏蔽")


async def test_a_source_that_raises_too_often_is_throttled_and_said_so(gateway, browser):
    page = await guard_page(browser, gateway, "王建国")
    for zone in range(1, 6):
        say(gateway, "zone.faulted", zone, panel=OTHER)
    await expect(page.locator(".news[role=status]")).to_contain_text("报警太频繁，已自动限流：home-201")
    await eventually(lambda: page.evaluate(f"window.heard.includes({NOTICE})"))
    await expect(page.locator("[data-alert]")).to_have_count(3)
    await open_list(page)
    row = page.locator("dialog [data-silence]")
    await expect(row).to_contain_text("自动限流")
    await expect(row).to_contain_text("网关 屏蔽")
    await expect(row).to_contain_text("已拦下 2 条")


async def test_a_device_is_silenced_from_its_row_no_longer_than_the_yaml_allows(gateway, browser):
    page = await guard_page(browser, gateway, "王建国")
    await page.goto(f"{gateway.url}/#/devices")
    await page.get_by_label("屏蔽 home-201").click()
    dialog = page.locator("dialog")
    await expect(dialog).to_contain_text("最长 3小时")
    send = dialog.locator("button[type=submit]")
    await expect(send).to_be_disabled()
    await dialog.locator("input[name=reason][value='4']").check()
    await expect(send).to_be_disabled()
    await dialog.get_by_label("写明原因").fill("换电池")
    await dialog.locator("input[name=end][value=own]").check()
    zone = await page.evaluate(
        "fetch('/api/v1/compound').then((answer) => answer.json()).then((found) => found.timezone)"
    )
    now = datetime.now(UTC)
    clock = """([zone, at]) =>
        new Date(at).toLocaleTimeString("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" })"""
    far, near = [await page.evaluate(clock, [zone, (now + timedelta(hours=h)).isoformat()]) for h in (5, 2)]
    await dialog.locator("input[name=own]").fill(far)
    await expect(dialog.locator(".end")).to_contain_text("超过允许的最长时间")
    await expect(send).to_be_disabled()
    await dialog.locator("input[name=own]").fill(near)
    await send.click()
    await expect(dialog).to_be_hidden()
    async with api(gateway) as person:
        await person.sign_in("王建国")
        [made] = (await person.get("silences"))["items"]
    assert (made["source"], made["reason"]) == (OTHER, "换电池")
    assert abs(datetime.fromisoformat(made["until"]) - now - timedelta(hours=2)) <= timedelta(minutes=1)


async def test_who_is_not_on_duty_sees_silences_and_can_not_change_them(gateway, browser):
    async with api(gateway) as person:
        await person.sign_in("王建国")
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        await person.post("silences", {"source": PANEL, "reason": "施工", "until": until})
    page = await guard_page(browser, gateway, "李秀英")
    await expect(mark(page)).to_contain_text("已屏蔽 1 个来源")
    await mark(page).click()
    await expect(page.locator("dialog [data-silence]")).to_contain_text("施工")
    await expect(page.locator("[data-action=lift]")).to_have_count(0)
    await page.keyboard.press("Escape")
    await page.goto(f"{gateway.url}/#/devices")
    await expect(page.locator(".device").first).to_be_visible()
    await expect(page.locator("[data-action=silence]")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_panels_have_no_serious_finding_of_axe_and_fit_a_phone(gateway, browser, language, theme):
    page = await guard_page(browser, gateway, "王建国", language=language, theme=theme)
    say(gateway, "water.alarm")
    await expect(page.locator(".card")).to_have_count(1)
    await expect(page.locator("[data-action=silence]")).to_be_visible()
    await page.keyboard.press("q")
    await page.keyboard.press("4")
    await expect(page.locator("dialog input.text")).to_be_focused()
    assert await serious_findings(page) == [], "form"
    await page.keyboard.type("x")
    await page.keyboard.press("Enter")
    await expect(page.locator("dialog")).to_be_hidden()
    say(gateway, "water.alarm", 2)
    say(gateway, "water.restored", 2)
    await expect(page.locator("[data-action=seen]")).to_be_visible()
    assert await serious_findings(page) == [], "news"
    await open_list(page)
    await page.locator("[data-action=lift]").click()
    assert await serious_findings(page) == [], "list"
    await page.set_viewport_size(PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert await page.evaluate("document.querySelector('dialog').scrollWidth") <= PHONE["width"]
