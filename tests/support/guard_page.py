"""The guard room in Chromium: a page that notes its sounds and faults, and how somebody signs in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from tests.support.api import PASSWORD
from tests.support.chromium import ARGUMENTS
from tests.support.gateway import Gateway
from tests.support.parts import executable

WALL: ViewportSize = {"width": 1920, "height": 1080}
PHONE: ViewportSize = {"width": 390, "height": 844}
_HEARD = """
  window.heard = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (when) {
    window.heard.push(Math.round(this.frequency.value));
    return start.call(this, when);
  };
"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield started
        await started.close()


async def guard_page(
    browser: Browser,
    gateway: Gateway,
    user: str,
    size: ViewportSize = WALL,
    language: str = "zh",
    theme: str = "light",
) -> Page:
    """A page of its own browser profile, signed in. `window.heard` is the pitch of each tone that was played."""
    context = await browser.new_context(viewport=size, locale="zh-CN", reduced_motion="reduce")
    page = await context.new_page()
    await page.add_init_script(_HEARD)
    await page.add_init_script(
        f"localStorage.setItem('anju.language', '{language}'); localStorage.setItem('anju.theme', '{theme}')"
    )
    await page.goto(gateway.url)
    await page.locator("input[type=text], input[name=user]").first.fill(user)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator(".top p.line:not(.off) circle")).to_be_visible(timeout=30_000)
    return page
