"""Search, timelines and the audit over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.web.conftest import NAMES
from tests.web.test_figures import handled, raised, read, steps


async def found(client, query: str):
    return [item["id"] for item in (await read(client, f"/api/v1/history?{query}"))["items"]]


async def test_alerts_are_found_by_what_they_are_about(anju, open_client):
    cat = await handled(anju, "cat", "nuisance", note="是一只猫")
    fire = await handled(anju, "fire", "real", reason="厨房冒烟")
    plate = await anju.alert("p", "gate/east", "east-cam", kind="plate.read", text="苏M8K217")
    client = await open_client("guard")
    assert await found(client, "") == [plate.id, fire.id, cat.id]
    assert await found(client, "place=b3") == [fire.id, cat.id]
    assert await found(client, "place=1502") == [fire.id, cat.id]
    assert await found(client, "place=east gate") == [plate.id]
    assert await found(client, "place=九号楼") == []
    assert await found(client, "words=一只猫") == [cat.id]
    assert await found(client, "words=冒烟&disposition=real&guard=guard") == [fire.id]
    assert await found(client, "words=冒烟&disposition=nuisance") == []
    assert await found(client, "plate=8k2&why=肇事逃逸") == [plate.id]
    assert await found(client, "kind=fire.alarm&severity=critical") == [fire.id, cat.id]
    assert await found(client, "device=east-cam") == [plate.id]
    assert await found(client, "to=2026-01-01") == []


async def test_what_changes_later_is_found_by_its_new_words(anju, open_client):
    alert = await raised(anju, "1")
    client = await open_client("guard")
    assert await found(client, "words=水管") == []
    await anju.desk.step(alert.id, "note", "guard", "水管爆裂")
    assert await found(client, "words=水管") == [alert.id]
    await anju.desk.step(alert.id, "acknowledge", "guard")
    await anju.desk.step(alert.id, "close", "guard", "", {"disposition": "test"})
    assert await found(client, "disposition=test") == [alert.id]


async def test_a_note_on_an_incident_finds_its_alerts(anju, open_client):
    alert = await raised(anju, "1")
    await anju.desk.incidents.step(alert.incident, "note", "guard", "保安已报警一一〇")
    assert await found(await open_client("guard"), "words=报警一一") == [alert.id]


async def test_a_person_is_found_by_name_and_by_what_was_written(anju, open_client):
    [person] = [each for each, it in anju.register.snapshot.persons.items() if it.person.name == NAMES[0]]
    seen = await anju.alert("s", "gate/east", "east-cam", kind="face.watchlisted", person=person)
    told = await handled(anju, "t", "real", note=f"{NAMES[0]}说没事")
    client = await open_client("guard")
    assert await found(client, f"person={NAMES[0]}&why=寻人") == [told.id, seen.id]
    answer = await read(client, f"/api/v1/timeline?person={NAMES[0]}&why=寻人")
    assert answer["about"] == [NAMES[0]]
    assert [bool(item["alert"]) for item in answer["items"]] == [True, False]
    assert answer["items"][1]["signal"]["data"]["person"] == person


async def test_pages_hold_each_alert_once(anju, open_client):
    ids = [(await raised(anju, str(n))).id for n in range(7)]
    client, seen, after = await open_client("guard"), [], ""
    for _ in range(4):
        page = await read(client, f"/api/v1/history?limit=2{after}")
        seen += [item["id"] for item in page["items"]]
        after = f"&after={page['next']}"
    assert sorted(seen) == sorted(ids)
    assert page["next"] is None


async def test_a_rooms_timeline_has_its_signals_alerts_and_peoples_steps(anju, open_client):
    await anju.hear("home-1502", "area.armed")
    anju.now += timedelta(seconds=5)
    alert = await handled(anju, "1", "false", note="误碰")
    await anju.hear("east-door", "door.opened")
    client = await open_client("supervisor")
    items = (await read(client, "/api/v1/timeline?place=b3/u1"))["items"]
    assert [(item["signal"] or {"kind": "alert"})["kind"] for item in items] == ["alert", "fire.alarm", "area.armed"]
    assert items[0]["alert"]["id"] == alert.id
    assert [step["action"] for step in items[0]["alert"]["steps"]] == ["acknowledge", "on-scene", "close"]
    pages, after = [], ""
    for _ in range(3):
        page = await read(client, f"/api/v1/timeline?device=home-1502&limit=1{after}")
        pages += page["items"]
        after = f"&after={page['next']}"
    assert [item["at"] for item in pages] == [item["at"] for item in items]
    assert page["next"] is None


async def test_a_vehicles_timeline(anju, open_client):
    await anju.hear("east-cam", "plate.read", text="苏M12345")
    await anju.hear("east-cam", "plate.read", text="苏M99999")
    items = (await read(await open_client("guard"), "/api/v1/timeline?plate=苏m12345&why=查违停"))["items"]
    assert [item["signal"]["data"]["text"] for item in items] == ["苏M12345"]


@pytest.mark.parametrize(
    "path",
    [
        "history?person=王",
        "history?plate=苏",
        "timeline?person=王",
        "timeline?plate=苏M12345",
        "timeline?plate=苏M12345&why=%20",
    ],
)
async def test_a_person_or_plate_is_not_looked_for_without_a_reason(open_client, path):
    answer = await read(await open_client("manager"), f"/api/v1/{path}", 400)
    assert answer["error"]["code"] == "reason_needed"


@pytest.mark.parametrize(
    "path",
    [
        "timeline",
        "timeline?place=b3&device=x",
        "timeline?place=b3&after=x.y",
        "timeline?place=b3&after=-1.2",
        "history?after=-1",
    ],
)
async def test_a_question_that_is_none_is_refused(open_client, path):
    await read(await open_client("guard"), f"/api/v1/{path}", 400)


async def test_each_look_is_in_the_audit_once_with_who_what_and_why(anju, open_client):
    client = await open_client("guard")
    for after in ("", "&after=9"):
        await found(client, f"plate=8K2&why=肇事{after}")
    await read(client, "/api/v1/timeline?place=b3")
    assert await steps(anju, "history-search") == [("guard", "肇事", '{"of":"plate=8K2"}')]
    assert await steps(anju, "timeline-view") == [("guard", "", '{"of":"place=b3"}')]


# --- the audit


async def test_the_audit_is_paged_filtered_and_says_whether_its_chain_is_intact(anju, open_client):
    await handled(anju, "1", "real", note="翻墙")
    client = await open_client("manager")
    answer = await read(client, "/api/v1/audit?limit=2")
    assert [item["action"] for item in answer["items"]] == ["close", "on-scene"]
    assert answer["items"][0]["note"] == "翻墙"
    assert answer["chain"]["broken_at"] is None
    assert answer["chain"]["head"] == answer["items"][0]["hash"]
    older = await read(client, f"/api/v1/audit?limit=2&after={answer['next']}")
    assert [item["action"] for item in older["items"]] == ["acknowledge"]
    assert older["chain"] is None
    assert [i["action"] for i in (await read(client, "/api/v1/audit?user=guard&action=on-scene"))["items"]] == [
        "on-scene"
    ]
    assert (await read(client, "/api/v1/audit?to=2026-01-01"))["items"] == []
    assert (await read(client, "/api/v1/audit?user=nobody"))["items"] == []
    assert len((await read(client, "/api/v1/audit?action=audit-view"))["items"]) >= 1


async def test_a_changed_row_breaks_the_chain_and_is_named(anju, open_client):
    await handled(anju, "1", "real")
    await anju.store.write(lambda c: c.execute("UPDATE steps SET user = 'somebody' WHERE number = 2"))
    answer = await read(await open_client("manager"), "/api/v1/audit")
    assert answer["chain"]["broken_at"] == 2
