"""The property's list of door plates, by API and by page; what it prints, reissues and revokes is on record."""

from __future__ import annotations

import re

import pytest

from gateway.store import audit
from tests.web.test_pages import page, send

ROOMS = ["b3/u1/1502", "b3/u1/1503"]


async def listed(client, **query) -> list[tuple[str, str]]:
    async with client.get("/api/v1/door-plates", params=query) as answer:
        assert answer.status == 200, await answer.text()
        return [(item["place"], item["stage"]) for item in (await answer.json())["items"]]


async def steps(anju) -> list[tuple[str, str, str]]:
    found = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(user="property"), None, 99))
    return [(step.action, step.note, step.data.get("places") or step.data["place"]) for _, step, _ in reversed(found)]


async def test_the_state_of_each_plate_from_nothing_to_revoked(anju, open_client):
    client = await open_client("property")
    assert await listed(client) == [(room, "none") for room in ROOMS]
    [plate] = await anju.door_plates.issue(ROOMS[:1], anju.now)
    assert await listed(client, place="b3/u1/1502") == [(ROOMS[0], "printed")]
    await send(client, f"/d/{plate.token}/staff/hung", {})
    async with client.get("/api/v1/door-plates", params={"limit": 1}) as answer:
        [item], after = (found := await answer.json())["items"], found["next"]
    assert (item["stage"], item["hung_by"], item["place_name"]["zh"]) == ("hung", "property", "3号楼1单元1502室")
    assert plate.token not in str(item)
    assert await listed(client, after=after) == [(ROOMS[1], "none")]
    async with client.post("/api/v1/door-plates/reissue", json={"places": ROOMS[:1], "why": "磨损"}) as answer:
        assert await answer.json() == {"count": 1}
    assert await listed(client, stage="printed") == [(ROOMS[0], "printed")]
    async with client.post("/api/v1/door-plates/revoke", json={"places": ROOMS, "why": "改门"}) as answer:
        assert await answer.json() == {"count": 1}
    assert await listed(client, stage="revoked") == [(ROOMS[0], "revoked")]
    assert await anju.door_plates.place(plate.token) is None
    assert await steps(anju) == [
        ("door-plate-hung", "", ROOMS[0]),
        ("door-plate-revoked", "磨损", ROOMS[0]),
        ("door-plate-issued", "", ROOMS[0]),
        ("door-plate-revoked", "改门", "b3/u1/1502 … b3/u1/1503 (2)"),
    ]


@pytest.mark.parametrize("places", [[], ["b9/u9/999"], ["b3"], ["../x"], "b3", ["b3/u1/1502", 5]])
async def test_only_known_rooms_are_changed(anju, open_client, places):
    client = await open_client("property")
    for step in ("revoke", "reissue"):
        async with client.post(f"/api/v1/door-plates/{step}", json={"places": places}) as answer:
            assert answer.status in {400, 404}
    assert await anju.door_plates.issued() == []


async def test_the_offices_page_prints_by_unit_with_its_own_policy(anju, open_client):
    client = await open_client("property")
    text = await page(client, "/door-plates")
    assert "未制作" in text
    assert "3号楼1单元1502室" in text
    assert " style=" not in text
    asked = {"place": "b3/u1", "width": "85", "height": "54", "bleed": "3", "columns": "", "batches": "unit"}
    answer, text = await send(client, "/door-plates/print", asked, status=200)
    assert text.count('class="plate"') == 2
    nonce = re.search(r"style-src 'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])[1]
    assert f'<style nonce="{nonce}">' in text
    assert " style=" not in text
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "已制作，未挂" in await page(client, "/door-plates?place=b3/u1")
    assert ("door-plate-issued", "", "b3/u1/1502 … b3/u1/1503 (2)") in await steps(anju)


async def test_what_can_not_be_printed_or_changed_is_said(anju, open_client):
    client = await open_client("property")
    for path, fields, says in (
        ("print", {"place": "b3", "width": "30"}, "尺寸不对"),
        ("print", {"place": "b3", "columns": "4"}, "尺寸不对"),
        ("print", {"place": "nowhere"}, "没有这个房间"),
        ("change", {"place": "nowhere", "step": "revoke", "why": "x"}, "没有这个房间"),
        ("change", {"place": "b3/u1/1502", "step": "revoke", "why": " "}, "请写明原因"),
    ):
        _, text = await send(client, f"/door-plates/{path}", fields, status=400)
        assert says in text
    assert await anju.door_plates.issued() == []


async def test_the_page_reissues_and_says_so(anju, open_client):
    client = await open_client("property")
    [old] = await anju.door_plates.issue(ROOMS[:1], anju.now)
    answer, _ = await send(client, "/door-plates/change", {"place": ROOMS[0], "step": "reissue", "why": "丢失"})
    assert "已换新 1 块" in await page(client, answer.headers["Location"])
    assert await anju.door_plates.place(old.token) is None
    [new] = await anju.door_plates.issue(ROOMS[:1], anju.now)
    assert new.token != old.token
    await send(
        client,
        "/door-plates/change",
        {"place": ROOMS[0], "step": "revoke", "why": "x"},
        status=403,
        headers={"Origin": "https://evil.example"},
    )
