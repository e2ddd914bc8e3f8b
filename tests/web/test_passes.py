"""Passes over HTTP: whose they are, what they may be, and what the visitor's page tells."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta

import pytest

from gateway.config.residents import VisitorSection
from gateway.model import Place, Words
from gateway.passes.codes import VerifiedCode
from gateway.store import audit
from gateway.web.pages.visitor import GUESSED
from tests.support.residents import ask, code_for, sign_in
from tests.web.conftest import PLACES

OWNER, NEIGHBOUR = "13812345678", "13700001111"
NAME = "韩梅梅"


@pytest.fixture
def resident(anju, open_client):
    async def make(phone=OWNER):
        client = await open_client()
        await ask(client, phone)
        answer, view = await sign_in(client, phone, await code_for(anju, phone))
        assert answer.status == 200, view
        client.person = view["person"]
        return client

    return make


def wish(anju, hours=2, **more):
    ends = anju.now + timedelta(hours=hours)
    return {"name": NAME, "from": anju.now.isoformat(), "until": ends.isoformat(), "doors": [], **more}


async def make(client, anju, status=200, **more):
    async with client.post("/api/v1/passes", json=wish(anju, **more)) as answer:
        body = await answer.json()
        assert answer.status == status, body
        return body


async def listed(client, query=""):
    async with client.get(f"/api/v1/passes{query}") as answer:
        assert answer.status == 200, await answer.text()
        return (await answer.json())["items"]


async def status_of(client, method, path, **options):
    async with client.request(method, path, **options) as answer:
        return answer.status


async def test_a_resident_invites_to_their_own_room(anju, resident):
    client = await resident()
    made = await make(client, anju, plate="苏m·88888", uses=3, doors=["east-door"])
    assert set(made) == {"id", "url"}
    assert re.fullmatch(r"https://anju\.example/v/[A-Za-z0-9_-]{32}", made["url"])
    [shown] = await listed(client)
    assert shown["id"] == made["id"]
    assert (shown["place"], shown["name"], shown["plate"]) == ("b3/u1/1502", NAME, "苏M88888")
    assert (shown["doors"], shown["uses"], shown["used"], shown["state"]) == (["east-door"], 3, 0, "open")
    assert (shown["by"], shown["url"]) == (f"resident:{client.person}", made["url"])
    assert shown["from"].endswith("Z")
    assert anju.register.snapshot.passes[made["id"]].host == client.person


async def test_other_households_passes_do_not_exist_for_a_resident(anju, resident, open_client):
    owner, neighbour = await resident(), await resident(NEIGHBOUR)
    made = await make(owner, anju)
    assert await listed(neighbour) == []
    assert await status_of(neighbour, "GET", "/api/v1/passes?place=b3/u1/1502") == 404
    for path, method in ((f"/{made['id']}", "DELETE"), (f"/{made['id']}/qr.svg", "GET")):
        assert await status_of(neighbour, method, f"/api/v1/passes{path}") == 404
        assert await status_of(neighbour, method, f"/api/v1/passes{path.replace(made['id'], 'abcdefgh')}") == 404
    assert await status_of(neighbour, "POST", "/api/v1/passes", json=wish(anju, place="b3/u1/1502")) == 404
    assert await status_of(owner, "DELETE", f"/api/v1/passes/{made['id']}") == 204
    assert await status_of(await open_client(), "GET", "/api/v1/passes") == 401


async def test_a_revoked_pass_is_over_for_doors_and_page_at_once(anju, resident, open_client):
    client, visitor = await resident(), await open_client()
    made = await make(client, anju)
    path = made["url"].removeprefix("https://anju.example")
    assert await status_of(visitor, "GET", path) == 200
    assert await status_of(client, "DELETE", f"/api/v1/passes/{made['id']}") == 204
    assert not anju.register.snapshot.passes[made["id"]].is_valid(anju.now)
    assert await status_of(client, "DELETE", f"/api/v1/passes/{made['id']}") == 404
    async with visitor.get(path) as answer:
        page = await answer.text()
        assert answer.status == 410
    assert "通行证已撤销" in page
    assert "data-key" not in page
    async with visitor.get(f"{path}/state") as answer:
        assert (await answer.json())["state"] == "revoked"


async def test_a_guard_names_the_room(anju, open_client):
    guard = await open_client("guard")
    await make(guard, anju, status=400)
    await make(guard, anju, status=404, place="b9/u1/101")
    made = await make(guard, anju, place="b3/u1/1503", kind="delivery")
    [shown] = await listed(guard)
    assert (shown["id"], shown["kind_name"]["zh"], shown["by"], shown["url"]) == (made["id"], "快递外卖", "guard", None)
    assert await listed(guard, "?place=b3/u1/1502") == []
    assert await status_of(guard, "POST", f"/api/v1/passes/{made['id']}/left") == 204
    assert (await listed(guard))[0]["left_at"] is not None
    assert [action.kind for action in anju.acted][-2:] == ["pass.created", "pass.left"]


async def test_who_lives_there_sees_what_the_counter_made_while_it_holds(anju, resident, open_client):
    guard, owner = await open_client("guard"), await resident()
    made = await make(guard, anju, place="b3/u1/1502")
    assert [one["id"] for one in await listed(owner)] == [made["id"]]
    anju.now += timedelta(hours=3)
    assert await listed(owner) == []


async def test_the_next_household_does_not_see_the_former_ones_visitors(anju, resident):
    owner, neighbour = await resident(), await resident(NEIGHBOUR)
    made = await make(owner, anju)
    one = anju.register.snapshot.passes[made["id"]]
    await anju.store.write(lambda c: c.execute("UPDATE passes SET place = 'b3/u1/1503' WHERE id = ?", (one.id,)))
    assert await listed(neighbour) == []
    assert await status_of(neighbour, "DELETE", f"/api/v1/passes/{one.id}") == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " \u202e\n "},
        {"name": "x" * 61},
        {"plate": "hello"},
        {"doors": ["west-door"]},
        {"uses": 0},
        {"uses": 61},
        {"kind": "friend"},
        {"hours": 200},
        {"hours": -1},
        {"from": "2020-01-01T00:00:00Z"},
        {"from": "yesterday"},
        {"until": "0001-01-01T00:00:00+23:00"},
        {"until": "2026-11-30T00:00:00"},
        {"secret": 1},
    ],
)
async def test_what_a_pass_cant_be_is_said(anju, resident, wrong):
    client = await resident()
    hours = wrong.get("hours", 2)
    body = {**wish(anju, hours), **{key: value for key, value in wrong.items() if key != "hours"}}
    async with client.post("/api/v1/passes", json=body) as answer:
        told = (await answer.json())["error"]
        assert answer.status == 400, told
        assert told["message"]
    assert anju.register.snapshot.passes == {}


async def test_a_household_and_a_resident_have_only_so_many(anju, resident):
    anju.visitors = VisitorSection(per_household=3)
    client = await resident()
    for _ in range(3):
        await make(client, anju)
    await make(client, anju, status=409)
    anju.visitors = VisitorSection(per_household=500)
    statuses = [await status_of(client, "POST", "/api/v1/passes", json=wish(anju)) for _ in range(18)]
    assert statuses.count(429) >= 1


async def test_names_and_plates_are_in_no_step_action_or_log(anju, resident, caplog):
    client = await resident()
    made = await make(client, anju, plate="苏M88888")
    await status_of(client, "DELETE", f"/api/v1/passes/{made['id']}")
    steps = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(), None, 50))
    told = repr(steps) + repr(anju.acted) + caplog.text
    assert "pass-created" in told
    assert "pass-revoked" in told
    for secret in (NAME, "苏M88888", made["url"].rpartition("/")[2]):
        assert secret not in told


async def test_staff_who_look_at_passes_are_on_record(anju, open_client):
    await listed(await open_client("property"))
    found = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(action="pass-view"), None, 9))
    assert [step.user for _, step, _ in found] == ["property"]


async def test_kinds_have_their_limits(open_client):
    async with (await open_client("guard")).get("/api/v1/passes/kinds") as answer:
        kinds = {each["kind"]: each for each in (await answer.json())["items"]}
    assert list(kinds) == ["visitor", "delivery", "tradesman", "agent", "helper"]
    assert kinds["agent"]["longest_s"] == 4 * 3600
    assert kinds["agent"]["hours"] == "07:00-22:00"


async def test_the_page_tells_where_to_and_nothing_of_who_lives_there(anju, resident, open_client, monkeypatch):
    monkeypatch.setitem(PLACES, "b3/u1", Place("b3/u1", Words("3号楼1单元", "Building 3 Unit 1")))
    owner, visitor = await resident(), await open_client()
    made = await make(owner, anju, plate="苏M88888", doors=["east-door"], uses=2)
    shown = await make(owner, anju, show_room=True)
    path = made["url"].removeprefix("https://anju.example")
    async with visitor.get(path, headers={"Accept-Language": "zh"}) as answer:
        page = await answer.text()
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
    for word in (
        NAME,
        "苏M88888",
        "东门门禁",
        "西子御园",
        "每个门可进 2 次，还剩 2 次",
        "0523-8320 1234",
        "3号楼1单元",
    ):
        assert word in page, word
    for secret in ("王建国", "李秀英", OWNER, "1502", owner.person):
        assert secret not in page, secret
    async with visitor.get(shown["url"].removeprefix("https://anju.example")) as answer:
        assert "1502" in await answer.text()
    async with visitor.get(f"{path}?lang=en") as answer:
        assert "Visitor&#39;s pass" in await answer.text()


async def test_without_a_script_the_page_shows_the_code_of_the_moment(anju, resident, open_client):
    made = await make(await resident(), anju)
    async with (await open_client()).get(made["url"].removeprefix("https://anju.example")) as answer:
        page = await answer.text()
    code = re.search(r'data-code="(V[A-Z2-7]{28})"', page)
    assert code
    found = anju.passes.verify(code[1], anju.now)
    assert isinstance(found, VerifiedCode)
    assert found.pass_id == made["id"]
    assert '<noscript><meta http-equiv="refresh"' in page


async def test_before_its_time_the_page_shows_no_code(anju, resident, open_client):
    later = (anju.now + timedelta(hours=1)).isoformat()
    made = await make(await resident(), anju, **{"from": later})
    async with (await open_client()).get(made["url"].removeprefix("https://anju.example")) as answer:
        page = await answer.text()
        assert answer.status == 200
    assert 'data-code=""' in page
    assert "还没到时间" in page


async def test_guessed_tokens_are_limited_and_on_record(anju, resident, open_client):
    made, visitor = await make(await resident(), anju), await open_client()
    path = made["url"].removeprefix("https://anju.example")
    guesses = [path[:-1] + other for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if not path.endswith(other)][:25]
    statuses = [await status_of(visitor, "GET", guess) for guess in guesses]
    assert statuses[:20] == [404] * 20
    assert statuses[20:] == [429] * 5
    assert anju.services.refusals.counts()[GUESSED] == 20
    assert await status_of(visitor, "GET", f"{path}/state") == 429


async def test_the_page_is_light(anju, resident, open_client):
    made, visitor = await make(await resident(), anju, plate="苏M88888"), await open_client()
    async with visitor.get(made["url"].removeprefix("https://anju.example")) as answer:
        page = await answer.text()
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert len(files) == 6
    sizes = {"page": len(page.encode())}
    for file in files:
        async with visitor.get(file) as answer:
            sizes[file.rpartition("/")[2]] = len(await answer.read())
    assert sum(sizes.values()) < 50_000, json.dumps(sizes)


async def test_the_qr_code_for_the_counter_is_of_the_pages_address(anju, open_client):
    guard = await open_client("guard")
    made = await make(guard, anju, place="b3/u1/1503")
    async with guard.get(f"/api/v1/passes/{made['id']}/qr.svg") as answer:
        assert answer.content_type == "image/svg+xml"
        assert (await answer.text()).startswith("<svg")
    assert await status_of(guard, "GET", "/api/v1/passes/nonsense/qr.svg") == 404


async def test_nobody_of_the_staff_gets_the_page_of_a_residents_visitor(anju, resident, open_client):
    made = await make(await resident(), anju)
    for role in ("guard", "property", "manager"):
        staff = await open_client(role)
        assert next(one for one in await listed(staff) if one["id"] == made["id"])["url"] is None
        assert await status_of(staff, "GET", f"/api/v1/passes/{made['id']}/qr.svg") == 404


async def test_a_broken_disk_makes_no_pass(anju, resident):
    client = await resident()
    anju.broken_disk = True
    await make(client, anju, status=503)
    anju.broken_disk = False
    assert await listed(client) == []


async def test_two_who_revoke_at_once_revoke_once(anju, resident):
    client = await resident()
    made = await make(client, anju)
    statuses = await asyncio.gather(*(status_of(client, "DELETE", f"/api/v1/passes/{made['id']}") for _ in range(4)))
    assert sorted(statuses) == [204, 404, 404, 404]
