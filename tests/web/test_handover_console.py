"""Handing over in Chromium: two people at one screen, the sheet that is printed, and what axe-core says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

import gateway
from gateway.desk.limits import Limits
from gateway.model import AlertState
from tests.support.api import eventually
from tests.support.axe import serious_findings
from tests.support.chromium import ARGUMENTS
from tests.support.parts import executable
from tests.web.conftest import World, world
from tests.web.test_handovers import DAY_AND_NIGHT

pytestmark = [pytest.mark.needs("chromium", "chromium"), pytest.mark.timeout(120)]
DIST = Path(gateway.__file__).parent / "console/dist"
EVENING = datetime(2026, 11, 30, 20, 5, tzinfo=UTC) - timedelta(hours=8)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path / "data", console=DIST) as made:
        made.desk.state.fold.limits = Limits()
        made.now = EVENING - timedelta(hours=3)
        for key, place, device in (("smoke", "b3/u1/1502", "home-1502"), ("gate", "gate/east", "east-door")):
            alert = await made.alert(key, place=place, device=device)
            await made.desk.incidents.step(alert.incident, "acknowledge", "guard")
        made.shifts, made.now = DAY_AND_NIGHT, EVENING
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield started
        await started.close()


async def sign_in(browser: Browser, room: World, user: str = "guard", **more) -> Page:
    context = await browser.new_context(locale="zh-CN", **more)
    await context.request.post(f"{room.url}/api/v1/session", data={"user": user, "password": user})
    page = await context.new_page()
    await page.goto(f"{room.url}/#/alerts")
    return page


async def test_two_people_sign_at_one_screen_and_print(room, browser, tmp_path):
    page = await sign_in(browser, room)
    await page.get_by_role("button", name="白班还没有交接班签字").click()
    await expect(page.get_by_role("heading", name="交接班", exact=True)).to_be_visible()
    boxes = page.get_by_role("checkbox", name="接手")
    await expect(boxes).to_have_count(2)
    assert [await box.is_checked() for box in await boxes.all()] == [True, True]
    await boxes.nth(1).uncheck()
    await page.get_by_label("交班说明").fill("二号门电池待换")
    await page.get_by_label("接班人", exact=True).select_option("supervisor")
    await page.get_by_label("接班人密码").fill("wrong")
    await page.get_by_role("button", name="双方签字").click()
    await expect(page.get_by_text("接班人的用户名或密码不正确")).to_be_visible()
    assert await page.get_by_label("接班人密码").input_value() == "", "a password does not stay on the screen"
    await page.get_by_label("接班人密码").fill("supervisor")
    await page.get_by_label("接班人密码").press("Enter")
    await expect(page.get_by_role("status").filter(has_text="第1号交接班已签字")).to_be_visible()
    await expect(page.get_by_text("白班还没有交接班签字")).to_have_count(0)
    states = sorted((alert.state, alert.assignee) for alert in room.desk.open_alerts())
    assert states == [(AlertState.ACKNOWLEDGED, "supervisor"), (AlertState.NEW, "guard")]
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="打印 1").click()
    sheet = await opened.value
    await expect(sheet.get_by_text("二号门电池待换")).to_be_visible()
    assert await serious_findings(sheet) == []
    pdf = await sheet.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    code = await sheet.locator("svg.code").screenshot()
    assert _read_code(code) == f"anju:handover:1:{(await room.services.handovers.one(1)).head}"


def _read_code(picture: bytes) -> str:
    text, *_ = cv2.QRCodeDetector().detectAndDecode(cv2.imdecode(np.frombuffer(picture, np.uint8), 1))
    return text


@pytest.mark.parametrize("size", [(1920, 1080), (390, 844)])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_serious_and_nothing_runs_over_the_edge(room, browser, size, theme):
    page = await sign_in(browser, room, viewport={"width": size[0], "height": size[1]})
    await page.evaluate("theme => localStorage.setItem('anju.theme', theme)", theme)
    await page.goto(f"{room.url}/?#/handover")
    await expect(page.get_by_role("checkbox", name="接手").first).to_be_visible()
    assert await serious_findings(page) == []
    assert await page.evaluate("document.querySelector('.handover').scrollWidth <= innerWidth")


async def test_a_manager_reads_and_signs_nothing(room, browser):
    page = await sign_in(browser, room, "manager")
    await page.goto(f"{room.url}/#/handover")
    await expect(page.get_by_text("未结警情（2）")).to_be_visible()
    await expect(page.get_by_role("button", name="双方签字")).to_have_count(0)
    await expect(page.get_by_role("checkbox", name="接手")).to_have_count(0)


async def test_an_open_page_reports_that_it_is_there(room, browser):
    page = await sign_in(browser, room)
    await expect(page.get_by_role("button", name="白班还没有交接班签字")).to_be_visible()

    async def heard():
        return room.services.presence.screens()

    [screen] = await eventually(heard)
    assert (screen.user, screen.silent_since is not None) == ("guard", True), "no sound before the first click"
