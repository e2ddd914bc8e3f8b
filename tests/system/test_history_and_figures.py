"""Looking back: Chromium, the built console, a real gateway over a week of work, and axe-core on each page."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from gateway.model import Device, DeviceType
from tests.support.api import PASSWORD, api, enrol
from tests.support.chromium import ARGUMENTS
from tests.support.gateway import ROOM, Gateway, TestCompound, TestDevice
from tests.support.months import fill
from tests.support.parts import executable

pytestmark = [pytest.mark.needs("chromium", "chromium"), pytest.mark.timeout(240)]
AXE = Path(__file__).resolve().parents[2] / "gateway/console/node_modules/axe-core/axe.min.js"
PANEL = "home-101"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("looking-back")
    device = Device(PANEL, "mqtt_device", DeviceType.HOME, PANEL, ROOM)
    fill(folder / "data", [device], datetime.now(UTC), 8, 60)
    running = Gateway(TestCompound(folder / "config", [TestDevice(PANEL)]), folder / "data")
    for name, role in (("王建国", "guard"), ("张班长", "supervisor"), ("刘经理", "manager"), ("赵师傅", "installer")):
        enrol(running, name, role)
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def page():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        opened = await browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
        opened.faults = []
        opened.on("pageerror", lambda error: opened.faults.append(str(error)))
        opened.on("console", lambda message: _note(opened, message))
        yield opened
        assert opened.faults == []
        await browser.close()


def _note(page: Page, message) -> None:
    if message.type == "error" and "401" not in message.text:  # the first look at the session
        page.faults.append(message.text)


async def sign_in(page: Page, gateway: Gateway, user: str, view: str) -> None:
    await page.goto(f"{gateway.url}/#/{view}")
    await page.locator("input[name=user], input[type=text]").first.fill(user)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator(".top")).to_be_visible()


async def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps people out."""
    if not AXE.is_file():
        pytest.skip("axe-core is in no node_modules: python hatch_build.py lint installs it")
    # Not by a script element: the page's policy forbids it, as it should.
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {json.dumps([node['target'] for node in each['nodes']])}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]


async def test_a_manager_looks_at_the_figures_and_prints_them(gateway, page):
    await sign_in(page, gateway, "刘经理", "figures")
    await expect(page.get_by_role("heading", name="每天的警情")).to_be_visible()
    await expect(page.locator(".chart canvas")).to_have_count(7)
    async with api(gateway) as person:
        await person.sign_in("刘经理")
        plain = await person.get("figures", **{"from": await _shown(page, 0), "to": await _shown(page, 1)})
    await expect(page.locator(".tile").first).to_contain_text(str(plain["alerts"]))
    # The table beside a chart says the same.
    severity = page.locator(".chart", has=page.get_by_role("heading", name="严重程度"))
    await severity.locator("summary").click()
    counts = [int(text) for text in await severity.locator("tbody td:nth-of-type(1)").all_inner_texts()]
    assert counts == [group["count"] for group in plain["severities"]]
    assert await serious(page) == []
    paper = await page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    await page.evaluate("document.documentElement.dataset.theme = 'dark'")
    await page.emulate_media(media="print")
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not await page.locator(".top").is_visible()


async def _shown(page: Page, index: int) -> str:
    text = await page.locator(".paper").inner_text() or await page.locator(".paper").text_content()
    return re.findall(r"\d{4}-\d\d-\d\d", text or "")[index]


async def test_a_supervisor_takes_the_alerts_away_and_the_audit_says_why(gateway, page):
    await sign_in(page, gateway, "张班长", "figures")
    await page.get_by_label("导出事由").fill("物业例会")
    async with page.expect_download() as started:
        await page.get_by_role("link", name="CSV").click()
    file = await (await started.value).path()
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    await page.goto(f"{gateway.url}/#/audit")
    await expect(page.get_by_text(re.compile("链条完整"))).to_be_visible()
    row = page.get_by_role("row", name=re.compile("导出警情")).first
    await expect(row).to_contain_text("物业例会")
    await expect(row).to_contain_text("张班长")
    await page.locator("select").first.select_option(label="结警")
    await page.get_by_role("button", name="查看", exact=True).click()
    await expect(page.get_by_role("row", name=re.compile("导出警情"))).to_have_count(0)
    assert await serious(page) == []


async def indexed(gateway: Gateway) -> None:
    """Return once every alert of the seeded months can be found: the index is made after the start, in slices."""
    async with api(gateway) as person, asyncio.timeout(90):
        await person.sign_in("王建国")
        while not (await person.get("history", limit="1"))["complete"]:
            await asyncio.sleep(0.2)


async def test_a_guard_searches_the_history_and_a_person_only_with_a_reason(gateway, page):
    await indexed(gateway)
    await sign_in(page, gateway, "王建国", "history")
    await page.get_by_label("文字（原因、备注、上报内容）").fill("一只猫")
    await page.keyboard.press("Enter")
    await expect(page.locator(".rows .row").first).to_contain_text("是一只猫")
    texts = await page.locator(".rows .row").all_inner_texts()
    assert all("是一只猫" in text for text in texts)
    await page.get_by_role("button", name="更多条件").click()
    await page.get_by_role("textbox", name="车牌").fill("8K2")
    await expect(page.get_by_role("button", name="查找")).to_be_disabled()
    await page.get_by_label("查询事由").fill("寻车")
    await expect(page.get_by_role("button", name="查找")).to_be_enabled()
    assert await serious(page) == []
    await page.get_by_role("button", name="时间线").click()
    await page.get_by_role("textbox", name="地点").fill("101")
    await page.get_by_role("button", name="查看", exact=True).click()
    await expect(page.get_by_role("heading", name=re.compile("的时间线"))).to_be_visible()
    await expect(page.locator(".entries .step").first).to_be_visible()
    assert await serious(page) == []
    await expect(page.get_by_role("button", name="审计")).to_have_count(0)


async def test_an_installer_has_neither_figures_nor_a_search(gateway, page):
    await sign_in(page, gateway, "赵师傅", "history")
    await expect(page.locator(".rows .row").first).to_be_visible()
    await expect(page.get_by_role("button", name="报表")).to_have_count(0)
    await expect(page.get_by_role("button", name="查找")).to_have_count(0)


@pytest.mark.parametrize("report", ["morning", "week"])
async def test_a_report_is_one_page_without_a_script(gateway, page, report):
    await page.request.post(f"{gateway.url}/api/v1/session", data={"user": "张班长", "password": PASSWORD})
    await page.goto(f"{gateway.url}/reports/{report}")
    assert await serious(page) == []
    paper = await page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


async def test_the_gauge_is_always_on_the_wall(gateway, page):
    await sign_in(page, gateway, "王建国", "alerts")
    gauge = page.locator(".strip .gauge")
    await expect(gauge).to_be_visible()
    assert re.search(r"今日 \d+ 条，预算 144", await gauge.get_attribute("aria-label"))
