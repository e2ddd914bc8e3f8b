"""A fire in the demo, step by step in Chromium; and a gateway that is killed between two steps."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.support.api import api, enrol, eventually
from tests.support.axe import serious_findings
from tests.support.chromium import ARGUMENTS
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.parts import executable
from tests.support.ports import HOST
from tests.test_demo import Demo, started

pytestmark = [
    pytest.mark.needs("chromium", "chromium"),
    pytest.mark.needs("mosquitto_pub", "mosquitto-clients"),
    pytest.mark.timeout(300),
]
HOME = "home-b3-u2-802"


def publish(port: int, device: str, user: str, password: str, body: str) -> None:
    account = ["-h", HOST, "-p", str(port), "-u", user, "-P", password]
    subprocess.run(
        ["mosquitto_pub", *account, "-q", "1", "-t", f"anju/v1/{device}/signal", "-m", body], check=True, timeout=20
    )


@pytest.fixture
def demo(tmp_path) -> Iterator[Demo]:
    running = started(tmp_path / "data")
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


@pytest.fixture
async def page():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield await browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        await browser.close()


async def sign_in(page: Page, url: str, name: str) -> None:
    await page.goto(url)
    await page.locator("input[type=text], input[name=user]").first.fill(name)
    await page.locator("input[type=password]").fill(name)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("实时", exact=True)).to_be_visible()


async def press(page: Page, key: str, step: str) -> None:
    """The number of a button of the step, once that step is the one to do."""
    await expect(page.locator(f".active[data-step={step}] [data-answer]").first).to_be_enabled()
    await page.keyboard.press(key)


async def test_a_fire_is_walked_through_by_keys_and_closed_once_all_is_done(demo, page):
    publish(demo.facts["mqtt"]["port"], HOME, "homes", "demo-homes", '{"kind": "fire.alarm"}')
    demo.until(lambda: fires(demo), 20)
    [incident] = fires(demo)
    await sign_in(page, demo.facts["http"], "guard")
    await page.goto(f"{demo.facts['http']}/#/alerts/{incident['id']}")
    await expect(page.get_by_role("heading", name="火警处置预案")).to_be_visible()
    await close(page)
    await expect(page.get_by_role("alert").filter(has_text="还有必做步骤没有完成：通知巡逻岗")).to_be_visible()
    await page.keyboard.press("Escape")

    await first_steps(page)
    assert [each for each in await serious_findings(page) if "procedure" in each] == []
    await last_steps(page)
    await page.locator(".finished summary").click()
    await expect(page.locator("li[data-step=doors]")).to_contain_text("guard")
    await page.evaluate("document.activeElement.blur()")  # Enter would open and shut the list
    assert commands(demo, incident) == ["done"]
    await close(page)
    demo.until(lambda: demo.ask("GET", f"/api/v1/incidents/{incident['id']}")["state"] == "closed", 10)

    await page.goto(f"{demo.facts['http']}/reports/incident/{incident['id']}")
    await expect(page.get_by_role("heading", name="火警处置预案")).to_be_visible()
    await expect(page.get_by_text("有人受伤").first).to_be_visible()
    assert await serious_findings(page) == []


async def close(page: Page) -> None:
    await page.keyboard.press("a")  # the demo's story may have added an alert
    await expect(page.locator("[data-action=acknowledge]")).to_have_count(0)
    await page.keyboard.press("c")
    await expect(page.locator("[data-disposition=real]")).to_be_visible()
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")


async def first_steps(page: Page) -> None:
    await press(page, "1", "confirm")  # it is a fire
    await press(page, "1", "call-119")
    await expect(page.locator(".numbers a")).to_have_text("119")
    await press(page, "2", "call-119")  # no answer: others come first, and it stays open
    await press(page, "1", "lifts")
    await expect(page.locator("blockquote")).to_contain_text("不要乘坐电梯")
    await press(page, "1", "evacuate")
    await press(page, "1", "doors")
    await expect(page.locator("[data-answer=yes]")).to_be_visible()
    await press(page, "1", "doors")  # confirmed: the unit's door is unlocked
    await press(page, "1", "call-supervisor")
    await expect(page.locator(".numbers a")).to_have_text("138 0000 0001")
    await press(page, "1", "call-supervisor")
    await press(page, "1", "residents")
    await expect(page.locator(".numbers a")).to_have_count(2)


async def last_steps(page: Page) -> None:
    await press(page, "3", "residents")
    for step in ("extinguish", "cut-power", "guide", "cordon"):
        await press(page, "1", step)
    await press(page, "2", "count")  # somebody is hurt
    await press(page, "1", "call-120")
    await expect(page.locator(".numbers a")).to_have_text("120")
    await press(page, "1", "call-120")
    await press(page, "1", "aftermath")
    await press(page, "1", "call-119")  # what still blocks comes last
    await expect(page.locator(".numbers a")).to_have_text("119")
    await press(page, "1", "call-119")


def fires(demo: Demo) -> list[dict]:
    return [each for each in demo.items("/api/v1/incidents?state=open") if each["place"] == "b3/u2/802"]


def commands(demo: Demo, incident: dict) -> list[str]:
    steps = demo.ask("GET", f"/api/v1/incidents/{incident['id']}/procedure")["procedure"]["steps"]
    [command] = [step["command"] for step in steps if step["command"]]
    return [device["state"] for device in command["devices"]]


@pytest.fixture
def gateway(tmp_path) -> Iterator[Gateway]:
    running = Gateway(TestCompound(tmp_path / "config", [TestDevice("home")]), tmp_path / "data")
    enrol(running)
    running.start()
    yield running
    running.kill()


async def test_a_kill_between_steps_loses_none_and_doubles_none(gateway):
    publish(gateway.compound.mqtt_port, "home", "home", PASSWORD, '{"kind": "gas.alarm"}')
    taken = (("warn", ""), ("confirm", "leak"), ("gas-company", "busy"), ("gas-company", "reached"))
    async with api(gateway) as user:
        await user.sign_in()

        async def opened():
            return (await user.get("incidents", state="open"))["items"]

        [incident] = await eventually(opened)
    path = f"incidents/{incident['id']}"
    for step, answer in taken:
        async with api(gateway) as user:
            await user.sign_in()
            await user.post(f"{path}/procedure/steps/{step}", {"answer": answer})
        gateway.kill()  # the moment it was answered
        gateway.start()
    async with api(gateway) as user:
        await user.sign_in()
        seen = (await user.get(f"{path}/procedure"))["procedure"]
        entries = {step["id"]: [each["answer"] for each in step["entries"]] for step in seen["steps"]}
        assert entries["warn"] == [""]
        assert entries["confirm"] == ["leak"]
        assert entries["gas-company"] == ["busy", "reached"]
        assert seen["next"] == "residents"
        await user.post(f"{path}/acknowledge", {})
        with pytest.raises(aiohttp.ClientResponseError, match="409"):
            await user.post(f"{path}/close", {"disposition": "real"})
