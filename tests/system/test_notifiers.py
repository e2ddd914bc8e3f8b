"""Notifiers in a real gateway: their health, `anju try notify`, a reload, and a device that is told to sound."""

from __future__ import annotations

import asyncio
import json
import subprocess

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.async_api import async_playwright, expect

from tests.support.api import PASSWORD as USER_PASSWORD
from tests.support.api import api, enrol, eventually
from tests.support.chromium import ARGUMENTS
from tests.support.gateway import ANJU, PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.parts import executable
from tests.support.ports import HOST
from tests.support.robots import WECOM_KEY, entries, robots

pytestmark = pytest.mark.timeout(180)
SIREN = TestDevice("siren-1", more={"type": "siren", "actions": {"sound": ["seconds"]}})


@pytest.fixture
async def judge():
    async with robots() as found:
        yield found


@pytest.fixture
async def gateway(tmp_path, judge):
    keys = entries(judge.url)
    listed = [{"id": kind, **keys[kind]} for kind in ("wecom", "webhook")]
    listed.append({"id": "siren", "kind": "command", "device": "siren-1", "action": "sound"})
    made = Gateway(TestCompound(tmp_path / "config", [SIREN]), tmp_path / "data")
    write(made, listed)
    enrol(made)
    enrol(made, "watch", "guard")
    await asyncio.to_thread(made.start)
    yield made
    await asyncio.to_thread(made.stop)


def write(gateway, listed):
    (gateway.compound.folder / "desk.yaml").write_text(json.dumps({"notifiers": listed}), "utf-8")


async def run(gateway, *arguments):
    command = [str(ANJU), *arguments, "--data", str(gateway.data)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


async def test_each_proves_itself_and_who_may_see_it_sees_it(gateway, judge):
    async with api(gateway) as client:
        await client.sign_in()

        async def proved():
            items = (await client.get("notifiers"))["items"]
            return items if all(item["healthy"] for item in items if item["id"] != "siren") else None

        wecom, webhook, siren = await eventually(proved)
        assert (wecom["kind"], wecom["waiting"], wecom["failed"], wecom["fault"]) == ("wecom", 0, 0, None)
        assert webhook["proved_at"] is not None
        assert not siren["healthy"]
        assert siren["fault"] is None or "not connected" in siren["fault"]["en"]
        await client.sign_in("watch")
        async with client.session.get("/api/v1/notifiers") as response:
            assert response.status == 403


async def test_try_notify_sends_by_the_gateway_and_prints_the_receipt_or_the_refusal(gateway, judge):
    status, out, _ = await run(gateway, "try", "notify", "webhook")
    assert (status, json.loads(out)) == (0, {"notifier": "webhook", "reference": "HTTP 200", "refused": []})
    assert [body["data"]["title"]["zh"] for body in judge.of("webhook") if body["type"] == "anju.notification"] == [
        "【测试】通知渠道测试"
    ]
    judge.words = {"errcode": 93000, "errmsg": f"invalid webhook url {WECOM_KEY}"}
    status, out, complaint = await run(gateway, "try", "notify", "wecom")
    assert (status, out) == (1, "")
    assert "LoginRefused: WeCom does not take our key (errcode 93000: invalid webhook url ***)" in complaint
    assert WECOM_KEY not in "\n".join(gateway.log)
    status, _, complaint = await run(gateway, "try", "notify", "wecmo")
    assert status == 1
    assert "known: wecom, webhook, siren" in complaint


async def test_without_a_gateway_it_is_sent_from_the_folder(gateway, judge):
    await asyncio.to_thread(gateway.stop)
    status, out, _ = await run(gateway, "try", "notify", "wecom", "--config", str(gateway.compound.folder))
    assert (status, json.loads(out)["notifier"]) == (0, "wecom")
    assert len(judge.of("wecom")) == 1
    status, _, complaint = await run(gateway, "try", "notify", "siren", "--config", str(gateway.compound.folder))
    assert (status, "no gateway runs" in complaint) == (1, True)
    await asyncio.to_thread(gateway.start)


async def test_a_siren_sounds_and_its_answer_is_the_receipt(gateway):
    heard = []
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="siren-1")
    client.username_pw_set("siren-1", PASSWORD)

    def on_message(_client, _data, message):
        command = json.loads(message.payload)
        heard.append(command["action"])
        client.publish("anju/v1/siren-1/result", json.dumps({"id": command["id"], "ok": True}), 1)

    client.on_message = on_message
    client.on_connect = lambda *_: client.subscribe("anju/v1/siren-1/command", 1)
    client.connect(HOST, gateway.compound.mqtt_port)
    client.loop_start()
    try:
        client.publish("anju/v1/siren-1/signal", json.dumps({"kind": "device.restored"}), 1).wait_for_publish(10)
        status, out, complaint = await run(gateway, "try", "notify", "siren")
    finally:
        client.disconnect()
        client.loop_stop()
    assert status == 0, complaint
    assert heard == ["sound"]
    assert json.loads(out)["reference"].startswith("c-")


async def test_a_reload_changes_adds_and_removes(gateway, judge):
    keys = entries(judge.url)
    write(gateway, [{"id": "wecom", **keys["wecom"], "language": "en"}, {"id": "ding", **keys["dingtalk"]}])
    status, out, complaint = await run(gateway, "reload")
    assert status == 0, complaint
    lines = {" ".join(line.split()) for line in out.splitlines()}
    assert {"+ notifier ding", "~ notifier wecom language", "- notifier webhook", "- notifier siren"} <= lines
    async with api(gateway) as client:
        await client.sign_in()
        items = (await client.get("notifiers"))["items"]
    assert [item["id"] for item in items] == ["wecom", "ding"]
    await run(gateway, "try", "notify", "wecom")
    assert judge.of("wecom")[-1]["text"]["content"].startswith("[Test]")
    status, _, complaint = await run(gateway, "try", "notify", "siren")
    assert status == 1


@pytest.mark.needs("chromium", "chromium")
async def test_a_supervisor_sees_which_fails_and_a_guard_is_not_bothered(gateway, judge):
    keys = entries(judge.url)
    wrong = {**keys["dingtalk"], "token": "other-token"}
    write(gateway, [{"id": "wecom", **keys["wecom"]}, {"id": "ding", **wrong}])
    assert (await run(gateway, "reload"))[0] == 0
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        await sign_in(page, gateway, "guard")
        await page.get_by_role("button", name="更多").click()
        await page.locator("[data-view=notifiers]").click()
        rows = page.locator("[data-notifier]")
        await expect(rows).to_have_count(2)
        await expect(rows.first).to_contain_text("失灵", timeout=30_000)
        await expect(rows.first).to_contain_text("钉钉不认密钥（errcode 300001")
        await expect(rows.last).to_contain_text("正常", timeout=30_000)
        await expect(page.get_by_text("other-token")).to_have_count(0)
        await page.close()
        other = await browser.new_page(locale="zh-CN")
        await sign_in(other, gateway, "watch")
        await expect(other.locator("[data-view=alerts]")).to_be_visible()
        await expect(other.locator("[data-view=notifiers]")).to_have_count(0)
        await browser.close()


async def sign_in(page, gateway, name):
    await page.goto(gateway.url)
    await page.locator("input[type=text], input[name=user]").first.fill(name)
    await page.locator("input[type=password]").fill(USER_PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("实时", exact=True)).to_be_visible()
