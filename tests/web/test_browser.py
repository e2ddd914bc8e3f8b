"""The residents' page in a real browser: what no HTTP client would notice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from PIL import Image
from playwright.async_api import Browser, async_playwright

from tests.support.parts import executable

pytestmark = pytest.mark.needs("chromium", "chromium")
PHONE = {"width": 390, "height": 844}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield started
        await started.close()


@pytest.fixture
async def plate(anju) -> str:
    [issued] = await anju.door_plates.issue(["b3/u1/1502"], anju.now)
    return f"{anju.url}/d/{issued.token}"


async def open_page(browser, plate, **context):
    page = await (await browser.new_context(viewport=PHONE, locale="zh-CN", **context)).new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    await page.goto(plate)
    return page


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_a_resident_reports_with_a_photo(anju, browser, plate, tmp_path, script):
    """A 12 megapixel photo of a phone is made small by the page's script; a small one passes without it."""
    size = (4000, 3000) if script else (800, 600)
    Image.effect_noise(size, 60).convert("RGB").save(tmp_path / "photo.jpg", quality=90)
    assert ((tmp_path / "photo.jpg").stat().st_size > 2 * 1024 * 1024) is script
    page = await open_page(browser, plate, java_script_enabled=script)
    await page.get_by_label("噪音扰民").check()
    await page.get_by_label("说说情况").fill("楼上装修")
    await page.get_by_label("照片").set_input_files(tmp_path / "photo.jpg")
    await page.get_by_role("button", name="送到值班室").click()
    await page.get_by_text("值班室已收到").wait_for()
    [signal] = anju.reported
    assert signal.data["category"] == "noise"
    assert signal.picture
    assert page.complaints == []


async def test_a_photo_that_is_too_large_is_said_on_the_page(anju, browser, plate, tmp_path):
    """Not a broken connection: the rest of it is read away first."""
    Image.effect_noise((4000, 3000), 60).convert("RGB").save(tmp_path / "photo.jpg", quality=90)
    page = await open_page(browser, plate, java_script_enabled=False)
    await page.get_by_label("电梯故障").check()
    await page.get_by_label("说说情况").fill("一层")
    await page.get_by_label("照片").set_input_files(tmp_path / "photo.jpg")
    await page.get_by_role("button", name="送到值班室").click()
    await page.get_by_text("照片超过 2 MB").wait_for()
    assert await page.get_by_label("说说情况").input_value() == "一层"
    assert anju.reported == []


async def test_the_page_fits_a_phone_in_both_languages(browser, plate):
    page = await open_page(browser, plate)
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    await page.get_by_role("link", name="English").click()
    await page.get_by_role("heading", name="Building 3 Unit 1 Room 1502").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    for control in await page.locator("label:visible, button, .call").all():
        box = await control.bounding_box()
        assert box
        assert box["height"] >= 20
    assert page.complaints == []


async def test_the_api_page_breaks_no_policy(anju, browser):
    page = await open_page(browser, f"{anju.url}/api/v1/docs")
    await page.get_by_role("heading", name="Anju API").wait_for()
    assert page.complaints == []
