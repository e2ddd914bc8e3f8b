"""A guard's phone at checkpoints, in a real browser: sign in, scan, no signal, camera, finding."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.async_api import Browser, async_playwright, expect

import gateway
from gateway.store import journal
from tests.support.parts import executable
from tests.support.phone_line import PhoneLine, phone_line
from tests.web.conftest import world
from tests.web.patrols import DUE, begin, token
from tests.web.test_browser import ARGUMENTS, PHONE

pytestmark = pytest.mark.needs("chromium", "chromium")
CONSOLE = Path(gateway.__file__).parent / "console" / "dist"


@pytest.fixture
async def anju(tmp_path) -> AsyncIterator:
    """With the built console, which holds the decoder."""
    async with world(tmp_path / "data", console=CONSOLE) as made:
        await begin(made)
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield started
        await started.close()


async def phone(browser, **more):
    context = await browser.new_context(viewport=PHONE, locale="zh-CN", **more)
    page = await context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


async def sign_in(page, user="guard"):
    await page.get_by_label("用户名").fill(user)
    await page.get_by_label("密码").fill(user)
    await page.get_by_role("button", name="登录").click()


@pytest.fixture
async def line(anju) -> AsyncIterator[PhoneLine]:
    """The phone's way to the gateway."""
    async with phone_line(anju.url) as made:
        anju.url = made.url
        yield made


async def lose_signal(page, line):
    """The phone says that it is offline, and nothing comes through."""
    await line.cut()
    await page.context.set_offline(True)


async def find_signal(page, line):
    await line.join()
    await page.context.set_offline(False)


async def scans(anju):
    found = await anju.store.read(lambda c: journal.signals(c, kind="checkpoint.scanned"))
    return [(signal.data["checkpoint"], signal.data["user"], signal.data["late"]) for signal in reversed(found)]


async def test_a_guard_scans_signs_in_and_is_back_at_the_scan(anju, browser):
    page, code = await phone(browser), await token(anju)
    await page.goto(f"{anju.url}/c/{code}")
    await expect(page.get_by_role("heading", name="东门岗亭")).to_be_visible()
    assert await scans(anju) == []
    await sign_in(page)
    await expect(page.locator("#result")).to_contain_text("打卡成功")
    await expect(page.locator("#result")).to_contain_text("夜间巡更 1/3")
    assert await scans(anju) == [("east", "guard", False)]
    await page.goto(f"{anju.url}/c/{await token(anju, 'lobby')}")
    await expect(page.locator("#result")).to_contain_text("夜间巡更 2/3")
    await page.reload()
    await expect(page.locator("#result")).to_contain_text("这里刚刚打过卡")
    assert await scans(anju) == [("east", "guard", False), ("lobby", "guard", False)]
    assert page.complaints == []


async def test_the_page_fits_and_its_files_are_small(anju, browser):
    page, code = await phone(browser), await token(anju)
    loaded = []
    page.on("response", lambda answer: loaded.append(answer))  # Playwright marks the function
    await page.goto(f"{anju.url}/c/{code}")
    await expect(page.locator("#offline")).to_contain_text("没有信号时也能打卡")
    # Read before the next page is opened: the browser then forgets what it has loaded.
    sizes = [len(await one.body()) for one in loaded if "/c/" in one.url or "/static/" in one.url]
    assert 0 < sum(sizes) < 50_000
    for language in ("zh", "en"):
        await page.goto(f"{anju.url}/c/{code}?lang={language}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


async def ready(page, anju, user="guard"):
    """A phone whose guard has signed in once, with a signal: the page is kept."""
    await page.goto(f"{anju.url}/c/")
    await sign_in(page, user)
    await expect(page.locator("#offline")).to_contain_text("没有信号时也能打卡")


async def test_without_a_signal_scans_are_kept_and_delivered_later_marked_so(anju, line, browser):
    page = await phone(browser)
    codes = [await token(anju, name) for name in ("east", "lobby")]
    await page.context.clock.install()
    await ready(page, anju)
    await lose_signal(page, line)
    for number, code in enumerate(codes, 1):
        await page.goto(f"{anju.url}/c/{code}")  # what the phone's own scanner opens
        await expect(page.locator("#result")).to_contain_text("没有信号")
        await expect(page.locator("#waiting")).to_contain_text(f"{number} 次打卡待补传")
    assert await scans(anju) == []
    await page.clock.fast_forward(600_000)
    anju.now = DUE + timedelta(minutes=10)
    await find_signal(page, line)
    await expect(page.locator("#result")).to_contain_text("补传 ×2")
    await expect(page.locator("#waiting")).to_be_hidden()
    assert await scans(anju) == [("east", "guard", True), ("lobby", "guard", True)]
    [signal, _] = await anju.store.read(lambda c: journal.signals(c, kind="checkpoint.scanned"))
    assert signal.data["made"] < anju.now.isoformat()
    assert signal.at is not None


async def test_kept_scans_are_not_delivered_in_another_guard_s_name(anju, line, browser):
    page, code = await phone(browser), await token(anju)
    await ready(page, anju)
    await lose_signal(page, line)
    await page.goto(f"{anju.url}/c/{code}")
    await expect(page.locator("#waiting")).to_contain_text("1")
    await page.evaluate("history.pushState(null, '', '/')")  # so that nothing is delivered before the other signs in
    await page.goto("about:blank")
    await page.context.clear_cookies()
    await find_signal(page, line)
    await page.goto(f"{anju.url}/c/")
    await sign_in(page, "supervisor")
    await expect(page.locator("#waiting")).to_contain_text("属于 guard")
    assert await scans(anju) == []
    await page.get_by_role("button", name="换人").click()
    await sign_in(page, "guard")
    await expect(page.locator("#result")).to_contain_text("打卡成功")
    assert await scans(anju) == [("east", "guard", False)]


async def test_a_kept_scan_survives_the_end_of_the_session(anju, browser):
    page, code = await phone(browser), await token(anju)
    await ready(page, anju)
    await page.context.clear_cookies()
    await page.goto(f"{anju.url}/c/{code}")
    await expect(page.get_by_role("heading", name="登录后打卡")).to_be_visible()
    await sign_in(page)
    await expect(page.locator("#result")).to_contain_text("打卡成功")
    assert await scans(anju) == [("east", "guard", False)]


async def test_a_code_that_another_app_opens_finds_the_guard_signed_in(anju, browser):
    """The browser leaves a SameSite=Strict cookie out of a request that another site's page began.

    Without a service worker: requests that pass through one have it.
    """
    page, code = await phone(browser, service_workers="block"), await token(anju)
    await page.goto(f"{anju.url}/c/")
    await sign_in(page)
    await expect(page.get_by_text("已登录")).to_be_visible()
    await page.goto(anju.url.replace("127.0.0.1", "localhost") + "/healthz")  # another site, for a browser
    bare = []
    page.on("request", lambda request: bare.append(request) if request.is_navigation_request() else None)
    await page.set_content(f"<a href='{anju.url}/c/{code}'>scan</a>")
    await page.get_by_text("scan").click()
    await expect(page.locator("#result")).to_contain_text("打卡成功")
    assert await scans(anju) == [("east", "guard", False)]
    assert len([request for request in bare if "/c/" in request.url]) == 2, "opened, and once more with the cookie"


async def test_a_finding_with_a_photo_is_reported(anju, browser, tmp_path):
    Image.effect_noise((4000, 3000), 60).convert("RGB").save(tmp_path / "photo.jpg", quality=90)
    page, code = await phone(browser), await token(anju, "lobby")
    await page.goto(f"{anju.url}/c/{code}")
    await sign_in(page)
    await page.get_by_label("发现了什么？").fill("楼道堆放杂物")
    await page.get_by_label("照片").set_input_files(tmp_path / "photo.jpg")
    await page.get_by_role("button", name="送到值班室").click()
    await expect(page.locator("#result")).to_contain_text("值班室已收到")
    signal = anju.reported[-1]
    assert (signal.kind, signal.data["place"], signal.data["text"]) == (
        "finding.reported",
        "b3/u1/1502",
        "楼道堆放杂物",
    )
    assert signal.picture
    assert signal.picture.startswith(b"\xff\xd8")


async def test_a_manager_is_told_that_this_is_for_guards(anju, browser):
    page, code = await phone(browser), await token(anju)
    await page.goto(f"{anju.url}/c/{code}")
    await sign_in(page, "manager")
    await expect(page.get_by_role("alert")).to_contain_text("这个账号不能打卡")
    assert await scans(anju) == []


def film_of(text: str, file: Path) -> None:
    """One frame of a code on white, as a raw film that Chromium takes for a camera (YUV4MPEG2)."""
    segno.make_qr(text, error="q").save(file.with_suffix(".png"), scale=7, border=4)
    frame = Image.new("L", (640, 480), 255)
    with Image.open(file.with_suffix(".png")) as code:
        frame.paste(code.convert("L"), (60, 20))
    grey = bytes([128]) * (640 * 480 // 2)
    file.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip C420jpeg\n" + (b"FRAME\n" + frame.tobytes() + grey) * 3)


async def test_the_page_s_own_scanner_reads_a_code_also_without_a_signal(anju, line, tmp_path):
    code = await token(anju, "roof")
    film_of(f"https://anju.example/c/{code}", tmp_path / "camera.y4m")
    camera = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / 'camera.y4m'}",
    ]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=[*ARGUMENTS, *camera])
        page = await phone(started, permissions=["camera"])
        await ready(page, anju)
        await lose_signal(page, line)
        await page.get_by_role("button", name="扫二维码打卡").click()
        await expect(page.locator("#result")).to_contain_text("没有信号")
        await find_signal(page, line)
        await expect(page.locator("#result")).to_contain_text("打卡成功")
        await expect(page.locator("#result")).to_contain_text("3号楼楼顶")
        assert await scans(anju) == [("roof", "guard", False)]
        await started.close()
