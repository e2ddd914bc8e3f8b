"""Arming and disarming a home by its household and by guards; other people's homes, codes, and what a code tells."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.config.residents import HomeSection
from gateway.desk import DecisionOnEvent
from gateway.errors import TooMany
from gateway.homes import rows
from gateway.homes.codes import WrongCode
from gateway.model import Raise, Severity, Signal, Words
from gateway.store import audit
from tests.support.residents import PHONE, code_for, sign_in
from tests.support.residents import ask as ask_for_code
from tests.web.conftest import PHONES

ROOM, OTHER = "b3/u1/1502", "b3/u1/1503"
AREA = f"/api/v1/areas/{ROOM}"
ZONES = [
    {"id": "door", "device": "home-1502", "zone": 1, "name": "入户门", "type": "entry"},
    {"id": "window", "device": "home-1502", "zone": 2, "name": "卧室窗"},
]


def home(place: str = ROOM, **settings) -> HomeSection:
    return HomeSection.model_validate({"place": place, "zones": ZONES, **settings})


@pytest.fixture
async def resident(anju, open_client):
    """The phone of the owner of 1502, signed in; with the homes of 1502 and 1503."""
    anju.arming(home(), HomeSection.model_validate({"place": OTHER, "mirrored": True, "panel": "home-1502"}))
    client = await open_client()
    await ask_for_code(client, PHONE)
    answer, _ = await sign_in(client, PHONE, await code_for(anju, PHONE))
    assert answer.status == 200
    return client


def hear(anju, kind: str, zone: int) -> None:
    """A signal of the home's panel, as the rule gets it."""
    signal = Signal(device="home-1502", kind=kind, data={"zone": zone}, received=anju.now, number=len(anju.acted))
    anju.rules.feed(signal)


async def steps(anju, action: str) -> list[str]:
    found = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(action=action), None, 50))
    return [step.user for _, step, _ in found]


async def post(client, path: str, **body):
    async with client.post(path, json=body) as answer:
        return answer.status, await answer.json() if answer.content_length != 0 and answer.status != 204 else None


async def set_code(client, code: str = "2580", duress: str | None = None) -> int:
    body = {"code": code} | ({"duress_code": duress} if duress else {})
    async with client.put(f"{AREA}/code", json=body) as answer:
        return answer.status


@pytest.mark.parametrize("path", [AREA, AREA.replace(ROOM, "b3%2Fu1%2F1502")])
async def test_a_resident_arms_and_disarms_their_home(anju, resident, path):
    status, area = await post(resident, f"{path}/arm", mode="night")
    assert (status, area["state"], area["mode"], area["by"]["zh"]) == (200, "armed", "night", "住户手机")
    assert area["person"] == anju.acted[-1].data["person"]
    status, area = await post(resident, f"{path}/disarm")
    assert (status, area["state"]) == (200, "disarmed")
    assert [action.kind for action in anju.acted[-2:]] == ["area.arm_asked", "area.disarm_asked"]
    assert await steps(anju, "area-arm") == [f"resident:{area['person']}"]


async def test_arming_is_refused_with_the_zone_that_is_open(anju, resident):
    await post(resident, f"{AREA}/disarm")
    hear(anju, "zone.alarm", 2)
    status, said = await post(resident, f"{AREA}/arm", mode="away")
    assert (status, said["error"]) == (409, {"code": "refused", "message": "防区未关：卧室窗"})
    status, area = await post(resident, f"{AREA}/arm", mode="away", bypass=["window"])
    assert (status, area["state"]) == (200, "arming")
    assert [(zone["id"], zone["open"], zone["bypassed"]) for zone in area["zones"]] == [
        ("door", False, False),
        ("window", True, True),
    ]
    assert (await post(resident, f"{AREA}/arm", bypass=["cellar"]))[0] == 409


async def test_other_peoples_homes_do_not_exist(anju, resident):
    for path in (f"/api/v1/areas/{OTHER}", "/api/v1/areas/b9/u9/901", "/api/v1/areas/b3/u1"):
        for end in ("arm", "disarm", "bypass"):
            status, said = await post(resident, f"{path}/{end}")
            assert (status, said["error"]["message"]) == (404, "没有找到这户的报警")
        assert (await post(resident, f"{path}/false-alarm", code="2580"))[0] == 404
        async with resident.get(path) as answer:
            assert answer.status == 404
        async with resident.put(f"{path}/code", json={"code": "2580"}) as answer:
            assert answer.status == 404
    async with resident.get("/api/v1/areas") as answer:
        assert [area["place"] for area in (await answer.json())["items"]] == [ROOM]
    assert not [action for action in anju.acted if action.kind.startswith("area.")]


async def test_a_member_whose_part_may_not_arm_is_told_so(anju, open_client):
    anju.arming(home(may=["tenant"]))
    client = await open_client()
    await ask_for_code(client, PHONE)
    await sign_in(client, PHONE, await code_for(anju, PHONE))
    status, said = await post(client, f"{AREA}/arm")
    assert (status, said["error"]["message"]) == (403, "您不能操作这户的布撤防")


async def test_who_has_moved_out_can_not_disarm(anju, resident):
    person = (await post(resident, f"{AREA}/arm", mode="home"))[1]["person"]
    await anju.store.write(
        lambda c: c.execute("UPDATE memberships SET until = since + 1 WHERE person = ?", (person,)).rowcount
    )
    anju.now += timedelta(seconds=1)
    await anju.register.refresh()
    assert (await post(resident, f"{AREA}/disarm"))[0] in {401, 404}
    assert anju.services.homes.area(ROOM).phase == "armed"


async def test_a_guard_needs_a_reason(anju, resident, open_client):
    guard = await open_client("guard")
    assert (await post(guard, f"{AREA}/disarm"))[0] == 400
    status, area = await post(guard, f"{AREA}/disarm", reason="住户电话请求，人在门口")
    assert (status, area["by"]["zh"], area["person"]) == (200, "门卫", None)
    found = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(action="area-disarm"), None, 1))
    assert (found[0][1].user, found[0][1].note) == ("guard", "住户电话请求，人在门口")
    for role in ("property", "grid", "police", "installer", "manager"):
        other = await open_client(role)
        assert (await post(other, f"{AREA}/disarm", reason="x"))[0] == 403
    assert (await post(await open_client(), f"{AREA}/disarm", reason="x"))[0] == 401


async def test_an_installer_sees_no_person(anju, resident, open_client):
    await post(resident, f"{AREA}/arm", mode="night")
    installer = await open_client("installer")
    async with installer.get(AREA) as answer:
        area = await answer.json()
    assert (area["state"], area["person"]) == ("armed", None)


async def test_a_mirrored_panel_is_not_overruled(anju, resident, open_client):
    guard = await open_client("guard")
    status, said = await post(guard, f"/api/v1/areas/{OTHER}/disarm", reason="x")
    assert (status, said["error"]["message"]) == (409, "这户的报警主机自行布撤防，请在主机上操作")


async def test_disarming_by_phone_may_need_the_code(anju, resident):
    anju.arming(home(code_on_phone=True))
    assert await set_code(resident) == 204
    assert (await post(resident, f"{AREA}/arm", mode="home"))[0] == 200
    assert (await post(resident, f"{AREA}/disarm"))[0] == 400
    status, said = await post(resident, f"{AREA}/disarm", code="1234")
    assert (status, said["error"]["code"]) == (400, "wrong_code")
    assert (await post(resident, f"{AREA}/disarm", code="2580"))[1]["state"] == "disarmed"


async def test_a_code_of_duress_looks_like_any_other_and_alerts_the_guard(anju, resident):
    anju.arming(home(code_on_phone=True))
    assert await set_code(resident, "2580", "2581") == 204
    answers = []
    for code in ("2580", "2581"):
        await post(resident, f"{AREA}/arm", mode="home")
        anju.reported.clear()
        answers.append(await post(resident, f"{AREA}/disarm", code=code))
        kinds = [(signal.kind, signal.device) for signal in anju.reported]
        assert kinds == ([("duress.entered", "home-1502")] if code == "2581" else [])
    first, second = ({**area, "since": None} for _, area in answers)
    assert first == second
    assert [action.data for action in anju.acted if action.kind == "area.disarm_asked"][-2:] == [
        {"by": "phone", "mode": "disarm", "bypass": [], "person": first["person"]}
    ] * 2


async def test_wrong_codes_are_limited_on_record_and_an_alert(anju, resident):
    await set_code(resident)
    statuses = [(await post(resident, f"{AREA}/disarm", code=f"900{n}"))[0] for n in range(7)]
    assert statuses == [400] * 5 + [429] * 2
    assert (await post(resident, f"{AREA}/disarm", code="2580"))[0] == 429, "the right one waits too"
    assert len(await steps(anju, "area-wrong-code")) == 5
    denied = [signal for signal in anju.reported if signal.kind == "access.denied"]
    assert len(denied) == 5, "the rule for doors raises an alert after three"
    assert all("900" not in str(signal) for signal in denied), "no code anywhere"


async def test_a_code_opens_one_home_only_and_ends_with_moving_out(anju, resident):
    await set_code(resident)
    homes = anju.services.homes
    match = await homes.codes.match(ROOM, "2580", anju.now, "k1")
    assert not match.duress
    anju.homes = [*anju.homes[1:], home(), home("b3/u1/1504", zones=[{**ZONES[0], "device": "x"}])]
    with pytest.raises(WrongCode):
        await homes.codes.match("b3/u1/1504", "2580", anju.now, "k1")
    await anju.store.write(lambda c: c.execute("UPDATE memberships SET until = since + 1").rowcount)
    anju.now += timedelta(seconds=1)
    await anju.register.refresh()
    with pytest.raises(WrongCode):
        await homes.codes.match(ROOM, "2580", anju.now, "k1")


async def test_many_guesses_at_once_are_limited_too(anju, resident):
    await set_code(resident)
    codes = anju.services.homes.codes
    tries = [codes.match(ROOM, f"{n:04}", anju.now, "k1") for n in range(60)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, WrongCode) for each in found) == 5
    assert sum(isinstance(each, TooMany) for each in found) == 55


@pytest.mark.parametrize(("code", "duress"), [("1111", None), ("2580", "2580")])
async def test_codes_that_are_no_codes(resident, code, duress):
    assert await set_code(resident, code, duress) == 400


async def test_nobody_takes_anothers_code(anju, resident, open_client):
    await set_code(resident)
    other = await open_client()
    await ask_for_code(other, PHONES[1])
    await sign_in(other, PHONES[1], await code_for(anju, PHONES[1]))
    assert await set_code(other, "3690", "2580") == 400
    assert await set_code(other, "3690") == 204


async def test_the_code_is_nowhere_in_the_data_folder(anju, resident, tmp_path):
    await set_code(resident, "86420975")
    await post(resident, f"{AREA}/disarm", code="86420975")
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"86420975" in path.read_bytes()]


async def test_false_it_was_me_stands_on_the_alert_and_the_guard_closes_it(anju, resident):
    await set_code(resident)
    signal = replace(await anju.hear("home-1502", "zone.alarm", zone=2), number=1)
    raised = Raise(f"{ROOM}:window", Severity.CRITICAL, ROOM, Words("卧室窗 入侵报警", "Burglary"), "home-1502")
    [alert] = await anju.desk.decide([DecisionOnEvent("home-areas", raised, signal)], lambda _c: None)
    assert (await post(resident, f"{AREA}/false-alarm", code="9999"))[0] == 400
    assert await anju.desk.steps(alert.id) == []
    status, told = await post(resident, f"{AREA}/false-alarm", code="2580")
    assert (status, told) == (200, {"alerts": 1})
    [step] = await anju.desk.steps(alert.id)
    assert step.user.startswith("resident:")
    assert step.note.startswith("住户凭密码确认：误报，是本人")
    assert [one.state for one in anju.desk.open_alerts()] == ["new"], "it stays for the guard to close"


async def test_a_rule_that_does_not_answer_is_told(anju, resident, monkeypatch):
    monkeypatch.setattr("gateway.homes.areas.PATIENCE_S", 0.05)
    monkeypatch.setattr(anju.rules, "feed", lambda _event: [])
    assert (await post(resident, f"{AREA}/arm"))[0] == 503


async def test_a_full_disk_arms_nothing(anju, resident):
    anju.broken_disk = True
    assert (await post(resident, f"{AREA}/arm", mode="home"))[0] == 503
    assert anju.services.homes.area(ROOM).phase == "unknown"


async def test_the_households_page_of_alerts_has_no_duress(anju, resident):
    """Whoever forces the resident may look at the phone too."""
    for key, words in (("keypad/duress", "胁迫报警"), ("home-1502/gas", "燃气泄漏报警")):
        signal = await anju.hear("home-1502", "gas.alarm")
        raised = Raise(key, Severity.CRITICAL, ROOM, Words(words, words), "home-1502")
        await anju.desk.decide([DecisionOnEvent("home-alarm", raised, signal)], lambda _c: None)
    async with resident.get("/r/alerts") as answer:
        page = await answer.text()
    assert "燃气泄漏报警" in page
    assert "胁迫" not in page


async def test_who_has_a_code_gives_it_to_change_it(anju, resident, open_client):
    """Else a stolen phone that is signed in would make a code of its own."""
    assert await set_code(resident, "2580", "2581") == 204
    assert await set_code(resident, "3690") == 400
    async with resident.put(f"{AREA}/code", json={"code": "3690", "old_code": "2580"}) as answer:
        assert answer.status == 204
    [row] = await anju.store.read(lambda c: rows.codes(c, ROOM))
    assert not row.duress, "the old one for duress is gone"
    property_desk = await open_client("property")
    body = {"person": row.person, "reason": "忘记密码，已核对身份证"}
    assert (await post(property_desk, f"{AREA}/code/reset", **body))[0] == 204
    assert await set_code(resident, "1470") == 204
    assert await steps(anju, "area-codes-reset") == ["property"]


async def test_a_resident_sets_a_code_on_the_page(anju, resident):
    form = {"do": "code", "new": "2580", "duress": "2581"}
    async with resident.post("/r/alarm", data=form) as answer:
        assert "密码已保存" in await answer.text()
    async with resident.post("/r/alarm", data=form) as answer:
        assert (answer.status, "密码不正确" in await answer.text()) == (400, True)
    async with resident.post("/r/alarm", data={**form, "code": "2580", "new": "1111"}) as answer:
        assert "请换一个密码" in await answer.text()
