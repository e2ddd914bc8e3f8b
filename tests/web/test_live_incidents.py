"""Incidents on the live socket: a bounded window of the most urgent, the rest counted, further pages on request."""

from __future__ import annotations

import json

import pytest

from gateway.desk import DecisionOnEvent
from gateway.model import Raise, Severity, Words
from gateway.web import live_rendering
from tests.web.test_live import LIVE, hear

BRIEF = {"view": "brief"}


async def incidents(anju, severities):
    """One incident each, at a place of its own, opened in this order."""
    signal = await anju.hear("home-1502", "fire.alarm")
    reason = Words("烟雾", "Smoke")
    decided = [
        DecisionOnEvent("home", Raise(f"k{n}", severity, f"area{n}", reason, "home-1502"), signal)
        for n, severity in enumerate(severities)
    ]
    return await anju.desk.decide(decided)


def cards(snapshot):
    return [card["severity"] for card in snapshot["incidents"]]


async def test_a_snapshot_has_the_most_urgent_incidents_and_counts_the_others(anju, open_client, monkeypatch):
    monkeypatch.setattr(live_rendering, "MAX_INCIDENTS", 3)
    await incidents(anju, [Severity.LOW, Severity.LOW, Severity.HIGH, Severity.CRITICAL, Severity.MEDIUM])
    client = await open_client("guard")
    async with client.ws_connect(LIVE, params=BRIEF) as socket:
        snapshot = await hear(socket)
    assert cards(snapshot) == ["critical", "high", "medium"]
    assert snapshot["incidents_left_out"] == 2
    assert snapshot["incident_counts"]["open"] == {"critical": 1, "high": 1, "medium": 1, "low": 2}
    assert snapshot["incident_counts"]["untouched"] == {"critical": 1, "high": 1, "medium": 1, "low": 2}
    assert snapshot["incidents"][0]["new_by_severity"] == {"critical": 1}


async def test_the_pages_after_the_window_join_it_without_a_gap(anju, open_client, monkeypatch):
    monkeypatch.setattr(live_rendering, "MAX_INCIDENTS", 3)
    await incidents(anju, [Severity.LOW] * 4 + [Severity.HIGH] * 4)
    client = await open_client("guard")
    async with client.ws_connect(LIVE, params=BRIEF) as socket:
        seen = (await hear(socket))["incidents"]
    last, turned = seen[-1]["sort_key"], 0
    while last:
        query = {"order": "urgency", "after": last, "limit": "2"}
        async with client.get("/api/v1/incidents", params=query) as answer:
            page = await answer.json()
        seen, last, turned = [*seen, *page["items"]], page["next"], turned + 1
    assert turned == 3
    assert [card["severity"] for card in seen] == ["high"] * 4 + ["low"] * 4
    assert len({card["id"] for card in seen}) == 8
    assert [card["sort_key"] for card in seen] == sorted(card["sort_key"] for card in seen)


async def test_new_ones_come_before_those_in_hand_and_those_on_hold_last_within_a_severity(anju, open_client):
    first, second, third, fire = await incidents(anju, [Severity.HIGH] * 3 + [Severity.CRITICAL])
    for alert in (first, second, fire):
        await anju.desk.incidents.step(alert.incident, "acknowledge", "guard")
    await anju.desk.incidents.step(first.incident, "hold", "guard")
    client = await open_client("guard")
    async with client.ws_connect(LIVE, params=BRIEF) as socket:
        snapshot = await hear(socket)
    order = [card["id"] for card in snapshot["incidents"]]
    assert order == [fire.incident, third.incident, second.incident, first.incident]
    assert snapshot["incident_counts"]["untouched"] == {"critical": 0, "high": 1, "medium": 0, "low": 0}


async def test_a_change_of_an_incident_brings_its_card_and_the_counts(anju, open_client):
    client = await open_client("guard")
    async with client.ws_connect(LIVE, params=BRIEF) as socket:
        await hear(socket)
        [alert] = await incidents(anju, [Severity.HIGH])
        said = await hear(socket, "incident")
        assert said["counts"]["untouched"]["high"] == 1
        await anju.desk.incidents.step(alert.incident, "acknowledge", "guard")
        said = await hear(socket, "incident")
        assert (said["incident"]["new_by_severity"], said["counts"]["untouched"]["high"]) == ({}, 0)
        await anju.desk.incidents.step(alert.incident, "close", "guard", data={"disposition": "false"})
        said = await hear(socket, "incident")
        assert (said["incident"]["state"], said["counts"]["open"]["high"]) == ("closed", 0)


async def test_counts_of_incidents_include_those_that_only_the_memory_holds(anju):
    await incidents(anju, [Severity.LOW])
    anju.desk.memory.storage_failed("full")
    assert anju.desk.incidents.counts() == {(Severity.LOW, True): 1, (Severity.CRITICAL, True): 1}
    assert anju.desk.incidents.open_incidents()[0].on_record is False


async def test_the_brief_view_has_alerts_without_their_details(anju, open_client):
    client = await open_client("guard")
    async with client.ws_connect(LIVE, params=BRIEF) as socket:
        await hear(socket)
        await anju.alert()
        alert = (await hear(socket, "alert"))["alert"]
    assert alert["reason"] == "厨房烟雾报警"
    assert (alert["signals"], alert["steps"], alert["clips"], alert["household"]) == ([], [], [], None)


async def test_the_brief_view_names_nobody_to_an_installer(anju, open_client):
    await anju.alert(kind="face.watchlisted", person="张三")
    client = await open_client("installer")
    async with client.ws_connect(LIVE, params=BRIEF) as socket:
        snapshot = await hear(socket)
    assert "不对安装人员显示" in snapshot["alerts"][0]["reason"]
    assert "不对安装人员显示" in snapshot["incidents"][0]["reason"]
    assert "张三" not in json.dumps(snapshot, ensure_ascii=False)


@pytest.mark.parametrize("query", ["view=thin", "order=oldest"])
async def test_an_unknown_view_or_order_is_refused(open_client, query):
    client = await open_client("guard")
    path = LIVE if query.startswith("view") else "/api/v1/incidents"
    headers = {"Connection": "Upgrade", "Upgrade": "websocket"}
    async with client.get(f"{path}?{query}", headers=headers) as answer:
        assert answer.status == 400
