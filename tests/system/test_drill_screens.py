"""A drill with two browsers: a supervisor starts it, a guard handles it as a real one, its times are scored."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.api import api, enrol, eventually
from tests.support.axe import serious_findings
from tests.support.gateway import Gateway, TestCompound, TestDevice
from tests.support.guard_page import PHONE, chromium, guard_page
from tests.system.test_desk import OTHER, PANEL

pytestmark = [pytest.mark.needs("chromium", "chromium"), pytest.mark.timeout(180)]
HIGH = 587
"""A pitch of the pattern for high alerts (Hz)."""


@pytest.fixture
def gateway(tmp_path):
    more = {"buildings": [{"id": "b1", "name": "1号楼", "units": 1, "floors": 2, "rooms": 1}]}
    devices = [TestDevice(PANEL), TestDevice(OTHER, more={"place": "b1/u1/201"})]
    running = Gateway(TestCompound(tmp_path / "config", devices, more=more), tmp_path / "data")
    enrol(running, "王建国", "guard")
    enrol(running, "赵敏", "supervisor")
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def browser():
    async with chromium() as started:
        yield started


async def start(page, kind="fire.alarm"):
    find, place = "201", "b1/u1/201"
    await page.goto(page.url.split("#")[0] + "#/drills")
    await page.locator(f"input[name=kind][value='{kind}']").check()
    await page.get_by_role("combobox").fill(find)
    await expect(page.locator(f"[data-place='{place}'][aria-selected=true]")).to_be_visible()
    await page.locator("[data-action=start]").click()
    await expect(page.locator("form .ask")).to_be_visible()
    await page.locator("[data-action=start]").click()


async def test_a_supervisor_starts_it_a_guard_handles_it_and_its_times_are_scored(gateway, browser):
    guard = await guard_page(browser, gateway, "王建国")
    supervisor = await guard_page(browser, gateway, "赵敏")
    await start(supervisor, "water.alarm")
    await expect(supervisor.locator("form .said")).to_contain_text("演练已开始")
    card = guard.locator(".card")
    await expect(card).to_have_count(1)
    await expect(card.locator(".mark.drill")).to_have_text("◇ 演练")
    await expect(guard.locator(".head .mark.drill")).to_be_visible()
    await expect(guard.locator("[data-action=drill]")).to_contain_text("演练进行中 1 起")
    await eventually(lambda: guard.evaluate(f"window.heard.includes({HIGH})"))
    # Nothing is offered that would move a device, and no source to silence.
    await expect(guard.locator("[data-action=silence]")).to_have_count(0)
    await expect(guard.locator("section.commands")).to_have_count(0)
    await guard.keyboard.press("q")
    await expect(guard.locator("dialog")).to_have_count(0)

    row = supervisor.locator("[data-drill]")
    await expect(row).to_have_count(1)
    await expect(row.locator("[data-step=acknowledged]")).to_contain_text("等待中")
    await guard.keyboard.press("a")
    await expect(card).to_have_attribute("data-state", "acknowledged")
    await expect(row.locator("[data-step=acknowledged]")).to_contain_text("秒")
    await expect(row.locator("[data-step=acknowledged]")).to_contain_text("达标")
    await expect(row).to_contain_text("漏水报警")
    await guard.keyboard.press("s")
    await expect(card).to_have_attribute("data-state", "on_scene")
    await guard.keyboard.press("c")
    await guard.keyboard.press("5")
    await guard.keyboard.press("Enter")
    await expect(card).to_have_count(0)
    await expect(row.locator("[data-step=onScene]")).to_contain_text("秒")
    await expect(row.locator("[data-step=closed]")).to_contain_text("秒")
    await expect(row).to_contain_text("王建国")
    await expect(guard.locator("[data-action=drill]")).to_have_count(0)


async def test_nobody_else_starts_one_and_it_leaves_no_trace_in_signals_or_notifiers(gateway, browser):
    guard = await guard_page(browser, gateway, "王建国")
    await guard.goto(f"{gateway.url}/#/drills")
    await expect(guard.locator("[data-view=alerts]")).to_be_visible()
    await expect(guard.locator(".drills")).to_have_count(0)
    async with api(gateway) as person:
        await person.sign_in("赵敏")
        await person.post("drills", {"kind": "fire.alarm", "place": "b1/u1/201"})
        [alert] = await eventually(person.alerts)
        assert alert["drill"]
        assert (alert["device"], alert["signals"]) == (None, [])
        assert (await person.get("signals"))["items"] == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_pages_have_no_serious_finding_of_axe_and_fit_a_phone(gateway, browser, language, theme):
    page = await guard_page(browser, gateway, "赵敏", language=language, theme=theme)
    await start(page)
    await expect(page.locator("[data-drill]")).to_have_count(1)
    assert await serious_findings(page) == [], "drills"
    await page.emulate_media(media="print")
    await expect(page.locator("table")).to_be_visible()
    await expect(page.locator(".start")).to_be_hidden()
    await expect(page.locator(".top")).to_be_hidden()
    await page.emulate_media(media="screen")
    await page.set_viewport_size(PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await page.goto(f"{gateway.url}/#/alerts")
    await expect(page.locator(".card .mark.drill")).to_be_visible()
    assert await serious_findings(page) == [], "card"
