"""The guard room's view of rounds and its duty log, in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, async_playwright, expect

from gateway.patrol.service import PhoneScan
from tests.support.axe import serious_findings
from tests.support.parts import executable
from tests.web.conftest import world
from tests.web.patrols import DUE, begin, token
from tests.web.test_browser import ARGUMENTS, PHONE
from tests.web.test_patrol_browser import CONSOLE, phone, sign_in

pytestmark = pytest.mark.needs("chromium", "chromium")


@pytest.fixture
async def anju(tmp_path) -> AsyncIterator:
    async with world(tmp_path / "data", console=CONSOLE) as made:
        await begin(made)
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield started
        await started.close()


async def guard_room(browser, anju, user="guard", **more):
    context = await browser.new_context(locale="zh-CN", **{"viewport": {"width": 1366, "height": 768}, **more})
    page = await context.new_page()
    await page.goto(f"{anju.url}/#/patrol")
    await page.get_by_label("用户名").fill(user)
    await page.get_by_label("密码", exact=True).fill(user)
    await page.keyboard.press("Enter")
    await page.locator(".top").wait_for()
    return page


async def walk(anju, *checkpoints, late=timedelta()):
    """The guard scans one after the other, three minutes apart; with `late` the phone delivers later."""
    patrols = anju.services.patrols
    for number, name in enumerate(checkpoints):
        made = DUE + timedelta(minutes=3 * number)
        anju.now = made + late
        await patrols.scan(patrols.checkpoint(name), "guard", PhoneScan(f"{name}{number}", made, made + late))


async def test_a_round_reads_as_a_timeline_with_signs_and_words(anju, browser):
    await walk(anju, "east", "roof")
    anju.now = DUE + timedelta(hours=1)
    page = await guard_room(browser, anju)
    card = page.locator(".round")
    await expect(card).to_contain_text("22:00")
    await expect(card.locator(".state")).to_contain_text("✕漏点")
    await expect(card.locator(".points li").nth(0)).to_contain_text("✓东门岗亭22:00 guard")
    await expect(card.locator(".points li").nth(1)).to_contain_text("✕3号楼大堂漏巡")
    await expect(card.locator(".points li").nth(2)).to_contain_text("顺序不对")
    await expect(card.locator(".faults")).to_contain_text("巡更漏点：夜间巡更，「3号楼大堂」没有按时打卡")
    await expect(page.locator("table tbody tr")).to_have_count(1)
    await expect(page.locator("table td.bad")).to_contain_text("2/3")
    assert await serious_findings(page) == []


async def test_what_a_phone_delivered_later_is_marked(anju, browser):
    await walk(anju, "east", "lobby", "roof", late=timedelta(minutes=40))
    page = await guard_room(browser, anju)
    await expect(page.locator(".round .state")).to_contain_text("✓完成")
    await expect(page.locator(".round .mark", has_text="补传")).to_have_count(3)
    await expect(page.locator("table small")).to_contain_text("补传")


@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_the_duty_log_is_asked_for_written_and_listed(anju, browser, colours):
    page = await guard_room(browser, anju, color_scheme=colours)
    await page.get_by_role("button", name="值班记录到时间").click()
    form = page.get_by_role("dialog")
    await expect(form).to_contain_text("还差 1 人")
    assert await serious_findings(page) == []
    await expect(form.get_by_role("button", name="提交")).to_be_disabled()
    await form.get_by_label("supervisor").check()
    await form.get_by_label("不正常").check()
    await form.get_by_label("消火栓压力").fill("0.35")
    await expect(form.get_by_role("button", name="提交")).to_be_disabled()
    await form.get_by_label("备注").fill("主机有一个故障灯")
    await form.get_by_role("button", name="提交").click()
    await expect(form).to_be_hidden()
    await expect(page.get_by_role("button", name="值班记录到时间")).to_be_hidden()
    await page.reload()
    entry = page.locator(".log li")
    await expect(entry).to_contain_text("消防控制室")
    await expect(entry).to_contain_text("guard、supervisor")
    await expect(entry).to_contain_text("✕ 火灾报警控制器正常")
    await expect(entry).to_contain_text("主机有一个故障灯")


async def test_the_form_closes_by_key_and_an_overdue_entry_says_so(anju, browser):
    anju.now = DUE + timedelta(minutes=30)
    page = await guard_room(browser, anju)
    await page.get_by_role("button", name="值班记录超时未填").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()


async def test_who_sees_the_view(anju, browser):
    manager = await guard_room(browser, anju, "manager")
    await expect(manager.get_by_role("button", name="巡更")).to_be_visible()
    await expect(manager.get_by_role("button", name="值班记录到时间")).to_have_count(0)
    installer = await guard_room(browser, anju, "installer")
    await expect(installer.get_by_role("button", name="设备")).to_be_visible()
    await expect(installer.get_by_role("button", name="巡更")).to_have_count(0)


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (390, 844)])
async def test_the_view_fits(anju, browser, size):
    page = await guard_room(browser, anju, viewport={"width": size[0], "height": size[1]})
    await expect(page.locator(".round")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_nothing_of_the_phone_s_page_is_out_of_reach(anju, browser, colours):
    page, code = await phone(browser, color_scheme=colours), await token(anju)
    await page.goto(f"{anju.url}/c/{code}")
    assert await serious_findings(page) == []
    await sign_in(page)
    await expect(page.locator("#result")).to_contain_text("打卡成功")
    assert await serious_findings(page) == []
    await page.goto(f"{anju.url}/c/{'A' * 32}")
    assert await serious_findings(page) == []
    assert page.viewport_size == PHONE
