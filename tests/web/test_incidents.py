"""Incidents and silences by the API: what each answers, what it refuses, and who may see what."""

from __future__ import annotations

from datetime import timedelta

import pytest

PATH = "/api/v1/incidents"


async def json_of(client, method, path, status=200, **more):
    async with client.request(method, path, **more) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json() if answer.status != 204 else None


async def test_alerts_of_one_home_are_one_incident_with_its_story(anju, open_client):
    first = await anju.alert("smoke")
    await anju.alert("panic", kind="panic.pressed")
    client = await open_client("guard")
    listed = await json_of(client, "GET", PATH, params={"state": "open"})
    [card] = listed["items"]
    assert set(card) >= {
        *("id", "severity", "state", "place", "opened_at", "limit_at", "escalation", "why", "alerts", "drill")
    }
    assert card["alerts"][0] == first.id
    assert (card["severity"], card["state"], card["open_alerts"], card["new_alerts"]) == ("critical", "new", 2, 2)
    assert card["why"] == "2条警情：同一位置"
    await json_of(client, "POST", f"{PATH}/{card['id']}/acknowledge", json={"note": "看到了"})
    shown = await json_of(client, "GET", f"{PATH}/{card['id']}")
    kinds = [entry["kind"] for entry in shown["story"]]
    assert kinds.count("alert.raised") == 2
    assert kinds.count("acknowledge") == 1, "a step on the whole is told once"
    assert [entry["texts"]["zh"] for entry in shown["story"] if entry["kind"] == "acknowledge"] == ["看到了"]
    assert shown["state"] == "acknowledged"
    assert {alert["incident"] for alert in shown["alert_details"]} == {card["id"]}


async def test_a_step_says_what_it_was_not_taken_on(anju, open_client):
    one, two = await anju.alert("smoke"), await anju.alert("panic", kind="panic.pressed")
    client = await open_client("guard")
    await json_of(client, "POST", f"/api/v1/alerts/{one.id}/acknowledge", json={})
    done = await json_of(client, "POST", f"{PATH}/{one.incident}/close", json={"disposition": "false"})
    assert done["applied"] == [one.id]
    assert done["not_applied"] == {two.id: "new"}
    refused = await json_of(client, "POST", f"{PATH}/{one.incident}/close", 409, json={"disposition": "false"})
    assert refused["error"]["message"] == "案情未处理，不能结警"


async def test_merge_and_split(anju, open_client):
    one, other = await anju.alert("smoke"), await anju.alert("gate", place="gate/east", device="east-door")
    client = await open_client("supervisor")
    merged = await json_of(client, "POST", f"{PATH}/{one.incident}/merge", json={"incident": other.incident})
    assert merged["alerts"] == [one.id, other.id]
    gone = await json_of(client, "GET", f"{PATH}/{other.incident}")
    assert (gone["state"], gone["merged_into"]) == ("closed", one.incident)
    fresh = await json_of(client, "POST", f"{PATH}/{one.incident}/split", json={"alerts": [other.id]})
    assert fresh["alerts"] == [other.id]
    for body, status in (({"alerts": []}, 400), ({"alerts": ["a-nothing"]}, 409), ({"alerts": [one.id]}, 409)):
        await json_of(client, "POST", f"{PATH}/{one.incident}/split", status, json=body)
    await json_of(client, "POST", f"{PATH}/{one.incident}/merge", 409, json={"incident": one.incident})
    await json_of(client, "POST", f"{PATH}/{one.incident}/merge", 404, json={"incident": "i-nothing"})


async def test_an_installer_sees_no_reason_that_may_name_a_person(anju, open_client):
    await anju.alert("face", kind="face.watchlisted", device="gate-cam", place="gate/east", name="某人")
    client = await open_client("installer")
    [card] = (await json_of(client, "GET", PATH))["items"]
    assert card["reason"] == "涉及人员，内容不对安装人员显示"


async def test_a_silence_from_its_beginning_to_its_end(anju, open_client):
    client = await open_client("guard")
    until = (anju.now + timedelta(hours=1)).isoformat()
    body = {"source": "east-door", "reason": "门磁坏了", "until": until}
    made = await json_of(client, "POST", "/api/v1/silences", 201, json=body)
    assert (made["source_name"]["zh"], made["by"], made["count"]) == ("东门门禁", "guard", 0)
    await json_of(client, "POST", "/api/v1/silences", 409, json=body)
    assert [each["id"] for each in (await json_of(client, "GET", "/api/v1/silences"))["items"]] == [made["id"]]
    await json_of(client, "DELETE", f"/api/v1/silences/{made['id']}", 204)
    await json_of(client, "DELETE", f"/api/v1/silences/{made['id']}", 404)
    ended = await json_of(client, "GET", "/api/v1/silences", params={"ended": "true"})
    assert [each["ended_because"] for each in ended["items"]] == ["lifted"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": "nobody"}, "没有设备 nobody"),
        ({"source": "place:moon"}, "没有位置 moon"),
        ({"source": "???"}, "来源应写成"),
        ({"until": "2000-01-01T00:00:00Z"}, "结束时间必须在将来"),
        ({"until": "9999-12-31T23:59:59-23:00"}, ""),
        ({"until": "2026-11-22T10:00:00"}, ""),
        ({"reason": ""}, ""),
        ({"more": 1}, ""),
    ],
)
async def test_what_can_not_be_silenced_is_told(anju, open_client, change, said):
    client = await open_client("guard")
    until = (anju.now + timedelta(hours=1)).isoformat()
    body = {"source": "east-door", "reason": "x", "until": until, **change}
    refused = await json_of(client, "POST", "/api/v1/silences", 400, json=body)
    assert said in refused["error"]["message"]


async def test_fire_is_shown_from_a_silenced_device(anju, open_client):
    client = await open_client("guard")
    until = (anju.now + timedelta(hours=1)).isoformat()
    body = {"source": "home-1502", "reason": "误报", "until": until}
    await json_of(client, "POST", "/api/v1/silences", 201, json=body)
    alert = await anju.alert("smoke", kind="fire.alarm")
    assert [each["id"] for each in (await json_of(client, "GET", "/api/v1/alerts"))["items"]] == [alert.id]
