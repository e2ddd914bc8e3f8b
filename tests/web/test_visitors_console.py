"""The counter in a real browser: a pass by keyboard alone, its code, its end."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, async_playwright, expect

from gateway.passes.draft import PassDraft
from tests.support.axe import serious_findings
from tests.support.parts import executable
from tests.web.conftest import world
from tests.web.test_browser import ARGUMENTS
from tests.web.test_patrol_browser import CONSOLE

pytestmark = pytest.mark.needs("chromium", "chromium")


@pytest.fixture
async def anju(tmp_path) -> AsyncIterator:
    async with world(tmp_path / "data", console=CONSOLE) as made:
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield started
        await started.close()


async def counter(browser, anju):
    context = await browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    page = await context.new_page()
    await page.goto(f"{anju.url}/#/visitors")
    await page.get_by_label("用户名").fill("guard")
    await page.get_by_label("密码", exact=True).fill("guard")
    await page.keyboard.press("Enter")
    await page.locator(".visitors").wait_for()
    return page


async def test_a_guard_makes_a_pass_by_keyboard_alone(anju, browser):
    page = await counter(browser, anju)
    await expect(page.get_by_label("访客姓名")).to_be_focused()
    await page.keyboard.type("韩梅梅")
    await page.keyboard.press("Tab")
    await page.keyboard.type("1503")
    await expect(page.locator("[data-place='b3/u1/1503'][aria-selected=true]")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.type("苏M88888")
    await page.keyboard.press("Enter")
    await expect(page.locator(".done")).to_contain_text("韩梅梅 的通行证已发放")
    await expect(page.get_by_role("button", name="下一位")).to_be_focused()
    [one] = anju.register.snapshot.passes.values()
    assert (one.name, one.plate, one.place, one.host, one.kind) == (
        "韩梅梅",
        "苏M88888",
        "b3/u1/1503",
        "guard",
        "visitor",
    )
    assert one.until - one.since == timedelta(hours=12)
    await expect(page.locator(".passes li")).to_contain_text("苏M88888")
    assert await serious_findings(page) == []
    picture = page.locator(".code")
    await picture.evaluate("(one) => one.decode()")
    [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(await picture.screenshot())))
    stored = await anju.passes.one(one.id)
    assert stored is not None
    assert found.text == f"https://anju.example/v/{stored.token}"
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("访客姓名")).to_be_focused()
    await expect(page.get_by_label("访客姓名")).to_have_value("")


async def test_a_pass_of_a_resident_is_listed_and_revoked_by_two_presses(anju, browser):
    draft = PassDraft("b3/u1/1502", "李雷", anju.now, anju.now + timedelta(hours=2), host="p1")
    made = await anju.passes.create(draft, "resident:p1", [])
    page = await counter(browser, anju)
    row = page.locator(f"[data-pass='{made.its.id}']")
    await expect(row).to_contain_text("经办 住户")
    await row.get_by_role("button", name="撤销").click()
    await expect(row.get_by_role("button", name="再按一次撤销")).to_be_visible()
    assert anju.register.snapshot.passes[made.its.id].revoked_at is None
    await row.get_by_role("button", name="再按一次撤销").click()
    await expect(row).to_contain_text("已撤销")
    assert anju.register.snapshot.passes[made.its.id].revoked_at is not None


async def test_what_the_gateway_refuses_is_said(anju, browser):
    page = await counter(browser, anju)
    await page.get_by_label("访客姓名").fill("韩梅梅")
    await page.get_by_label("去哪一户").fill("1502")
    await page.get_by_label("车牌（没有车不填）").fill("hello")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("不是车牌号")
    assert anju.register.snapshot.passes == {}
