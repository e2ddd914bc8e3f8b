"""A door plate in a phone's browser, as each kind of scanner uses it, without script where it is not needed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, Response, async_playwright

from gateway.config.residents import DoorPlateSection
from tests.support.axe import serious_findings
from tests.support.parts import executable
from tests.web.conftest import NAMES, PHONES
from tests.web.test_browser import ARGUMENTS, PHONE

pytestmark = pytest.mark.needs("chromium", "chromium")
ROOM = "b3/u1/1502"
WECHAT = (
    "Mozilla/5.0 (Linux; Android 13; V2227A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0"
    " Mobile Safari/537.36 XWEB/1160083 MMWEBSDK/20240301 MicroMessenger/8.0.48"
)
MAX_BYTES = 50_000


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield started
        await started.close()


@pytest.fixture
async def plate(anju) -> str:
    anju.plate_settings = DoorPlateSection(address="江苏省泰州市海陵区春风路8号")
    [issued] = await anju.door_plates.issue([ROOM], anju.now)
    return f"{anju.url}/d/{issued.token}"


@dataclass
class Phone:
    """A phone's page; `complaints` are what its console says."""

    page: Page
    complaints: list[str]

    async def fits(self) -> None:
        assert await self.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert self.complaints == []


async def phone(browser: Browser, *, script: bool = False, **more) -> Phone:
    context = await browser.new_context(
        viewport=PHONE, locale="zh-CN", user_agent=WECHAT, java_script_enabled=script, **more
    )
    page = await context.new_page()
    made = Phone(page, [])
    page.on("console", lambda message: made.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    return made


async def test_a_stranger_calls_for_help_and_announces_a_visit_without_script(anju, browser, plate):
    # JavaScript must run for the width to be measured; the pages' own scripts do nothing here.
    visitor = await phone(browser, script=True)
    page = visitor.page
    await page.goto(plate)
    await page.get_by_text("江苏省泰州市海陵区春风路8号").wait_for()
    await page.get_by_role("link", name="紧急求助").click()
    await page.get_by_role("heading", name="要呼叫值班室吗？").wait_for()
    await visitor.fits()
    assert anju.reported == []
    await page.get_by_role("button", name="是，马上呼叫").click()
    await page.get_by_role("heading", name="值班室已经响铃").wait_for()
    await visitor.fits()
    assert [signal.kind for signal in anju.reported] == ["help.called"]
    await page.goto(plate)
    await page.get_by_role("link", name="我来访").click()
    await page.get_by_label("您的称呼").fill("李师傅")
    await page.get_by_role("button", name="请转告住户").click()
    await page.get_by_role("heading", name="已转告").wait_for()
    await visitor.fits()
    visits = anju.services.door_plate_service.visits
    [visit] = await visits.open_at([ROOM])
    await visits.answer(visit.number, [ROOM], "p1", accept=True)
    await page.reload()
    await page.get_by_role("link", name="打开通行码").wait_for()
    await visitor.fits()


async def test_all_forms_work_without_script(anju, browser, plate):
    tenant = (await phone(browser)).page
    await tenant.goto(f"{plate}/register")
    await tenant.get_by_label("姓名").fill("赵敏")
    await tenant.get_by_label("手机号").fill("13700001111")
    await tenant.get_by_label("从哪天住").fill("2026-12-01")
    await tenant.get_by_role("button", name="提交，等房主确认").click()
    await tenant.get_by_role("heading", name="已提交").wait_for()
    assert [one.name for one in anju.registrations] == ["赵敏"]
    await tenant.goto(plate)
    await tenant.get_by_label("漏水停水").check()
    await tenant.get_by_label("说说情况").fill("楼道滴水")
    await tenant.get_by_role("button", name="送到值班室").click()
    await tenant.get_by_role("heading", name="值班室已收到").wait_for()
    assert "楼道滴水" in await tenant.inner_text("main")


@pytest.mark.parametrize("role", ["property", "grid", "police", "guard"])
async def test_staff_sign_in_at_the_door_and_see_their_part(anju, browser, plate, role):
    staff = await phone(browser, script=True)
    page = staff.page
    await page.goto(plate)
    await page.get_by_role("link", name="工作人员").click()
    await page.get_by_label("用户名").fill(role)
    await page.get_by_label("密码").fill(role)
    await page.get_by_role("button", name="登录").click()
    await page.get_by_role("heading", name="查看住户").wait_for()
    text = await page.content()
    assert not [secret for secret in (*NAMES, *PHONES) if secret in text]
    await page.get_by_label("上门走访").check()
    await page.get_by_role("button", name="查看", exact=True).click()
    await page.get_by_text("本次查看已留档").wait_for()
    await staff.fits()
    shown = await page.inner_text(".room")
    assert PHONES[0] in shown
    assert (NAMES[0] in shown) is (role != "grid")
    if role in {"property", "guard"}:
        await page.get_by_role("button", name="挂好了").click()
        await page.get_by_text("已登记挂牌").wait_for()
        [state] = await anju.services.door_plate_service.plates.states([ROOM])
        assert state.hung_by == role


async def test_a_phone_may_tell_where_it_is(anju, browser, plate):
    """Only when asked by the button, and only of somebody signed in; a plate far from its door is then noticed."""
    anju.plate_settings = DoorPlateSection(positions={"b3": {"lat": 32.1, "lon": 120.1}})
    guard = await phone(
        browser, script=True, geolocation={"latitude": 32.11, "longitude": 120.1}, permissions=["geolocation"]
    )
    page = guard.page
    await page.goto(f"{plate}/staff")
    await page.get_by_label("用户名").fill("guard")
    await page.get_by_label("密码").fill("guard")
    await page.get_by_role("button", name="登录").click()
    await page.get_by_role("button", name="用手机定位核对").click()
    await page.get_by_text("位置已核对").wait_for()
    [signal] = [one for one in anju.notices if one.kind == "door_plate.suspected"]
    assert signal.data["why"] == "far"
    assert guard.complaints == []


async def test_pages_are_light_large_and_readable_for_everybody(anju, browser, plate):
    """Every page below 50 kB with all that it loads; controls as large as a thumb; nothing that axe finds."""
    visit = await anju.services.door_plate_service.visits.announce(ROOM, "李师傅", "")
    weights = {}
    for scheme in ("light", "dark"):
        reader = await phone(browser, script=True, color_scheme=scheme)
        page = reader.page
        for path in ("", "/help", "/visit", "/register", "/staff", f"/../v/{visit}", "/../r/none"):
            loaded: list[Response] = []
            take = lambda answer, into=loaded: into.append(answer)  # noqa: E731
            page.on("response", take)
            await page.goto(f"{plate}{path}")
            page.remove_listener("response", take)
            name = re.sub(r"[A-Za-z0-9_-]{32}", "TOKEN", path) or "/"
            weights[name] = sum([len(await one.body()) for one in loaded])
            assert weights[name] < MAX_BYTES, (name, weights[name])
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
            assert await serious_findings(page) == [], name
            for control in await page.locator("button:visible, .tile, .call, .button, .choices label").all():
                box = await control.bounding_box()
                assert box
                assert box["height"] >= 44, (name, await control.inner_text())
    assert len(weights) == 7
