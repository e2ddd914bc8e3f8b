"""The guard room and door plates behind nginx, below a path of its own: taken away by the proxy, or left."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.support.api import PASSWORD as USER_PASSWORD
from tests.support.api import enrol
from tests.support.chromium import ARGUMENTS
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.parts import executable
from tests.support.ports import HOST, free_port, wait_for_port

pytestmark = [
    pytest.mark.needs("nginx", "nginx-light"),
    pytest.mark.needs("chromium", "chromium"),
    pytest.mark.needs("mosquitto_pub", "mosquitto-clients"),
    pytest.mark.timeout(180),
]
PANEL = "home-101"
CONFIG = """
daemon off; pid {folder}/pid; error_log stderr;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen {host}:{port};
    location /anju/ {{
      proxy_pass http://{host}:{behind}{strip};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header X-Forwarded-For $remote_addr;
    }}
  }}
}}
"""


@contextmanager
def nginx(folder: Path, port: int, behind: int, strip: str) -> Iterator[None]:
    folder.mkdir()
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, host=HOST, port=port, behind=behind, strip=strip))
    process = subprocess.Popen([executable("nginx"), "-p", folder, "-c", folder / "nginx.conf"])
    try:
        wait_for_port(port)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize(
    ("strip", "public"), [("/", False), ("/", True), ("", True)], ids=["path taken away", "and known", "path left"]
)
async def test_the_guard_room_works_below_a_path(tmp_path, strip, public):
    port = free_port()
    url = f"http://{HOST}:{port}/anju"
    more = {"public_url": url} if public else {}
    gateway = Gateway(TestCompound(tmp_path / "config", [TestDevice(PANEL)], more=more), tmp_path / "data")
    enrol(gateway, "王建国", "guard")
    gateway.start()
    try:
        with nginx(tmp_path / "nginx", port, gateway.compound.http_port, strip):
            await _guard_sees_an_alarm(gateway, url, plates=public)
    finally:
        gateway.stop()


async def _guard_sees_an_alarm(gateway: Gateway, url: str, plates: bool) -> None:
    faults: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("response", lambda answer: faults.append(answer.url) if answer.status >= 400 else None)
        await page.goto(f"{url}/")
        await page.locator("input[type=text], input[name=user]").first.fill("王建国")
        await page.locator("input[type=password]").fill(USER_PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("实时", exact=True)).to_be_visible()
        _publish(gateway, '{"kind": "fire.alarm", "id": "1"}')
        await expect(page.get_by_role("heading", name=re.compile("101室")).first).to_be_visible()
        await page.keyboard.press("a")
        await expect(page.get_by_text("已接警").first).to_be_visible()
        icon = await page.evaluate("document.querySelector('link[rel=icon]').href")
        assert icon.startswith(f"{url}/")
        answer = await page.goto(f"{url}/some/old/bookmark")
        assert answer is not None
        assert page.url.rstrip("/") == url
        assert not [fault for fault in faults if not fault.endswith("/api/v1/session")]  # nobody is signed in at first
        if plates:  # without public_url nobody can know what to print on them
            await _shows_a_door_plate(page, url)
        await browser.close()


async def _shows_a_door_plate(page: Page, url: str) -> None:
    answer = await page.goto(f"{url}/d/nobody-has-this-token")
    assert answer is not None
    assert answer.status == 404
    assert await page.evaluate("document.styleSheets[0].cssRules.length") > 0


def _publish(gateway: Gateway, body: str) -> None:
    account = ["-h", HOST, "-p", str(gateway.compound.mqtt_port), "-u", PANEL, "-P", PASSWORD]
    subprocess.run(
        ["mosquitto_pub", *account, "-q", "1", "-t", f"anju/v1/{PANEL}/signal", "-m", body], check=True, timeout=20
    )
