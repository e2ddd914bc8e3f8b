"""The pages behind a door plate, for each kind of scanner: what they do, what they tell, and what they refuse."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from gateway.config.residents import DoorPlateSection
from gateway.config.residents.door_plates import MapPosition
from gateway.desk import DecisionOnEvent
from gateway.errors import NotFound, NotRecorded
from gateway.model import Raise, Role, Severity, Words
from gateway.store import audit, journal
from tests.web.conftest import NAMES, PHONES
from tests.web.test_pages import form, page, send

ROOM, EMPTY = "b3/u1/1502", "b3/u1/1509"
SECRETS = (*NAMES, *PHONES, "苏M12345")


@pytest.fixture
async def plate(anju) -> str:
    [issued] = await anju.door_plates.issue([ROOM], anju.now)
    return f"/d/{issued.token}"


async def empty_flat(anju) -> str:
    [issued] = await anju.door_plates.issue([EMPTY], anju.now)
    return f"/d/{issued.token}"


def why(anju) -> list[tuple[str, str]]:
    return [(one.data["place"], one.data["why"]) for one in anju.notices if one.kind == "door_plate.suspected"]


def scans(anju) -> list[int]:
    return [one.data["times"] for one in anju.notices if one.kind == "door_plate.scanned"]


async def alert_of_last_report(anju):
    [signal] = await anju.store.read(lambda c: journal.signals(c, device="anju", limit=1))
    decision = Raise(signal.id, Severity.MEDIUM, signal.data["place"], Words("报事", "Report"))
    [alert] = await anju.desk.decide([DecisionOnEvent("report", decision, signal)], lambda _c: None)
    return alert


# --- nobody signed in -------------------------------------------------------------------------------------------------


async def test_whoever_reported_sees_how_it_goes_and_no_guards_name(anju, open_client, plate):
    client, guard = await open_client(), await open_client("guard")
    answer, _ = await send(client, plate, form("water", "楼道漏水"))
    link = answer.headers["Location"]
    text = await page(client, link)
    assert "值班室已收到" in text
    assert "楼道漏水" in text
    assert 'class="now" aria-current="step">已收到' in text
    alert = await alert_of_last_report(anju)
    for step, stage in (("acknowledge", "已受理"), ("on-scene", "正在处理")):
        async with guard.post(f"/api/v1/alerts/{alert.id}/{step}", json={"note": "王师傅内部备注"}) as done:
            assert done.status == 200, await done.text()
        assert f'aria-current="step">{stage}' in await page(client, link)
    async with guard.post(f"/api/v1/alerts/{alert.id}/answer", json={"note": "已关总阀，明早维修"}) as done:
        assert done.status == 200, await done.text()
    async with guard.post(f"/api/v1/alerts/{alert.id}/close", json={"disposition": "real", "note": "内部"}) as done:
        assert done.status == 200, await done.text()
    text = await page(client, link)
    assert 'aria-current="step">已办结' in text
    assert "已关总阀，明早维修" in text
    for secret in ("内部", "guard", "王师傅", *SECRETS):
        assert secret not in text


async def test_an_answer_needs_words_and_a_guard(anju, open_client):
    alert = await anju.alert()
    path = f"/api/v1/alerts/{alert.id}/answer"
    for user, body, status in (("guard", {"note": "  "}, 400), ("manager", {"note": "x"}, 403), ("guard", {}, 400)):
        async with (await open_client(user)).post(path, json=body) as answer:
            assert answer.status == status, await answer.text()


async def test_a_link_to_a_report_can_not_be_made_from_what_guards_see(anju, open_client, plate):
    """The source id of a signal is in the API; the link is signed."""
    client = await open_client()
    answer, _ = await send(client, plate)
    link = re.search(r"/d/r/([^?]+)", answer.headers["Location"])[1]
    source = anju.reported[0].source_id
    assert source not in link
    for wrong in (source, link[:-1] + ("A" if link[-1] != "A" else "B"), "x", "A" * 32):
        text = await page(client, f"/d/r/{wrong}", status=404)
        assert "没有这条记录" in text
    await page(client, f"/d/r/{link}")


async def test_a_call_for_help_takes_two_presses_and_rings(anju, open_client, plate):
    client = await open_client()
    asked = await page(client, f"{plate}/help")
    assert "要呼叫值班室吗" in asked
    assert anju.reported == [], "looking calls nobody"
    link = re.search(r'name="link" value="([^"]+)"', asked)[1]
    answer, _ = await send(client, f"{plate}/help", {"link": link})
    await send(client, f"{plate}/help", {"link": link})
    [signal, again] = anju.reported
    assert (signal.kind, signal.is_alarm, dict(signal.data)) == ("help.called", True, {"place": ROOM})
    assert signal.source_id == again.source_id, "a nervous finger calls once"
    text = await page(client, answer.headers["Location"])
    assert "值班室已经响铃" in text
    assert "0523-8320 1234" in text


async def test_many_calls_for_help_are_refused_with_the_phone_number_and_on_record(anju, open_client, plate):
    client = await open_client()
    for _ in range(3):
        await send(client, f"{plate}/help", {"link": ""})
    _, text = await send(client, f"{plate}/help", {"link": ""}, status=429)
    assert "这扇门刚刚求助过" in text
    assert "tel:052383201234" in text
    assert len(anju.reported) == 3
    assert [refusal.why.en for refusal in anju.services.refusals.counts()] == ["too many calls for help"]


async def test_help_that_is_not_on_disk_says_to_phone(anju, open_client, plate):
    anju.broken_disk = True
    _, text = await send(await open_client(), f"{plate}/help", {"link": ""}, status=503)
    assert "请马上打电话" in text


async def announced(client, plate: str, name: str = "李师傅", text: str = "送燃气表") -> str:
    answer, _ = await send(client, f"{plate}/visit", {"name": name, "text": text})
    return answer.headers["Location"]


def without_address(text: str) -> str:
    return re.sub(r"3号楼1单元1502室|b3/u1/1509|/d/[A-Za-z0-9_-]+|door=[A-Za-z0-9_-]+", "", text)


async def test_a_visitor_learns_nothing_of_who_lives_there(anju, open_client, plate):
    """Where people live, where nobody does, and where they decline: the same pages, byte for byte."""
    client, empty = await open_client(), await empty_flat(anju)
    lived_in, nobody = await announced(client, plate), await announced(client, empty)
    await anju.services.door_plate_service.visits.deliver()
    [visit] = await anju.services.door_plate_service.visits.open_at([ROOM])
    await anju.services.door_plate_service.visits.answer(visit.number, [ROOM], "p1", accept=False)
    pages = {without_address(await page(client, link)) for link in (lived_in, nobody)}
    assert len(pages) == 1
    assert "已转告" in pages.pop()
    for path in ("", "/visit", "/help", "/register"):
        one, other = await page(client, plate + path), await page(client, empty + path)
        assert re.sub(r'value="[^"]{32}"', "", without_address(one)) == re.sub(
            r'value="[^"]{32}"', "", without_address(other)
        )
    anju.now += timedelta(hours=2)
    assert len({without_address(await page(client, link)) for link in (lived_in, nobody)}) == 1


async def test_the_household_is_asked_and_lets_the_visitor_in(anju, open_client, plate):
    client, visits = await open_client(), anju.services.door_plate_service.visits
    link = await announced(client, plate)
    assert anju.told == [], "telling takes no time of the answer"
    await visits.deliver()
    await visits.deliver()
    [(place, words, kind, about)] = anju.told
    [visit] = await visits.open_at([ROOM])
    assert (place, kind, about) == (ROOM, "visit", f"visit:{visit.number}")
    assert words == "门口有访客 李师傅：送燃气表"
    assert await visits.open_at([EMPTY]) == []
    await visits.answer(visit.number, [ROOM], "p1", accept=True)
    text = await page(client, link)
    assert "可以进来" in text
    assert f'href="{anju.url}/v/b3-u1-1502-p1"' in text
    assert await visits.open_at([ROOM]) == []


async def test_only_that_room_answers_and_once_and_in_time(anju, open_client, plate):
    visits = anju.services.door_plate_service.visits
    await announced(await open_client(), plate)
    [visit] = await visits.open_at([ROOM])
    with pytest.raises(NotFound):
        await visits.answer(visit.number, [EMPTY], "p9", accept=True)
    await visits.answer(visit.number, [ROOM], "p1", accept=False)
    with pytest.raises(NotFound):
        await visits.answer(visit.number, [ROOM], "p1", accept=True)
    await announced(await open_client(), plate)
    [late] = await visits.open_at([ROOM])
    anju.now += timedelta(hours=1)
    with pytest.raises(NotFound):
        await visits.answer(late.number, [ROOM], "p1", accept=True)


async def test_what_a_visitor_wrote_is_sealed_and_gone_a_day_later(anju, open_client, plate):
    visits = anju.services.door_plate_service.visits
    await announced(await open_client(), plate, name="很特别的访客名字")
    everything = b"".join(file.read_bytes() for file in anju.store.path.parent.glob("anju.db*"))
    assert "很特别的访客名字".encode() not in everything
    anju.now += timedelta(hours=26)
    await visits._purge()
    assert await anju.store.read(lambda c: c.execute("SELECT count(*) FROM door_plate_visits").fetchone()[0]) == 0


async def test_visits_are_limited_and_need_a_name(anju, open_client, plate):
    client = await open_client()
    for bad in ({"name": "  "}, {"name": "长" * 41}, {}):
        _, text = await send(client, f"{plate}/visit", bad, status=400)
        assert "请写下您的称呼" in text
    for _ in range(6):
        await announced(client, plate)
    await send(client, f"{plate}/visit", {"name": "x"}, status=429)
    assert [refusal.why.en for refusal in anju.services.refusals.counts()] == ["too many announced visits"]


async def test_a_tenant_registers_and_learns_nothing(anju, open_client, plate):
    client = await open_client()
    good = {"name": "赵 敏", "phone": "138 0000 1111", "since": "2026-12-01", "until": ""}
    answers = []
    for door in (plate, await empty_flat(anju)):
        answer, _ = await send(client, f"{door}/register", good)
        answers.append(without_address(await page(client, answer.headers["Location"])))
    assert answers[0] == answers[1]
    assert "已提交" in answers[0]
    assert [(one.place, one.name, one.phone) for one in anju.registrations] == [
        (ROOM, "赵 敏", "13800001111"),
        (EMPTY, "赵 敏", "13800001111"),
    ]
    for bad, says in (
        ({"phone": "110"}, "11 位手机号"),
        ({"since": "soon"}, "日期不对"),
        ({"until": "2026-11-01"}, "日期不对"),
        ({"name": ""}, "称呼"),
    ):
        _, text = await send(client, f"{plate}/register", {**good, **bad}, status=400)
        assert says in text
    for _ in range(2):
        await send(client, f"{plate}/register", good)
    await send(client, f"{plate}/register", good, status=429)


async def test_what_residents_yaml_does_not_offer_is_not_there(anju, open_client, plate):
    anju.plate_settings = DoorPlateSection(help=False, visits=False, registration=False)
    client = await open_client()
    text = await page(client, plate)
    for path in ("help", "visit", "register"):
        assert f"{plate}/{path}" not in text
        await page(client, f"{plate}/{path}", status=404)
        await send(client, f"{plate}/{path}", {"name": "x"}, status=404)


async def test_every_page_shows_the_compounds_own_pictures(anju, open_client, plate):
    client = await open_client()
    chosen = re.findall(r"</svg>([^<]+)</span>", (await page(client, plate)).split('class="pictures"')[1])[:3]
    assert len(set(chosen)) == 3
    anju.plate_settings = DoorPlateSection(picture_phrase=("pine", "crane", "boat"))
    text = await page(client, plate)
    assert re.findall(r"</svg>([^<]+)</span>", text.split('class="pictures"')[1])[:3] == ["松树", "白鹤", "小船"]
    assert "就是假门牌" in text
    assert "从不收钱" in text


async def test_guessing_codes_is_slowed_down_and_on_record(anju, open_client, plate):
    client = await open_client()
    for number in range(40):
        await page(client, f"/d/{number:032d}", status=404)
    await page(client, f"/d/{'x' * 32}", status=429)
    await page(client, f"/d/r/{'x' * 32}", status=429)
    await page(client, f"/d/v/{'x' * 32}", status=429)
    await send(client, f"/d/{'x' * 32}", status=429)
    await page(client, plate)  # a true code still opens, for a whole building may share the address
    assert [refusal.why.en for refusal in anju.services.refusals.counts()] == ["guesses door plates' codes"]
    assert anju.reported == []


# --- misuse -----------------------------------------------------------------------------------------------------------


async def test_scans_are_counted_and_told_once_a_minute(anju, open_client, plate):
    client = await open_client()
    for _ in range(3):
        await page(client, plate)
    assert scans(anju) == [1]
    anju.now += timedelta(minutes=1)
    await page(client, plate)
    assert scans(anju) == [1, 3]
    assert all(set(one.data) == {"place", "times"} for one in anju.notices), "nothing of who scanned"


async def test_a_revoked_plate_that_is_scanned_is_told_and_looks_as_any_wrong_code(anju, open_client, plate):
    client = await open_client()
    await anju.door_plates.revoke([ROOM], anju.now)
    for _ in range(3):
        assert await page(client, plate, status=404) == await page(client, f"/d/{'x' * 32}", status=404)
    assert why(anju) == [(ROOM, "revoked")]
    anju.now += timedelta(minutes=10)
    await page(client, plate, status=404)
    assert why(anju) == [(ROOM, "revoked")] * 2


async def test_many_scans_in_a_minute(anju, open_client, plate):
    anju.plate_settings = DoorPlateSection(many=5)
    client = await open_client()
    for _ in range(5):
        await page(client, plate)
    assert why(anju) == []
    await page(client, plate)
    assert why(anju) == [(ROOM, "many")]


async def test_the_same_person_at_two_distant_plates(anju, open_client, plate):
    anju.plate_settings = DoorPlateSection(
        positions={"b3": MapPosition(lat=32.1, lon=120.1), "b9": MapPosition(lat=32.11, lon=120.1)}
    )
    [far] = await anju.door_plates.issue(["b9/u1/101"], anju.now)
    guard, nobody = await open_client("property"), await open_client()
    await page(nobody, plate)
    await page(nobody, f"/d/{far.token}")
    await page(guard, plate)
    anju.now += timedelta(seconds=61)
    await page(guard, f"/d/{far.token}")
    assert why(anju) == [], "a minute is enough by bicycle, and strangers are not followed"
    anju.now += timedelta(seconds=20)
    await page(guard, plate)
    assert why(anju) == [(ROOM, "impossible")]
    assert anju.notices[-1].data["other"] == "b9/u1/101"
    assert "property" not in str(anju.notices[-1].data)


async def test_a_guard_who_was_at_a_checkpoint_far_away(anju, open_client, plate):
    anju.plate_settings = DoorPlateSection(
        positions={"b3": MapPosition(lat=32.1, lon=120.1), "gate/east": MapPosition(lat=32.11, lon=120.1)}
    )
    guard = await open_client("guard")
    await anju.hear("anju", "checkpoint.scanned", user="guard", place="gate/east", checkpoint="east")
    await page(await open_client("supervisor"), plate)
    assert why(anju) == []
    await page(guard, plate)
    assert why(anju) == [(ROOM, "far")]
    assert anju.notices[-1].data["other"] == "gate/east"


async def test_a_phone_far_from_the_door(anju, open_client, plate):
    anju.plate_settings = DoorPlateSection(positions={"b3": MapPosition(lat=32.1, lon=120.1)})
    client = await open_client("property")
    near = {"lat": "32.1005", "lon": "120.1", "accuracy": "20"}
    await send(client, f"{plate}/staff/position", near)
    await send(client, f"{plate}/staff/position", {"lat": "nan", "lon": "x", "accuracy": ""})
    assert why(anju) == []
    await send(client, f"{plate}/staff/position", {**near, "lat": "32.11"})
    assert why(anju) == [(ROOM, "far")]
    assert anju.notices[-1].data["metres"] == pytest.approx(1092, abs=3)


async def test_a_page_is_shown_though_its_scan_can_not_be_recorded(anju, open_client, plate):
    anju.broken_disk = True
    assert "1502室" in await page(await open_client(), plate)


# --- staff ------------------------------------------------------------------------------------------------------------


async def looks(anju) -> list[dict]:
    found = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(action="household-view"), None, 99))
    return [{"user": step.user, "note": step.note, **step.data} for _, step, _ in found]


SEEN = {
    Role.GUARD: ({*NAMES, *PHONES, "苏M12345"}, {"业主"}),
    Role.SUPERVISOR: ({*NAMES, *PHONES, "苏M12345"}, {"业主"}),
    Role.MANAGER: ({*NAMES, *PHONES, "苏M12345", "业主"}, set()),
    Role.PROPERTY: ({*NAMES, *PHONES, "业主"}, {"苏M12345"}),
    Role.GRID: ({*PHONES, "业主", "家属"}, {*NAMES, "苏M12345"}),
    Role.POLICE: ({*NAMES, *PHONES, "业主", "苏M12345"}, set()),
}


@pytest.mark.parametrize("role", SEEN)
async def test_each_role_sees_its_part_after_a_reason_and_on_record(anju, open_client, plate, role):
    client = await open_client(role.value)
    text = await page(client, f"{plate}/staff")
    assert not [secret for secret in SECRETS if secret in text], "nothing before the reason"
    for bad in ({}, {"reason": "other"}, {"reason": "nosy"}):
        _, text = await send(client, f"{plate}/staff/look", bad, status=400)
        assert not [secret for secret in SECRETS if secret in text]
    assert await looks(anju) == []
    _, text = await send(client, f"{plate}/staff/look", {"reason": "repair", "note": "水管 13812345678"}, status=200)
    shown, hidden = SEEN[role]
    assert {each for each in shown if each in text} == shown
    assert {each for each in hidden if each in text} == set()
    assert await looks(anju) == [
        {"user": role.value, "note": "报修联系：水管 …", "place": ROOM, "role": role.value, "reason": "repair"}
    ]


@pytest.mark.parametrize(("role", "sees"), [("grid", True), ("police", True), ("property", False), ("guard", False)])
async def test_care_is_shown_where_what_was_agreed_to_says_so(anju, open_client, plate, role, sees):
    client = await open_client(role)
    _, text = await send(client, f"{plate}/staff/look", {"reason": "visit"}, status=200)
    assert "独居关怀" not in text
    anju.plate_settings = DoorPlateSection(care_shown=True)
    _, text = await send(client, f"{plate}/staff/look", {"reason": "visit"}, status=200)
    assert ("有人同意被关照" in text) is sees


async def test_who_is_not_signed_in_or_may_not_look_sees_nothing(anju, open_client, plate):
    for user, status in ((None, 401), ("installer", 403)):
        client = await open_client(user)
        for step in ("look", "hung", "wrong-door", "position"):
            _, text = await send(client, f"{plate}/staff/{step}", {"reason": "repair"}, status=status)
            assert not [secret for secret in SECRETS if secret in text]
    assert await looks(anju) == []
    assert why(anju) == []
    assert not [action for action in anju.acted if action.kind.startswith("door_plate.")]


async def test_signing_in_on_the_page(anju, open_client, plate):
    client = await open_client()
    assert "登录" in await page(client, f"{plate}/staff")
    _, text = await send(client, f"{plate}/staff/sign-in", {"user": "grid", "password": "x"}, status=401)
    assert "用户名或密码不对" in text
    answer, _ = await send(client, f"{plate}/staff/sign-in", {"user": "grid", "password": "grid"})
    assert answer.headers["Location"] == f"{plate}/staff"
    assert "网格员" in await page(client, f"{plate}/staff")
    await send(client, f"{plate}/staff/sign-out", {})
    assert "网格员 </span>" not in await page(client, f"{plate}/staff")
    await send(
        client, f"{plate}/staff/sign-in", {"user": "grid"}, status=403, headers={"Origin": "https://evil.example"}
    )
    await send(client, f"{plate}/staff/look", {}, status=403, headers={"Origin": "null"})


async def test_only_the_police_may_hide_a_look_and_with_a_document(anju, open_client, plate):
    police, grid = await open_client("police"), await open_client("grid")
    asked = {"reason": "case", "hide": "1"}
    _, text = await send(police, f"{plate}/staff/look", asked, status=400)
    assert "请填写法律文书编号" in text
    _, text = await send(police, f"{plate}/staff/look", {**asked, "document": "泰公(刑)调证字〔2026〕8号"}, status=200)
    assert "依法不告知住户" in text
    await send(grid, f"{plate}/staff/look", {**asked, "document": "x"}, status=200)
    by_grid, by_police = await looks(anju)
    assert by_police["hidden"] == "泰公(刑)调证字〔2026〕8号"
    assert "hidden" not in by_grid


async def test_nothing_is_shown_that_can_not_be_recorded(anju, open_client, plate, monkeypatch):
    client = await open_client("property")

    async def full(*_args, **_more):
        raise NotRecorded("disk full")

    monkeypatch.setattr(anju.store, "write", full)
    _, text = await send(client, f"{plate}/staff/look", {"reason": "repair"}, status=503)
    assert "系统现在不能留档" in text
    assert not [secret for secret in SECRETS if secret in text]


async def test_a_plate_is_said_to_hang_where_it_was_scanned(anju, open_client, plate):
    client = await open_client("property")
    assert "还没有登记挂牌" in await page(client, f"{plate}/staff")
    await send(client, f"{plate}/staff/hung", {"lat": "32.123456789", "lon": "120.1", "accuracy": "8"})
    assert "已登记挂牌" in await page(client, f"{plate}/staff?said=hung")
    [state] = await anju.services.door_plate_service.plates.states([ROOM])
    assert (state.stage, state.hung_at, state.hung_by) == ("hung", anju.now, "property")
    assert anju.acted[-1].kind == "door_plate.hung"
    await send(await open_client("grid"), f"{plate}/staff/hung", {}, status=403)
    # From then on the plate itself has a position, without any in residents.yaml.
    await send(client, f"{plate}/staff/position", {"lat": "32.2", "lon": "120.1", "accuracy": "8"})
    assert why(anju) == [(ROOM, "far")]


async def test_staff_who_see_another_doors_address_say_so(anju, open_client, plate):
    await send(await open_client("guard"), f"{plate}/staff/wrong-door", {})
    assert why(anju) == [(ROOM, "wrong_door")]


async def test_looks_are_limited(anju, open_client, plate):
    client = await open_client("property")
    for _ in range(60):
        await send(client, f"{plate}/staff/look", {"reason": "repair"}, status=200)
    _, text = await send(client, f"{plate}/staff/look", {"reason": "repair"}, status=429)
    assert not [secret for secret in SECRETS if secret in text]
    assert len(await looks(anju)) == 60
