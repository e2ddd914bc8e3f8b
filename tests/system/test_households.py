"""The property's pages in a real browser: find a household, move somebody in and out, import a list, see who passed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

import gateway as package
from tests.support.axe import serious_findings
from tests.support.parts import executable
from tests.web.conftest import world
from tests.web.test_browser import ARGUMENTS

pytestmark = pytest.mark.needs("chromium", "chromium")
CONSOLE = Path(package.__file__).parent / "console" / "dist"
ROOM = "b3/u1/1502"


@pytest.fixture
async def anju(tmp_path) -> AsyncIterator:
    async with world(tmp_path / "data", console=CONSOLE) as made:
        yield made


@pytest.fixture
async def page(anju) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        made = await context.new_page()
        made.refused = []
        made.on("response", lambda answer: made.refused.append(answer.url) if answer.status == 403 else None)
        yield made
        await browser.close()


async def sign_in(page, anju, user="property", view="households"):
    await page.goto(f"{anju.url}/#/{view}")
    await page.get_by_label("用户名").fill(user)
    await page.get_by_role("textbox", name="密码").fill(user)
    await page.keyboard.press("Enter")


async def test_the_property_sees_households_and_no_alarms(anju, page):
    await anju.alert()
    await sign_in(page, anju, view="alerts")
    await expect(page.locator(".households")).to_be_visible()
    assert "households" in page.url
    await expect(page.locator(".strip")).to_have_count(0)
    await expect(page.get_by_text("厨房烟雾报警")).to_have_count(0)
    assert await page.locator("nav [data-view]").evaluate_all("all => all.map(one => one.dataset.view)") == [
        "households",
        "requests",
        "passages",
    ]
    assert await serious_findings(page) == []
    assert page.refused == [], "nothing is asked for that this role may not have"


async def test_somebody_is_found_moves_in_and_out_and_the_history_says_so(anju, page):
    await sign_in(page, anju)
    await page.get_by_label("查找住户").fill("王建")
    await page.locator(".results .row").first.click()
    card = page.locator(".card")
    await expect(card.get_by_role("heading", name="3号楼1单元1502室")).to_be_visible()
    await card.get_by_role("button", name="登记人员").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("姓名").fill("钱多多")
    await dialog.get_by_label("手机").fill("13600001111")
    assert await serious_findings(page) == []
    await dialog.get_by_role("button", name="保存").click()
    assert await dialog.count() == 1, "a change needs a reason"
    await dialog.get_by_label("变更原因").fill("孩子出生")
    await dialog.get_by_role("button", name="保存").click()
    await expect(card.locator(".person", has_text="钱多多")).to_be_visible()
    await card.get_by_role("button", name="搬离 钱多多").click()
    await page.get_by_role("dialog").get_by_label("变更原因").fill("外出读书")
    await page.get_by_role("dialog").get_by_role("button", name="保存").click()
    await expect(card.locator(".person", has_text="钱多多")).to_have_count(0)
    await card.get_by_text(re.compile("已搬离")).first.click()
    await expect(card.locator(".former")).to_contain_text("钱多多")
    await card.get_by_text("变更记录").click()
    await expect(card.locator("ol li").first).to_contain_text("外出读书")
    await expect(card.locator("ol li", has_text="孩子出生").first).to_be_visible()
    assert await serious_findings(page) == []


async def test_two_people_at_one_room_overwrite_nothing(anju, page):
    await sign_in(page, anju)
    await page.goto(f"{anju.url}/#/households/{ROOM.replace('/', '%2F')}")
    card = page.locator(".card")
    await card.get_by_role("button", name="登记车辆").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("车牌").fill("苏M77777")
    await dialog.get_by_label("变更原因").fill("新车")
    other, path = page.context.request, f"{anju.url}/api/v1/households/{ROOM}"
    record = await (await other.get(path)).json()
    changes = [{"do": "change_person", "person": record["people"][0]["id"], "phone": "13500000000"}]
    body = {"why": "改号", "version": record["version"], "changes": changes}
    answer = await other.post(f"{path}/changes", data=body, headers={"Origin": anju.url})
    assert answer.status == 200, await answer.text()
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("别人刚改过")
    await dialog.get_by_role("button", name="保存").click()
    await expect(card.get_by_text("苏M77777")).to_be_visible()
    await expect(card.get_by_text("13500000000")).to_be_visible()


async def test_a_list_is_shown_before_it_is_imported_and_mistakes_by_line(anju, page, tmp_path):
    await sign_in(page, anju)
    await page.get_by_role("button", name="导入").first.click()
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("房号,姓名,车牌\nb3/u1/1503,孙一,苏M1\nb9/u1/1,孙二,\n", "utf-8")
    good.write_text("房号,姓名,电话\nb3/u1/1503,孙三,13700002222\n", "utf-8")
    panel = page.locator(".card")
    await panel.get_by_label("住户表").set_input_files(bad)
    await panel.get_by_role("button", name="先看会改什么").click()
    await expect(panel.locator(".mistakes")).to_contain_text("第 2 行")
    await expect(panel.locator(".mistakes")).to_contain_text("第 3 行")
    await panel.get_by_label("住户表").set_input_files(good)
    await panel.get_by_role("button", name="先看会改什么").click()
    await expect(panel.locator(".changes")).to_contain_text("孙三")
    await panel.get_by_label("变更原因").fill("季度核对")
    await panel.get_by_role("button", name="确认导入").click()
    await expect(panel.get_by_text("已导入。")).to_be_visible()
    await panel.get_by_role("button", name="先看会改什么").click()
    await expect(panel.get_by_text("没有要改的")).to_be_visible()
    assert await serious_findings(page) == []


async def test_an_account_for_door_plates_alone_is_told_so(anju, page):
    await sign_in(page, anju, user="grid")
    await expect(page.get_by_text("这个账号只用于扫描门牌")).to_be_visible()


async def test_a_consent_is_recorded_and_withdrawn_and_a_person_deleted(anju, page):
    await sign_in(page, anju)
    await page.goto(f"{anju.url}/#/households/{ROOM.replace('/', '%2F')}")
    await page.get_by_role("button", name="个人信息 李秀英").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("登记同意").select_option(index=1)
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog.get_by_role("button", name="撤回")).to_have_count(1)
    assert await serious_findings(page) == []
    await dialog.get_by_role("button", name="撤回").click()
    await expect(dialog.get_by_role("button", name="撤回")).to_have_count(0)
    await dialog.get_by_label("变更原因").fill("本人申请")
    await dialog.get_by_role("button", name="删除此人全部信息").click()
    await expect(dialog.get_by_text("不能恢复。")).to_be_visible()
    await dialog.get_by_role("button", name="确认删除").click()
    await expect(dialog.get_by_text("已开始删除")).to_be_visible()
