"""`python -m tests.bench.plan`: frames a second of the plan in Chromium, with 500 devices and 100 pulsing alarms.

A frame is what `requestAnimationFrame` calls; headless Chromium draws at most 60 a second, here without a GPU. The same
page without alarms is the baseline.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, async_playwright
from rich.console import Console
from rich.table import Table

from tests.bench.machine import machine
from tests.support.api import PASSWORD as USER_PASSWORD
from tests.support.api import enrol
from tests.support.chromium import ARGUMENTS
from tests.support.gateway import Gateway
from tests.support.parts import executable
from tests.support.plan_compound import plan_compound, raise_alarms

DEVICES, ALARMS = 500, 100
SCREEN = {"width": 1366, "height": 768}
SECONDS = 5.0
COUNT = """seconds => new Promise(done => {
  const gaps = []; let last = performance.now(); const began = last;
  const step = now => { gaps.push(now - last); last = now;
    if (now - began < seconds * 1000) requestAnimationFrame(step);
    else { gaps.sort((a, b) => a - b);
      done({fps: gaps.length / (now - began) * 1000, p95: gaps[Math.floor(gaps.length * .95)],
            worst: gaps.at(-1)}); } };
  requestAnimationFrame(step); })"""


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames a second, and the gaps between frames in milliseconds."""

    fps: float
    p95: float
    worst: float


async def _measure(page: Page, what: str) -> Frames:
    box = await page.locator(".plan-map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.62
    counting = asyncio.ensure_future(page.evaluate(COUNT, SECONDS))
    if what == "pan":
        await _pan(page, x, y, counting)
    elif what == "zoom":
        await _zoom(page, x, y, counting)
    return Frames(**await counting)


async def _pan(page: Page, x: float, y: float, counting: asyncio.Future[object]) -> None:
    await page.mouse.move(x, y)
    await page.mouse.down()
    step = 0
    while not counting.done():
        step += 1
        await page.mouse.move(x + 80 * ((step % 40) / 20 - 1), y + 40 * ((step % 20) / 10 - 1))
    await page.mouse.up()


async def _zoom(page: Page, x: float, y: float, counting: asyncio.Future[object]) -> None:
    await page.mouse.move(x, y)
    step = 0
    while not counting.done():
        step += 1
        await page.mouse.wheel(0, -240 if step % 8 < 4 else 240)
        await asyncio.sleep(0.25)


async def _open(page: Page, gateway: Gateway) -> None:
    login = {"user": "guard", "password": USER_PASSWORD}
    answer = await page.request.post(f"{gateway.url}/api/v1/session", data=json.dumps(login), headers=_JSON)
    assert answer.ok, await answer.text()
    await page.goto(f"{gateway.url}/#/plan")
    await page.locator(".plan-mark").first.wait_for()


_JSON = {"Content-Type": "application/json"}


async def _run(gateway: Gateway) -> dict[tuple[str, str], Frames]:
    found: dict[tuple[str, str], Frames] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        page = await browser.new_page(viewport=SCREEN)
        await _open(page, gateway)
        for alarms in ("none", f"{ALARMS} pulsing"):
            if alarms != "none":
                await asyncio.to_thread(raise_alarms, gateway, ALARMS)
                await page.locator(".plan-mark.alarm.pulses").first.wait_for()
            for what in ("still", "pan", "zoom"):
                found[alarms, what] = await _measure(page, what)
                await page.get_by_role("button", name="全图").click()
        await browser.close()
    return found


def main() -> None:
    """Print the table."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="anju-plan-") as name:
        folder = Path(name)
        where = machine(folder)
        gateway = Gateway(plan_compound(folder / "config", DEVICES), folder / "data")
        enrol(gateway, "guard", "guard")
        gateway.start()
        try:
            found = asyncio.run(_run(gateway))
        finally:
            gateway.stop()
    table = Table("alarms", "the map", "frames/s", "95 % of gaps below", "longest gap", title=f"{DEVICES} devices")
    for (alarms, what), frames in found.items():
        table.add_row(alarms, what, f"{frames.fps:.1f}", f"{frames.p95:.0f} ms", f"{frames.worst:.0f} ms")
    console.print(table)
    console.print(f"[dim]{where}; {SCREEN['width']}×{SCREEN['height']}, Chromium without a GPU[/dim]")


if __name__ == "__main__":
    main()
