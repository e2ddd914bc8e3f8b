"""The plan in Chromium, on a real gateway: alarms pulse at their place; what an installer moves is written."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sqlite3
import stat
import subprocess
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.api import PASSWORD as USER_PASSWORD
from tests.support.api import api, enrol
from tests.support.axe import serious_findings
from tests.support.chromium import ARGUMENTS
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.parts import executable
from tests.support.ports import HOST

pytestmark = [
    pytest.mark.needs("chromium", "chromium"),
    pytest.mark.needs("mosquitto_pub", "mosquitto-clients"),
    pytest.mark.timeout(180),
]
SITE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 500">
<rect x="20" y="20" width="760" height="460" fill="#eee" stroke="#333"/>
</svg>
"""
PLAN = """\
# The plan of the tests.
drawings:
  - {id: site, file: site.svg}
devices:
  cam: {drawing: site, x: 400, y: 250, direction: 90, range: 120}   # looks to the gate
  fence: {drawing: site, x: 600, y: 60}

places:
  b1: {drawing: site, outline: [[100, 300], [250, 300], [250, 420], [100, 420]]}
"""
THIRTY_FRAMES = """() => new Promise(done => {
  let left = 30; const step = () => --left ? requestAnimationFrame(step) : done(); step(); })"""
CAMERA = {
    "id": "cam",
    "kind": "camera",
    "name": "东门相机",
    "place": "gate",
    "source": f"rtsp://{HOST}:9/none",
    "cadence": "30s",
}


class CompoundWithPlan(TestCompound):
    """As TestCompound, with a camera that shows nothing, and a drawing."""

    def write(self):
        folder = super().write()
        devices = json.loads((folder / "devices.yaml").read_text("utf-8"))
        devices["devices"].append(CAMERA)
        self._write("devices", devices)
        if not (folder / "plan.yaml").exists():
            (folder / "site.svg").write_text(SITE, "utf-8")
            (folder / "plan.yaml").write_text(PLAN, "utf-8")
            (folder / "plan.yaml").chmod(0o640)
        return folder


@pytest.fixture
def gateway(tmp_path) -> Iterator[Gateway]:
    fence = TestDevice("fence", more={"name": "北围墙对射", "place": "wall/n1", "type": "zone"})
    home = TestDevice("home-101", more={"name": "户内主机", "place": "b1/u1/101"})
    places = {"gate": {"zh": "大门", "en": "Gate"}, "wall/n1": {"zh": "北围墙1段", "en": "North wall 1"}}
    running = Gateway(CompoundWithPlan(tmp_path / "config", [fence, home], more={"places": places}), tmp_path / "data")
    for name, role in (("guard", "guard"), ("installer", "installer"), ("manager", "manager")):
        enrol(running, name, role)
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """A busy machine is slow, not wrong."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        yield started
        await started.close()


def publish(gateway: Gateway, device: str, kind: str) -> None:
    account = ["-h", HOST, "-p", str(gateway.compound.mqtt_port), "-u", device, "-P", PASSWORD]
    body = json.dumps({"kind": kind})
    subprocess.run(
        ["mosquitto_pub", *account, "-q", "1", "-t", f"anju/v1/{device}/signal", "-m", body], check=True, timeout=20
    )


async def open_plan(browser: Browser, gateway: Gateway, user: str, **context) -> Page:
    page = await browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN", **context)
    page.complaints = []
    page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    login = {"user": user, "password": USER_PASSWORD}
    answer = await page.request.post(f"{gateway.url}/api/v1/session", data=login)
    assert answer.ok, await answer.text()
    await page.goto(gateway.url)
    await expect(page.get_by_text("实时", exact=True)).to_be_visible()
    await page.keyboard.press("m")
    await expect(page.locator("[data-mark='device cam']")).to_be_visible()
    return page


async def test_an_alarm_pulses_at_its_place_and_opens_its_alert(gateway, browser):
    page = await open_plan(browser, gateway, "guard")
    publish(gateway, "fence", "zone.alarm")
    alarm = page.locator(".plan-mark.alarm.pulses")
    await expect(alarm).to_have_count(1)
    await expect(alarm).to_have_attribute("aria-label", re.compile("北围墙对射"))
    at, device = await alarm.bounding_box(), await page.locator("[data-mark='device fence']").bounding_box()
    assert at is not None
    assert device is not None
    assert abs((at["x"] + at["width"] / 2) - (device["x"] + device["width"] / 2)) < 2
    assert at["y"] < device["y"]
    rings = await page.evaluate(
        "() => { const c = document.querySelector('.plan-pulses');"
        " return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(value => value > 0) }"
    )
    assert rings, "no ring is drawn"
    assert await serious_findings(page) == []
    await alarm.focus()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("#/alerts/"))
    await expect(page.get_by_role("heading", name="北围墙1段")).to_be_visible()


async def test_an_alarm_in_a_room_is_counted_on_its_building(gateway, browser):
    page = await open_plan(browser, gateway, "guard")
    publish(gateway, "home-101", "fire.alarm")
    building = page.locator("[data-mark='below b1']")
    await expect(building).to_have_class(re.compile("alarm"))
    await expect(page.locator("[data-open-drawing=b1]")).to_contain_text("1")
    await building.focus()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("#/plan/b1"))
    await expect(page.locator(".plan-mark.alarm.severity-critical")).to_have_count(1)
    assert await serious_findings(page) == []


async def test_one_press_opens_a_camera(gateway, browser):
    page = await open_plan(browser, gateway, "guard")
    await page.locator("[data-mark='device cam']").click()
    panel = page.locator("[data-plan-device=cam]")
    await expect(panel.locator("[data-sight]")).to_be_visible()
    await panel.get_by_role("button", name="关闭").click()
    await page.locator("[data-mark='device cam']").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("[data-mark='device fence']")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-plan-device=fence]")).to_be_visible()
    await expect(page.locator("[data-plan=edit]")).to_have_count(0)


async def test_without_motion_rings_stand_still(gateway, browser):
    page = await open_plan(browser, gateway, "guard", reduced_motion="reduce")
    publish(gateway, "fence", "zone.alarm")
    await expect(page.locator(".plan-mark.alarm.pulses")).to_have_count(1)
    picture = "() => document.querySelector('.plan-pulses').toDataURL()"
    await page.wait_for_function(
        "() => { const c = document.querySelector('.plan-pulses');"
        " return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(value => value > 0) }"
    )
    before = await page.evaluate(picture)
    await page.evaluate(THIRTY_FRAMES)
    assert await page.evaluate(picture) == before


async def test_an_installer_moves_a_camera_and_everybody_sees_it(gateway, browser):
    guard = await open_plan(browser, gateway, "guard")
    page = await open_plan(browser, gateway, "installer")
    before = await guard.locator("[data-mark='device cam']").bounding_box()
    await page.locator("[data-plan=edit]").click()
    camera = page.locator("[data-mark='device cam']")
    box = await camera.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 15, box["y"] + 15)
    await page.mouse.down()
    await page.mouse.move(box["x"] - 60, box["y"] - 30, steps=8)
    await page.mouse.up()
    await expect(page.get_by_text("1 处未保存")).to_be_visible()
    await camera.focus()
    await page.keyboard.press("Shift+ArrowLeft")
    await page.keyboard.press("ArrowUp")
    await page.locator("input[name=direction]").fill("180")
    await page.locator("input[name=direction]").press("Tab")
    x = float(await page.locator("input[name=x]").input_value())
    await page.locator("[data-plan=save]").click()
    difference = page.locator("[data-plan=difference]")
    await expect(difference).to_contain_text("-  cam: {drawing: site, x: 400, y: 250")
    unchanged = (gateway.compound.folder / "plan.yaml").read_text("utf-8")
    assert unchanged == PLAN, "nothing is written before it is confirmed"
    assert await serious_findings(page) == []
    await page.locator("[data-plan=confirm]").click()
    await expect(difference).to_have_count(0)
    written = (gateway.compound.folder / "plan.yaml").read_text("utf-8")
    [line] = [line for line in written.splitlines() if line.startswith("  cam:")]
    assert f"x: {x:g}," in line
    assert "direction: 180" in line
    assert "# looks to the gate" in line
    assert [one for one in PLAN.splitlines() if one not in written.splitlines()] == [
        "  cam: {drawing: site, x: 400, y: 250, direction: 90, range: 120}   # looks to the gate"
    ]
    assert stat.S_IMODE((gateway.compound.folder / "plan.yaml").stat().st_mode) == 0o640
    assert before is not None

    async def moved() -> bool:
        now = await guard.locator("[data-mark='device cam']").bounding_box()
        return now is not None and now["x"] < before["x"] - 20

    async with asyncio.timeout(30):
        while not await moved():
            await asyncio.sleep(0.1)
    assert page.complaints == guard.complaints == []
    with contextlib.closing(sqlite3.connect(gateway.data / "anju.db")) as database:
        rows = database.execute("SELECT user, data FROM steps WHERE action = 'plan'").fetchall()
        kinds = {row[0] for row in database.execute("SELECT DISTINCT kind FROM journal")}
    assert [user for user, _ in rows] == ["installer"]
    assert "direction: 180" in json.loads(rows[0][1])["difference"]
    assert "configuration.changed" in kinds


def change(version: str, x: float = 10, device: str = "fence", **more) -> dict[str, object]:
    return {"version": version, "devices": {device: {"drawing": "site", "x": x, "y": 20, **more}}}


async def put(session: aiohttp.ClientSession, body: dict[str, object]) -> tuple[int, dict[str, object]]:
    async with session.put("/api/v1/plan", json=body, headers={"Accept-Language": "en"}) as answer:
        return answer.status, await answer.json()


async def test_changes_by_the_api(gateway):
    file = gateway.compound.folder / "plan.yaml"
    async with api(gateway) as person:
        await person.sign_in("guard")
        plan = await person.get("plan")
        assert {device["device"] for device in plan["devices"]} == {"cam", "fence", "home-101"}
        assert (await put(person.session, change(plan["version"])))[0] == 403
    async with api(gateway) as person:
        await person.sign_in("manager")
        status, shown = await put(person.session, {**change(plan["version"]), "dry_run": True})
        assert (status, shown["applied"], file.read_text("utf-8")) == (200, False, PLAN)
        assert "+  fence: {drawing: site, x: 10, y: 20}" in str(shown["difference"])
        status, refused = await put(person.session, change(plan["version"], x=801))
        assert (status, refused["error"]["code"]) == (409, "mistakes")
        assert "[801, 20] is outside of the drawing 'site'" in refused["error"]["message"]
        assert (await put(person.session, change(plan["version"], device="none")))[0] == 404
        assert (await put(person.session, change(plan["version"], direction=361)))[0] == 400
        status, done = await put(person.session, change(plan["version"]))
        assert (status, done["applied"]) == (200, True)
        status, refused = await put(person.session, change(plan["version"], x=30))
        assert (status, refused["error"]["code"]) == (409, "changed_meanwhile")
        assert (await person.get("plan"))["version"] == done["version"]
        rules = gateway.compound.folder / "rules.yaml"
        rules.write_text('{"rules": [{"id": "home", "kind": "home_alarm"}]}', "utf-8")
        status, refused = await put(person.session, change(str(done["version"]), x=30))
        assert (status, refused["error"]["code"]) == (409, "others_changed")
    assert "fence: {drawing: site, x: 10, y: 20}" in file.read_text("utf-8")
    assert [path.name for path in gateway.compound.folder.glob(".plan-*")] == []


async def test_drawings_are_served_so_that_they_can_do_nothing(gateway):
    async with api(gateway) as person:
        await person.sign_in("guard")
        plan = await person.get("plan")
        urls = {drawing["id"]: drawing["url"] for drawing in plan["drawings"]}
        for url in urls.values():
            async with person.session.get(url) as answer:
                assert answer.status == 200
                assert answer.content_type == "image/svg+xml"
                policy = answer.headers["Content-Security-Policy"]
        assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
        rooms = await person.get("plan/drawings/b1/places")
        assert "b1/u1/101" in {place["place"] for place in rooms["items"]}
        (gateway.compound.folder / "site.svg").write_text(SITE.replace("#eee", "#ddd"), "utf-8")
        async with person.session.get(urls["site"]) as answer:
            assert answer.status == 409, "what was not checked is not served"
    async with aiohttp.ClientSession(gateway.url) as nobody, nobody.get(urls["site"]) as answer:
        assert answer.status == 401
