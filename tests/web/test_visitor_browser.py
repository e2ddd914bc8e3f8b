"""The visitor's page on a phone: codes that change, that doors take, without a network and without HTTPS."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, async_playwright, expect

from gateway.passes.codes import CodeFault, VerifiedCode, code_text, pass_key, window_at
from gateway.passes.draft import PassDraft
from tests.support.parts import executable
from tests.support.phone_line import PhoneLine, phone_line
from tests.web.test_browser import ARGUMENTS, PHONE

pytestmark = pytest.mark.needs("chromium", "chromium")
PLAIN = "anju.test"
"""A name that is no secure context over HTTP, as a phone in the compound's network sees it."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        arguments = [*ARGUMENTS, f"--host-resolver-rules=MAP {PLAIN} 127.0.0.1"]
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=arguments)
        yield started
        await started.close()


@pytest.fixture
async def line(anju) -> AsyncIterator[PhoneLine]:
    async with phone_line(anju.url) as made:
        anju.url = made.url
        yield made


@pytest.fixture
async def made(anju):
    """A pass, in force for some hours."""
    draft = PassDraft("b3/u1/1502", "韩梅梅", anju.now, anju.now + timedelta(hours=6), plate="苏M88888", host="p1")
    return await anju.passes.create(draft, "resident:p1", ["east-door"])


async def phone(browser, **more):
    context = await browser.new_context(viewport=PHONE, locale="zh-CN", device_scale_factor=2, **more)
    page = await context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


async def shown_code(page) -> str:
    """What a camera reads from the screen."""
    picture = Image.open(io.BytesIO(await page.locator("#qr").screenshot()))
    [found] = zxingcpp.read_barcodes(picture)
    return found.text


def verified(anju, text):
    return anju.passes.verify(text, anju.now)


async def test_the_page_makes_the_codes_that_doors_take(anju, browser, made):
    page = await phone(browser)
    await page.goto(f"{anju.url}/v/{made.token}")
    assert await page.locator("#clock").text_content()
    assert verified(anju, await shown_code(page)) == VerifiedCode(made.its.id, window_at(anju.now))
    # Many windows and keys: our own SHA-256 and base32 against Python's.
    windows = [*range(60_000_000, 60_000_200), 0, 2**31 - 1, 2**31, 2**32 - 1]
    key = pass_key(anju.passes.key, made.its.id).hex()
    made_there = await page.evaluate(
        "([key, id, windows]) => windows.map((one) => anjuPassCode.text(key, id, one))", [key, made.its.id, windows]
    )
    assert made_there == [code_text(anju.passes.key, made.its.id, one) for one in windows]
    assert page.complaints == []


async def test_every_drawn_code_is_read_as_it_was_meant(anju, browser, made):
    page = await phone(browser)
    await page.goto(f"{anju.url}/v/{made.token}")
    texts = [code_text(anju.passes.key, made.its.id, 60_000_000 + n) for n in range(150)]
    drawn = await page.evaluate(
        "(texts) => texts.map((one) => anjuPassQr.modules(one).map((row) => row.map(Number)))", texts
    )
    for text, modules in zip(texts, drawn, strict=True):
        picture = Image.new("L", (33, 33), 255)
        for y, row in enumerate(modules):
            for x, dark in enumerate(row):
                picture.putpixel((x + 4, y + 4), 0 if dark else 255)
        [found] = zxingcpp.read_barcodes(picture.resize((198, 198), Image.Resampling.NEAREST))
        assert (found.text, found.ec_level) == (text, "Q")


async def test_without_a_network_the_code_goes_on_changing(anju, line, browser, made):
    page = await phone(browser)
    await page.clock.install(time=anju.now)
    await page.goto(f"{anju.url}/v/{made.token}")
    await expect(page.locator("#kept")).to_have_text("本页已存在手机里，没有网络也能打开。")
    await page.wait_for_function("caches.match(location.href).then((kept) => !!kept)")
    first = await shown_code(page)
    await line.cut()
    await page.context.set_offline(True)
    seen = [first]
    for _ in range(3):
        anju.now += timedelta(seconds=30)
        await page.clock.fast_forward(30_000)
        seen.append(await shown_code(page))
        assert isinstance(verified(anju, seen[-1]), VerifiedCode)
    assert len(set(seen)) == 4
    # A screenshot of the first code is refused, and it is told whose it was.
    old = verified(anju, first)
    assert isinstance(old, CodeFault)
    assert (old.code, old.pass_id) == ("expired", made.its.id)
    # Opened again, as after a walk through the garage; the clock goes by what was learnt online.
    await page.reload()
    await expect(page.locator("#qr")).to_be_visible()
    assert isinstance(verified(anju, await shown_code(page)), VerifiedCode)


async def test_a_phone_whose_clock_is_wrong_is_put_right_by_the_gateway(anju, browser, made):
    page = await phone(browser)
    await page.clock.install(time=anju.now - timedelta(minutes=17))
    await page.goto(f"{anju.url}/v/{made.token}")
    await expect(page.locator("#network")).to_have_text("✓ 已联网核对")
    assert isinstance(verified(anju, await shown_code(page)), VerifiedCode)


async def test_over_plain_http_the_page_makes_codes_too(anju, browser, made):
    page = await phone(browser)
    await page.goto(f"{anju.url.replace('127.0.0.1', PLAIN)}/v/{made.token}")
    assert not await page.evaluate("isSecureContext")
    await expect(page.locator("#kept")).to_have_text("没有网络时请不要关闭本页。")
    assert isinstance(verified(anju, await shown_code(page)), VerifiedCode)


async def test_a_revoked_pass_loses_its_code_on_the_screen(anju, browser, made):
    page = await phone(browser)
    await page.clock.install(time=anju.now)
    await page.goto(f"{anju.url}/v/{made.token}")
    await expect(page.locator("#qr")).to_be_visible()
    await page.wait_for_function("caches.match(location.href).then((kept) => !!kept)")
    await anju.passes.revoke(made.its.id, "resident:p1")
    await page.clock.fast_forward(11_000)
    await expect(page.locator("#notice")).to_have_text("通行证已撤销")
    await expect(page.locator("#qr")).to_be_hidden()
    await page.reload()
    await expect(page.locator("#notice")).to_have_text("通行证已撤销")
    assert not await page.evaluate("caches.match(location.href).then((kept) => !!kept)")


async def test_without_a_script_the_code_of_the_moment_is_read(anju, browser, made):
    page = await phone(browser, java_script_enabled=False)
    await page.goto(f"{anju.url}/v/{made.token}")
    assert isinstance(verified(anju, await shown_code(page)), VerifiedCode)
    assert not await page.locator("#clock").is_visible()


async def test_the_page_ends_with_the_pass(anju, browser, made):
    page = await phone(browser)
    await page.clock.install(time=anju.now)
    await page.goto(f"{anju.url}/v/{made.token}")
    await expect(page.locator("#qr")).to_be_visible()
    anju.now += timedelta(hours=7)
    await page.clock.fast_forward(7 * 3600 * 1000)
    await expect(page.locator("#notice")).to_have_text("通行证已到期")
    await expect(page.locator("#qr")).to_be_hidden()
