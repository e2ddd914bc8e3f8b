"""What guards see and hear when nobody acts in time: Chromium at two desks, a real gateway, short limits."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.api import PASSWORD as USER_PASSWORD
from tests.support.api import api, enrol, eventually
from tests.support.chromium import ARGUMENTS
from tests.support.gateway import Gateway, TestCompound, TestDevice
from tests.support.parts import executable
from tests.system.test_desk import OTHER, PANEL, cards, say

pytestmark = [
    pytest.mark.needs("chromium", "chromium"),
    pytest.mark.needs("mosquitto_pub", "mosquitto-clients"),
    pytest.mark.timeout(180),
]
LIMIT = {"acknowledge": "4s"}
DESK = {
    "limits": dict.fromkeys(("critical", "high", "medium", "low", "urgent"), LIMIT),
    "escalation": [{"after": "0s", "to": "desk_louder"}, {"after": "4s", "to": "every_desk"}],
    "reminders": {"every": None},
    "shifts": [],
}
LOUDNESS = """
  window.heard = [];
  const ramp = AudioParam.prototype.linearRampToValueAtTime;
  AudioParam.prototype.linearRampToValueAtTime = function (value, time) {
    if (value > 0) window.heard.push(Math.round(value * 100));
    return ramp.call(this, value, time);
  };
"""
"""Notes how loud each tone is, in hundredths."""
CRITICAL, LOUDER, LOUDEST = 55, 77, 99
"""Of the critical pattern, at each step of the chain."""
MUTABLE = ({50, 35}, {70, 49}, {90, 63})
"""Of the medium and the low pattern, at each step of the chain."""


@pytest.fixture
def gateway(tmp_path):
    more = {"buildings": [{"id": "b1", "name": "1号楼", "units": 1, "floors": 2, "rooms": 1}]}
    devices = [TestDevice(PANEL), TestDevice(OTHER, more={"place": "b1/u1/201"})]
    running = Gateway(TestCompound(tmp_path / "config", devices, more=more), tmp_path / "data")
    (tmp_path / "config/desk.yaml").write_text(json.dumps(DESK), "utf-8")
    for name in ("王建国", "李卫东"):
        enrol(running, name, "guard")
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def browser():
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield started
        await started.close()


async def at_desk(browser: Browser, gateway: Gateway, user: str, muted: str = "") -> Page:
    """A desk of its own, at which the user has signed in and sound is allowed."""
    page = await (await browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")).new_page()
    await page.add_init_script(LOUDNESS + f"localStorage.setItem('anju.muted', '{muted}');")
    await page.goto(gateway.url)
    await page.locator("input[type=text], input[name=user]").first.fill(user)
    await page.locator("input[type=password]").fill(USER_PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("实时", exact=True)).to_be_visible(timeout=30_000)
    return page


async def heard(page: Page) -> list[int]:
    return list(await page.evaluate("window.heard"))


async def hears(page: Page, loudness: int) -> None:
    await eventually(lambda: page.evaluate(f"window.heard.includes({loudness})"), 15)


async def hears_any(page: Page, loudness: set[int]) -> None:
    await eventually(lambda: page.evaluate(f"window.heard.some((one) => {sorted(loudness)}.includes(one))"), 15)


async def test_what_nobody_acknowledges_gets_louder_says_what_comes_and_stops_at_acknowledgement(gateway, browser):
    desk, other = await at_desk(browser, gateway, "王建国"), await at_desk(browser, gateway, "李卫东")
    say(gateway, "fire.alarm")
    await expect(cards(desk).first).to_contain_text(re.compile("[1-4]秒后本台加大音量"))
    await hears(desk, CRITICAL)
    assert not {LOUDER, LOUDEST} & set(await heard(desk))
    await expect(cards(desk).first).to_contain_text("已升级 1 级")
    await expect(cards(desk).first).to_contain_text(re.compile("[1-4]秒后所有值班台响铃"))
    await expect(cards(desk).first.locator("[data-timing=overdue]")).to_contain_text("超时")
    await hears(desk, LOUDER)
    await expect(desk.locator("header .taken")).to_have_text("▲ 已执行：本台加大音量，所有值班台响铃", timeout=10_000)
    for page in (desk, other):
        await hears(page, LOUDEST)
    await desk.keyboard.press("a")
    await expect(cards(other).first).to_have_attribute("data-state", "acknowledged")
    for page in (desk, other):
        await page.evaluate("window.heard = []")
    await desk.wait_for_timeout(7_500)  # twice the pause between two bursts
    assert (await heard(desk), await heard(other)) == ([], [])
    await expect(desk.locator(".told")).to_contain_text("升级")
    assert "escalate" not in await desk.locator(".told").inner_text()


async def test_every_desk_rings_also_one_where_it_is_muted_and_anothers(gateway, browser):
    desk = await at_desk(browser, gateway, "王建国")
    other = await at_desk(browser, gateway, "李卫东", muted="medium low")
    say(gateway, "zone.faulted")
    await expect(cards(other)).to_have_class([re.compile("medium|low")])
    async with api(gateway) as guard:
        await guard.sign_in("王建国")
        [incident] = (await guard.get("incidents", state="open"))["items"]
        await guard.post(f"incidents/{incident['id']}/assign", {"user": "王建国"})
    await expect(cards(other).first).to_contain_text("王建国 处理")
    await expect(cards(other).first).to_contain_text("已升级 1 级")
    await hears_any(desk, MUTABLE[0])
    await hears_any(desk, MUTABLE[1])
    assert not set().union(*MUTABLE) & set(await heard(other)), "muted, and in another's hand"
    await expect(cards(other).first).to_contain_text("已升级 2 级")
    await hears_any(other, MUTABLE[2])


async def test_a_hold_asks_for_its_end_and_rings_again_when_it_is_over(gateway, browser):
    desk = await at_desk(browser, gateway, "王建国")
    sent: list[str] = []
    desk.on("request", lambda request: sent.append(request.post_data or "") if request.url.endswith("/hold") else None)
    say(gateway, "fire.alarm")
    await expect(cards(desk)).to_have_count(1)
    await desk.keyboard.press("a")
    await expect(cards(desk).first).to_have_attribute("data-state", "acknowledged")
    await desk.keyboard.press("h")
    await expect(desk.locator("[data-minutes='30']")).to_have_attribute("aria-pressed", "true")
    await desk.locator("input[name=minutes]").fill("45")
    await desk.locator(".holding input[name=note]").fill("等物业")
    await desk.keyboard.press("Enter")
    await expect(cards(desk).first).to_contain_text(re.compile(r"挂起至 \d\d:\d\d"))
    assert [json.loads(body) for body in sent] == [{"minutes": 45, "note": "等物业"}]
    say(gateway, "fire.alarm", panel=OTHER)
    await expect(cards(desk)).to_have_count(2)
    async with api(gateway) as guard:
        await guard.sign_in("王建国")
        [fresh] = (await guard.get("incidents", state="new"))["items"]
        await guard.post(f"incidents/{fresh['id']}/acknowledge", {})
        until = datetime.now(UTC) + timedelta(seconds=4)
        await guard.post(f"incidents/{fresh['id']}/hold", {"until": until.isoformat()})
    card = desk.locator(f"[data-incident='{fresh['id']}']")
    await expect(card).to_have_attribute("data-state", "on_hold")
    await desk.evaluate("window.heard = []")
    await expect(card).to_have_attribute("data-state", "new", timeout=15_000)
    await hears(desk, CRITICAL)
    await card.click()
    await expect(desk.locator(".told")).to_contain_text("再次响铃")


async def test_a_reminder_is_asked_for_and_shown(gateway, browser):
    desk = await at_desk(browser, gateway, "王建国")
    say(gateway, "fire.alarm")
    await expect(cards(desk)).to_have_count(1)
    await desk.keyboard.press("a")
    await expect(cards(desk).first).to_have_attribute("data-state", "acknowledged")
    await desk.keyboard.press("d")
    await desk.keyboard.type("给业主回电")
    await desk.keyboard.press("Enter")
    await expect(cards(desk).first).to_contain_text(re.compile(r"\d\d:\d\d.* 提醒：给业主回电"))
    await expect(desk.locator(".told")).to_contain_text("设提醒")
