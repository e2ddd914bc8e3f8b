"""Scans, rounds and the duty log over HTTP: who may, what is kept, what is refused."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

import pytest

from gateway.patrol.codes import CheckpointCodes
from gateway.store import Store, journal
from tests.web.patrols import DUE, begin, token

KEY = "0123456789abcdef01234567"


def keyed(number):
    return f"{number:024x}"


def scans(*each, sent=DUE):
    return {
        "sent": sent.isoformat(),
        "scans": [{"token": code, "key": key, "made": made.isoformat()} for code, key, made in each],
    }


async def post(client, path, body, status=200):
    async with client.post(path, json=body) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def get(client, path, status=200):
    async with client.get(path) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def scan_signals(world):
    return await world.store.read(lambda c: journal.signals(c, kind="checkpoint.scanned"))


async def test_a_scan_is_who_where_and_when(anju, open_client):
    await begin(anju)
    guard, code = await open_client("guard"), await token(anju)
    [answer] = (await post(guard, "/api/v1/patrols/scans", scans((code, KEY, DUE))))["items"]
    assert answer["checkpoint"]["name"]["zh"] == "东门岗亭"
    assert answer["round"] == {"name": {"zh": "夜间巡更", "en": "Night round"}, "done": 1, "total": 3}
    [signal] = await scan_signals(anju)
    assert (signal.data["user"], signal.data["checkpoint"], signal.data["late"]) == ("guard", "east", False)
    [each] = (await get(await open_client("manager"), "/api/v1/patrols"))["items"]
    assert each["state"] == "under_way"
    assert each["checkpoints"][0]["scan"]["user"] == "guard"
    assert [point["state"] for point in each["checkpoints"]] == ["done", "open", "open"]


async def test_the_same_scan_twice_is_one(anju, open_client):
    await begin(anju)
    guard, code = await open_client("guard"), await token(anju)
    for minutes in (0, 3):
        anju.now = DUE + timedelta(minutes=minutes)
        await post(guard, "/api/v1/patrols/scans", scans((code, KEY, DUE), sent=anju.now))
    assert len(await scan_signals(anju)) == 1


async def test_scans_of_a_phone_without_signal_keep_their_time_and_are_marked(anju, open_client):
    """The phone's clock is an hour wrong: only the time between scan and delivery is its word."""
    await begin(anju)
    guard, wrong = await open_client("guard"), timedelta(hours=1)
    codes = [await token(anju, name) for name in ("east", "lobby", "roof")]
    anju.now = DUE + timedelta(minutes=90)
    made = [(code, keyed(n), DUE + timedelta(minutes=3 * n) + wrong) for n, code in enumerate(codes)]
    answers = await post(guard, "/api/v1/patrols/scans", scans(*made, sent=anju.now + wrong))
    assert [each["late"] for each in answers["items"]] == [True] * 3
    [each] = (await get(guard, "/api/v1/patrols"))["items"]
    assert each["state"] == "done"
    scan = each["checkpoints"][1]["scan"]
    assert scan["late"]
    assert datetime.fromisoformat(scan["at"]) == DUE + timedelta(minutes=3)
    assert datetime.fromisoformat(scan["received_at"]) == anju.now
    signal = (await scan_signals(anju))[-1]
    assert signal.at == DUE + wrong
    assert signal.data["clock_off_s"] == -3600


@pytest.mark.parametrize(
    ("made", "doubt"),
    [(timedelta(hours=-30), "old"), (timedelta(minutes=10), "future"), (timedelta(days=9999), "future")],
)
async def test_a_phone_s_time_that_can_not_be_is_on_record_and_counts_for_nothing(anju, open_client, made, doubt):
    await begin(anju)
    guard, code = await open_client("guard"), await token(anju)
    [answer] = (await post(guard, "/api/v1/patrols/scans", scans((code, KEY, DUE + made))))["items"]
    assert (answer["doubt"], answer["round"]) == (doubt, None)
    assert len(await scan_signals(anju)) == 1
    [each] = (await get(guard, "/api/v1/patrols"))["items"]
    assert each["done"] == 0


async def test_forged_foreign_and_revoked_codes_are_refused_one_by_one(anju, open_client, tmp_path):
    await begin(anju)
    guard, good = await open_client("guard"), await token(anju)
    async with Store.open(tmp_path / "another") as other:
        [foreign] = await CheckpointCodes(other).issue(["east"], DUE)
    [plate] = await anju.door_plates.issue(["b3/u1/1502"], DUE)
    flipped = base64.urlsafe_b64encode(
        bytes(b ^ (n == 3) for n, b in enumerate(base64.urlsafe_b64decode(good)))
    ).decode()
    revoked = await token(anju, "roof")
    await anju.services.patrols.codes.revoke(["roof"], DUE)
    removed = await token(anju, "no-longer-in-desk-yaml")
    bad = [foreign.token, plate.token, flipped, revoked, removed, "x", "A" * 32]
    asked = [(code, keyed(n), DUE) for n, code in enumerate([*bad, good])]
    answers = (await post(guard, "/api/v1/patrols/scans", scans(*asked)))["items"]
    assert [each["checkpoint"] is None for each in answers] == [True] * len(bad) + [False]
    assert len(await scan_signals(anju)) == 1
    for code in bad:
        async with guard.get(f"/c/{code}") as answer:
            assert answer.status == 404
            assert "失效" in await answer.text()


async def test_a_full_disk_keeps_the_scan_in_the_phone(anju, open_client):
    await begin(anju)
    guard, code = await open_client("guard"), await token(anju)
    anju.broken_disk = True
    await post(guard, "/api/v1/patrols/scans", scans((code, KEY, DUE)), 503)


@pytest.mark.parametrize(
    "body",
    [
        {"sent": "2026-11-30T22:00:00", "scans": []},
        {"sent": "2026-11-30T22:00:00+08:00", "scans": []},
        {
            "sent": "2026-11-30T22:00:00+08:00",
            "scans": [{"token": "x", "key": "short", "made": "2026-11-30T22:00:00Z"}],
        },
        {"sent": "9999-12-31T22:00:00Z", "scans": [{"token": "x", "key": KEY, "made": "2026-11-30T22:00:00Z"}]},
    ],
)
async def test_a_malformed_request_is_refused(anju, open_client, body):
    await post(await open_client("guard"), "/api/v1/patrols/scans", body, 400)


async def test_days_are_listed_newest_first(anju, open_client):
    await begin(anju)
    anju.now = DUE + timedelta(days=1)
    days = (await get(await open_client("supervisor"), "/api/v1/patrols/days?days=3"))["items"]
    assert [day["day"] for day in days] == ["2026-12-01", "2026-11-30", "2026-11-29"]
    [missed] = days[1]["rounds"]
    assert (missed["state"], missed["done"], missed["total"]) == ("missed", 0, 3)
    assert "巡更未开始" in missed["faults"][0]["zh"]
    assert (await get(await open_client("guard"), "/api/v1/patrols?day=2026-11-30"))["items"][0]["state"] == "missed"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "today", "2026-13-01"])
async def test_a_day_that_can_not_be_is_refused(anju, open_client, day):
    await get(await open_client("guard"), f"/api/v1/patrols?day={day}", 400)


async def test_the_page_without_script(anju, open_client):
    """Sign in at the checkpoint, come back, record, and report what was found."""
    await begin(anju)
    nobody, code = await open_client(), await token(anju)
    async with nobody.get(f"/c/{code}") as answer:
        text = await answer.text()
        assert answer.status == 200
        assert len(await answer.read()) < 50_000
        assert "camera=(self)" in answer.headers["Permissions-Policy"]
        assert "登录后打卡" in text
        assert 'id="record"' not in text
    async with nobody.post(f"/c/{code}", data={"key": KEY}) as answer:
        assert answer.status == 403
    async with nobody.post("/c/sign-in", data={"user": "guard", "password": "no", "back": code}) as answer:
        assert answer.status == 401
        assert "用户名或密码不对" in await answer.text()
    signing_in = {"user": "guard", "password": "guard", "back": code}
    async with nobody.post("/c/sign-in", data=signing_in, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, f"/c/{code}")
    async with nobody.post(f"/c/{code}", data={"key": KEY}) as answer:
        assert "打卡成功" in await answer.text()
    async with nobody.post(f"/c/{code}/finding", data={"key": KEY, "text": ""}) as answer:
        assert answer.status == 400
    async with nobody.post(f"/c/{code}/finding", data={"key": KEY, "text": "围栏破了"}) as answer:
        assert "值班室已收到" in await answer.text()
    assert [signal.kind for signal in anju.reported] == ["checkpoint.scanned", "finding.reported"]
    assert anju.reported[1].data["place"] == "gate/east"


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "../x", "x" * 32 + "/.."])
async def test_signing_in_leads_to_our_own_pages_only(anju, open_client, back):
    form = {"user": "guard", "password": "guard", "back": back}
    async with (await open_client()).post("/c/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/c/"


async def test_another_site_s_page_can_neither_scan_nor_sign_in(anju, open_client):
    await begin(anju)
    guard, code = await open_client("guard"), await token(anju)
    for path in (f"/c/{code}", "/c/sign-in", "/c/sign-out", f"/c/{code}/finding"):
        async with guard.post(path, data={"key": KEY}, headers={"Origin": "https://evil.example"}) as answer:
            assert answer.status == 403
    assert await scan_signals(anju) == []


@pytest.mark.parametrize("user", ["installer", "manager"])
async def test_only_guards_scan(anju, open_client, user):
    await begin(anju)
    client, code = await open_client(user), await token(anju)
    async with client.post(f"/c/{code}", data={"key": KEY}) as answer:
        assert answer.status == 403
        assert "这个账号不能打卡" in await answer.text()


async def test_the_kept_page_knows_no_user(anju, open_client):
    async with (await open_client("guard")).get("/c/?shell=1") as answer:
        assert 'data-user=""' in await answer.text()


async def test_a_duty_entry_is_asked_for_written_once_and_listed(anju, open_client):
    await begin(anju)
    guard = await open_client("guard")
    [asked] = (await get(guard, "/api/v1/duty"))["items"]
    entry = {"key": asked["key"], "people": ["supervisor"], "answers": {"panel": True, "pressure": 0.35}}
    written = await post(guard, "/api/v1/duty/entries", entry)
    assert written["people"] == ["guard", "supervisor"]
    assert not written["late"]
    await post(guard, "/api/v1/duty/entries", entry, 409)
    assert (await get(guard, "/api/v1/duty"))["items"] == []
    [listed] = (await get(await open_client("manager"), "/api/v1/duty/entries"))["items"]
    assert listed["answers"] == {"panel": True, "pressure": 0.35}
    [action] = [one for one in anju.acted if one.kind == "duty.logged"]
    assert action.data == {"key": asked["key"], "people": ["guard", "supervisor"]}
    steps = await anju.store.read(lambda c: c.execute("SELECT action, user FROM steps").fetchall())
    assert [tuple(row) for row in steps] == [("duty-logged", "guard")]


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"answers": {}}, 400, "请填写：火灾报警控制器正常"),
        ({"answers": {"panel": True}}, 400, "请填写：消火栓压力"),
        ({"answers": {"panel": True, "pressure": True}}, 400, "请填写：消火栓压力"),
        ({"answers": {"panel": True, "pressure": 1, "x": 1}}, 400, "表里没有 x"),
        ({"answers": {"panel": False, "pressure": 1}}, 400, "请在备注里写明"),
        ({"people": ["nobody"]}, 404, "没有找到"),
        ({"key": "fire@never"}, 404, "没有找到"),
    ],
)
async def test_a_duty_entry_that_is_not_complete_is_refused(anju, open_client, change, status, says):
    await begin(anju)
    guard = await open_client("guard")
    [asked] = (await get(guard, "/api/v1/duty"))["items"]
    entry = {"key": asked["key"], "people": ["guard"], "answers": {"panel": True, "pressure": 1}, **change}
    answer = await post(guard, "/api/v1/duty/entries", entry, status)
    assert says in answer["error"]["message"]


async def test_an_entry_after_its_time_is_late(anju, open_client):
    await begin(anju)
    guard = await open_client("guard")
    anju.now = DUE + timedelta(minutes=21)
    [asked] = (await get(guard, "/api/v1/duty"))["items"]
    assert asked["late"]
    entry = {"key": asked["key"], "people": ["guard"], "answers": {"panel": False, "pressure": 1}, "note": "主机故障"}
    assert (await post(guard, "/api/v1/duty/entries", entry))["late"]
