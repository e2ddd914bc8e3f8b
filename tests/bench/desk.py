"""A full desk in a real browser: `python -m tests.bench.desk`.

10,000 open alerts in 2,000 incidents are on record, a device repeats 50 of them a second, and a guard steps through the
list and scrolls. Chromium's frames and memory and the gateway's answers are measured, beside what issue 10 promises.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import click
import paho.mqtt.client as mqtt
from playwright.async_api import Browser, Page, async_playwright
from rich.console import Console
from rich.table import Table

from tests.bench.latency import percentile
from tests.bench.machine import machine
from tests.bench.process import private, resident
from tests.support.api import PASSWORD as USER_PASSWORD
from tests.support.api import Api, api, enrol
from tests.support.chromium import ARGUMENTS
from tests.support.desk_seed import buildings, repeating, seed
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.parts import executable
from tests.support.ports import HOST

ROOT = Path(__file__).resolve().parents[2]
PANEL = "home-101"
FIRST_SCREENS = 5
ASKED_EVERY_S = 0.2
WATCH = """
  window.seen = null; window.frames = [];
  new MutationObserver((_, observer) => {
    if (!document.querySelector('.card')) return;
    requestAnimationFrame(() => { window.seen = performance.now(); });
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
"""
COUNT_FRAMES = """
  () => {
    const count = (at) => { window.frames.push(at); requestAnimationFrame(count); };
    requestAnimationFrame(count);
  }
"""


@dataclass(slots=True)
class Figures:
    """Milliseconds by route, frames by second, megabytes; `sent` are the changes the device sent."""

    first_screens: list[float] = field(default_factory=list)
    waits: dict[str, list[float]] = field(default_factory=dict)
    frames: list[int] = field(default_factory=list)
    heap: list[float] = field(default_factory=list)
    renderer: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    gateway: float = 0.0
    sent: int = 0
    cards: int = 0


@click.command()
@click.option("--seconds", default=60, show_default=True, help="how long it is watched; the promise is for 600")
@click.option("--incidents", default=2_000, show_default=True)
@click.option("--alerts-each", default=5, show_default=True)
@click.option("--rate", default=50, show_default=True, help="changes a second")
def main(seconds: int, incidents: int, alerts_each: int, rate: int) -> None:
    console = Console(width=None if Console().is_terminal else 110)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT) as folder:
        console.print(f"[bold]{machine(Path(folder))}[/bold]")
        gateway = _full_gateway(Path(folder), incidents, alerts_each)
        try:
            figures = asyncio.run(_watch(gateway, seconds, incidents * alerts_each, alerts_each, rate))
        finally:
            gateway.stop()
    console.print(_table(figures, seconds, incidents, incidents * alerts_each, rate))


def _full_gateway(folder: Path, incidents: int, alerts_each: int) -> Gateway:
    compound = TestCompound(folder / "config", [TestDevice(PANEL)], more={"buildings": buildings(incidents)})
    gateway = Gateway(compound, folder / "data")
    enrol(gateway)
    gateway.start()  # makes the record
    gateway.stop()
    seed(gateway.data, PANEL, incidents, alerts_each)
    gateway.start(120)
    return gateway


async def _watch(gateway: Gateway, seconds: int, alerts: int, alerts_each: int, rate: int) -> Figures:
    figures = Figures()
    async with async_playwright() as playwright, api(gateway) as desk:
        await desk.sign_in()
        browser = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        page = await _signed_in(browser, gateway)
        await _first_screens(page, figures)
        until = time.monotonic() + seconds
        device = _connected(gateway)
        await page.evaluate(COUNT_FRAMES)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_change(device, until, alerts, alerts_each, rate, figures))
            tasks.create_task(_ask(desk, until, figures))
            tasks.create_task(_use(page, until))
            tasks.create_task(_measure(browser, page, until, figures))
        figures.frames = _by_second(await page.evaluate("window.frames"))
        figures.cards = await page.locator(".card").count()
        figures.gateway = resident(gateway.pid)
        device.disconnect()
        device.loop_stop()
        await browser.close()
    return figures


async def _signed_in(browser: Browser, gateway: Gateway) -> Page:
    page = await browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    await page.add_init_script(WATCH)
    await page.goto(gateway.url)
    await page.locator("input[name=user], input[type=text]").first.fill("guard")
    await page.locator("input[type=password]").fill(USER_PASSWORD)
    await page.keyboard.press("Enter")
    await page.locator(".card").first.wait_for(timeout=30_000)
    return page


async def _first_screens(page: Page, figures: Figures) -> None:
    for _ in range(FIRST_SCREENS):
        await page.reload()
        await page.locator(".card").first.wait_for(timeout=30_000)
        # Not wait_for_function: the page's Content-Security-Policy forbids what it evaluates.
        while (seen := await page.evaluate("window.seen")) is None:
            await asyncio.sleep(0.02)
        figures.first_screens.append(seen)


def _connected(gateway: Gateway) -> mqtt.Client:
    device = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=PANEL)
    device.username_pw_set(PANEL, PASSWORD)
    device.connect(HOST, gateway.compound.mqtt_port)
    device.loop_start()
    return device


async def _change(device: mqtt.Client, until: float, alerts: int, each: int, rate: int, figures: Figures) -> None:
    """Half of them of the most urgent incidents, which are on the screen."""
    chance, due = random.Random(10), time.monotonic()
    while time.monotonic() < until:
        number = chance.randrange(alerts) if chance.random() < 0.5 else (chance.randrange(20) * 10 + 9) * each
        body = json.dumps({**repeating(number, each), "id": f"c-{figures.sent}"})
        device.publish(f"anju/v1/{PANEL}/signal", body, qos=1)
        figures.sent += 1
        due = max(due + 1 / rate, time.monotonic() - 0.2)
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _ask(desk: Api, until: float, figures: Figures) -> None:
    chance = random.Random(11)
    ids = [card["id"] for card in (await desk.get("incidents", order="urgency", limit="500"))["items"]]
    asked: dict[str, Callable[[], Awaitable[Any]]] = {
        "GET /incidents, newest first": lambda: desk.get("incidents", state="open", limit="50"),
        "GET /incidents, most urgent": lambda: desk.get("incidents", order="urgency", limit="100"),
        "GET /incidents/{id}": lambda: desk.get(f"incidents/{chance.choice(ids)}"),
    }
    while time.monotonic() < until:
        for name, ask in asked.items():
            began = time.perf_counter()
            await ask()
            figures.waits.setdefault(name, []).append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(ASKED_EVERY_S)


async def _use(page: Page, until: float) -> None:
    """A guard who looks through the list: the next one, now and then far down and back to the top."""
    turn = 0
    while time.monotonic() < until:
        turn += 1
        await page.keyboard.press("j" if turn % 20 else "u")
        if turn % 10 == 0:
            await page.evaluate("n => document.querySelector('.cards').scrollTo(0, n)", turn % 40 * 900)
        await asyncio.sleep(0.5)


async def _measure(browser: Browser, page: Page, until: float, figures: Figures) -> None:
    session = await page.context.new_cdp_session(page)
    whole = await browser.new_browser_cdp_session()
    await session.send("Performance.enable")
    while time.monotonic() < until:
        metrics = (await session.send("Performance.getMetrics"))["metrics"]
        figures.heap.append(next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize") / 2**20)
        processes = (await whole.send("SystemInfo.getProcessInfo"))["processInfo"]
        renderer = max((p["id"] for p in processes if p["type"] == "renderer"), key=resident)
        figures.renderer.append(resident(renderer))
        figures.own.append(private(renderer))
        await asyncio.sleep(2)


def _by_second(frames: list[float]) -> list[int]:
    """Frames in each whole second, the first and last left out."""
    counts: dict[int, int] = {}
    for at in frames:
        counts[int(at // 1000)] = counts.get(int(at // 1000), 0) + 1
    seconds = range(min(counts) + 1, max(counts))
    return [counts.get(second, 0) for second in seconds]


def _table(figures: Figures, seconds: int, incidents: int, alerts: int, rate: int) -> Table:
    title = (
        f"{alerts:,} open alerts in {incidents:,} incidents, {figures.sent:,} changes in {seconds} s ({rate} a second)"
    )
    table = Table("", "measured", "promised", title=title, min_width=90)
    shown = f"{median(figures.first_screens):.0f} ms, at most {max(figures.first_screens):.0f} ms"
    table.add_row("first screen, loopback", shown, "< 1000 ms")
    frames = sorted(figures.frames)
    table.add_row("frames a second", f"{median(frames):.0f}, p5 {percentile(frames, 5):.0f}, least {frames[0]}", "50")
    table.add_row("JS heap", f"{figures.heap[0]:.0f} MB at first, {max(figures.heap):.0f} MB at most", "< 300 MB")
    for name, sizes in (("renderer, of its own", figures.own), ("renderer, with shared libraries", figures.renderer)):
        table.add_row(
            name, f"{sizes[0]:.0f} MB at first, {max(sizes):.0f} at most, {sizes[-1]:.0f} at last", "< 300 MB"
        )
    for name, waits in figures.waits.items():
        waits.sort()
        worst = f"p50 {percentile(waits, 50):.0f} ms, p99 {percentile(waits, 99):.0f} ms of {len(waits)}"
        table.add_row(name, worst, "< 100 ms")
    table.add_row("cards in the document", str(figures.cards), "a window")
    table.add_row("the gateway, resident", f"{figures.gateway:.0f} MB", "—")
    return table


if __name__ == "__main__":
    main()
