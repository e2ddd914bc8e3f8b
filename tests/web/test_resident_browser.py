"""A resident's phone in a real browser, without script: from the door plate's code to an open door and a request."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from gateway.config.access import AccessSettings
from tests.support.axe import serious_findings
from tests.support.parts import executable
from tests.support.residents import PHONE, code_for
from tests.web.test_browser import ARGUMENTS
from tests.web.test_browser import PHONE as SCREEN

pytestmark = pytest.mark.needs("chromium", "chromium")
ROOM = "b3/u1/1502"
PAGES = ("", "household", "passes", "door", "alarm", "alerts", "notices", "devices", "privacy", "consents", "care")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield started
        await started.close()


async def phone(browser: Browser, *, script: bool = False) -> Page:
    context = await browser.new_context(viewport=SCREEN, locale="zh-CN", java_script_enabled=script)
    return await context.new_page()


async def sign_in(anju, page: Page, start: str) -> None:
    await page.goto(start)
    await page.get_by_label("登记的手机号码").fill(PHONE)
    await page.get_by_role("button", name="获取验证码").click()
    await page.get_by_label("6 位验证码").fill(await code_for(anju, PHONE))
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("3号楼1单元1502室")


async def test_from_the_plate_to_an_open_door_without_script(anju, browser):
    door = {"device": "east-door", "place": ROOM, "kinds": ["phone"]}
    anju.access_settings = AccessSettings.model_validate({"doors": [door]})
    [plate] = await anju.door_plates.issue(["gate/east"], anju.now)
    page = await phone(browser)
    await page.goto(f"{anju.url}/d/{plate.token}")
    await page.get_by_role("link", name="我住这里").click()
    await sign_in(anju, page, page.url)
    await page.goto(f"{anju.url}/d/{plate.token}")
    await page.get_by_role("link", name="我住这里").click()
    await page.get_by_role("link", name="开单元门").click()
    await page.get_by_role("button", name="东门门禁").click()
    await expect(page.get_by_role("status")).to_contain_text("门已打开")
    assert [command.action for command in anju.sent] == ["unlock"]


async def test_asking_for_a_change_and_signing_out(anju, browser):
    page = await phone(browser)
    await sign_in(anju, page, f"{anju.url}/r/")
    await page.get_by_role("link", name="家人、车辆和申请").click()
    await page.get_by_text("登记车辆", exact=True).click()
    form = page.locator("details[open]")
    await form.get_by_label("车牌").fill("苏A12345")
    await form.get_by_role("button", name="提交申请").click()
    await expect(page.get_by_role("status")).to_contain_text("等待物业确认")
    await page.get_by_role("link", name="西子御园").click()
    await page.get_by_role("button", name="退出登录").click()
    await expect(page.get_by_label("登记的手机号码")).to_be_visible()
    await page.goto(f"{anju.url}/r/household")
    await expect(page.get_by_label("登记的手机号码")).to_be_visible()


async def test_pages_fit_a_phone_and_can_be_read_by_everybody(anju, browser):
    page = await phone(browser, script=True)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await sign_in(anju, page, f"{anju.url}/r/")
    for path in PAGES:
        for language in ("zh", "en"):
            await page.goto(f"{anju.url}/r/{path}?lang={language}")
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert await page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 18
        assert await serious_findings(page) == [], path
    assert complaints == []
