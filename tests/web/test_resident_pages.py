"""Residents' pages: what a household sees and asks for, and that nobody sees another one's."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest

from gateway.config.access import AccessSettings
from gateway.config.residents import HomeSection
from gateway.errors import NotRecorded
from gateway.model import Signal, Step, Words
from gateway.people.register_writer import ChangedBy, MembershipData, RegisterWriter
from gateway.store import audit
from gateway.store.vault import VaultError
from tests.support.residents import PHONE, code_for
from tests.web.conftest import ZONE

SECOND, OTHER_HOUSE = "13987654321", "13700001111"
ROOM, OTHER_ROOM = "b3/u1/1502", "b3/u1/1503"


async def signed_in(anju, open_client, phone: str = PHONE):
    """A phone that its owner signed in on through the pages."""
    client = await open_client()
    async with client.post("/r/code", data={"phone": phone}) as answer:
        assert answer.status == 200
        assert "验证码已发出" in await answer.text()
    code = await code_for(anju, phone)
    async with client.post("/r/sign-in", data={"phone": phone, "code": code}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/r/")
    return client


async def text_of(client, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status, path
        return await answer.text()


async def test_signing_in_with_forms_alone(anju, open_client):
    client = await signed_in(anju, open_client)
    home = await text_of(client, "/r/")
    assert "王建国" in home
    assert "3号楼1单元1502室" in home
    assert "<script" not in home
    assert "在一部新手机上登录" in home
    assert "Building 3 Unit 1 Room 1502" in await text_of(client, "/r/?lang=en")


async def test_the_page_for_the_code_is_the_same_for_every_number(anju, open_client):
    client, pages = await open_client(), []
    for number in (PHONE, "13866667777"):
        async with client.post("/r/code", data={"phone": number}) as answer:
            pages.append((answer.status, (await answer.text()).replace(number, "…")))
    assert pages[0] == pages[1]


async def test_a_wrong_code_is_said_and_may_be_tried_again(anju, open_client):
    client = await open_client()
    async with client.post("/r/sign-in", data={"phone": PHONE, "code": "000000"}) as answer:
        assert answer.status == 401
        page = await answer.text()
    assert "验证码不正确" in page
    assert f'name="phone" value="{PHONE}"' in page


async def test_a_page_opened_by_another_app_loads_itself_once_more(anju, open_client):
    client = await signed_in(anju, open_client)
    guest = await open_client()
    headers = {"Sec-Fetch-Site": "cross-site"}
    async with guest.get("/r/sign-in", headers=headers) as answer:
        assert 'http-equiv="refresh" content="0; url=/r/sign-in?again=1"' in await answer.text()
    async with guest.get("/r/sign-in?again=1", headers=headers) as answer:
        assert "获取验证码" in await answer.text()
    async with client.get("/r/sign-in?again=1", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/r/"


async def test_another_site_can_change_nothing(anju, open_client):
    client = await signed_in(anju, open_client)
    headers = {"Origin": "https://evil.example"}
    for path, data in (("/r/household", {"change": "add_vehicle", "plate": "苏A12345"}), ("/r/sign-out", {})):
        async with client.post(path, data=data, headers=headers) as answer:
            assert answer.status == 403
    assert await anju.services.residents.requests.at(ROOM) == []


async def test_a_household_asks_and_the_property_confirms(anju, open_client):
    client = await signed_in(anju, open_client)
    async with client.post("/r/household", data={"change": "add_vehicle", "plate": "苏a·12345"}) as answer:
        assert answer.status == 200
        page = await answer.text()
    assert "登记车辆：苏A12345" in page
    assert "等待物业确认" in page
    [request] = await anju.services.residents.requests.at(ROOM)
    async with (await open_client("guard")).get("/api/v1/resident/requests") as answer:
        assert answer.status == 403
    clerk = await open_client("property")
    async with clerk.get("/api/v1/resident/requests") as answer:
        [item] = (await answer.json())["items"]
    assert (item["id"], item["place"]) == (request.number, ROOM)
    async with clerk.post(f"/api/v1/resident/requests/{request.number}/confirm", json={"note": "已核对"}) as answer:
        assert answer.status == 200, await answer.text()
    async with clerk.post(f"/api/v1/resident/requests/{request.number}/refuse", json={}) as answer:
        assert answer.status == 409
    household = await text_of(client, "/r/household")
    assert "已确认" in household
    assert anju.register.snapshot.vehicles["苏A12345"].place == ROOM
    assert "已核对" in household
    assert "物业已确认您家的变更申请" in await text_of(client, "/r/notices")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"change": "add_vehicle", "plate": "??"}, "车牌"),
        ({"change": "add_person", "name": " ", "role": "family"}, "姓名"),
        ({"change": "add_person", "name": "王小", "role": "owner"}, "不完整"),
        ({"change": "add_person", "name": "王小", "role": "family", "phone": "abc"}, "手机号码"),
        ({"change": "move_out", "person": "somebody"}, "不完整"),
        ({"change": "end_vehicle", "plate": "苏M99999"}, "不完整"),
        ({"change": "everything"}, "不完整"),
    ],
)
async def test_what_a_household_may_not_ask_for(anju, open_client, form, said):
    client = await signed_in(anju, open_client)
    async with client.post("/r/household", data=form) as answer:
        assert answer.status == 400
        assert said in re.search(r'id="error">([^<]+)<', await answer.text())[1]
    assert await anju.services.residents.requests.at(ROOM) == []


async def test_other_rooms_people_requests_and_phones_do_not_exist(anju, open_client):
    mine, theirs = await signed_in(anju, open_client), await signed_in(anju, open_client, OTHER_HOUSE)
    async with theirs.post("/r/household", data={"change": "add_vehicle", "plate": "苏A12345"}):
        pass
    [request] = await anju.services.residents.requests.at(OTHER_ROOM)
    for path in ("", "notices", "household", "alerts", "privacy", "devices"):
        await text_of(mine, f"/r/{path}?room={OTHER_ROOM}", 404)
    async with mine.post(f"/r/requests/{request.number}", data={"answer": "withdraw"}) as answer:
        assert answer.status == 404
    person = (await anju.services.residents.directory.with_number(OTHER_HOUSE))[0]
    [device] = await anju.services.residents.devices.of(person)
    async with mine.post(f"/r/devices/{device.id}") as answer:
        assert answer.status == 404
    assert len(await anju.services.residents.devices.of(person)) == 1
    for path in ("/r/", "/r/household", "/r/notices"):
        page = await text_of(mine, path)
        assert "赵敏" not in page
        assert "苏M99999" not in page


async def test_an_owner_confirms_a_tenant_and_nobody_else_does(anju, open_client):
    residents = anju.services.residents
    await residents.requests.register(ROOM, "新租客", "13511112222", anju.now.date() - timedelta(days=1), None)
    family, owner = await signed_in(anju, open_client, SECOND), await signed_in(anju, open_client)
    [request] = await residents.requests.at(ROOM)
    assert "确认是本房租户" not in await text_of(family, "/r/household")
    async with family.post(f"/r/requests/{request.number}", data={"answer": "confirm"}) as answer:
        assert answer.status == 404
    page = await text_of(owner, "/r/household")
    assert "新租客（135****2222）" in page
    assert "13511112222" not in page
    async with owner.post(f"/r/requests/{request.number}", data={"answer": "confirm"}) as answer:
        assert answer.status == 200
        assert "已答复" in await answer.text()
    [request] = await residents.requests.at(ROOM)
    assert request.state == "confirmed"
    assert request.answered_by == f"resident:{(await residents.directory.with_number(PHONE))[0]}"
    [tenant] = await residents.directory.with_number("13511112222")
    assert residents.directory.role(tenant, ROOM) == "tenant"


async def test_registering_at_the_door_tells_nothing_of_the_room(anju):
    """An empty room and one with twenty open requests take a registration alike."""
    requests = anju.services.residents.requests
    for place in ("b3/u1/9999", ROOM):
        for number in range(22):
            assert await requests.register(place, f"人{number}", "13511112222", date(2026, 12, 1), None) is None
        assert len(await requests.at(place)) == 20
    anju.now += timedelta(days=8)
    await requests.register(ROOM, "新租户", "13511112222", date(2026, 12, 1), None)
    assert len(await requests.at(ROOM)) == 21, "those that nobody answered block no new ones for ever"


async def test_alerts_of_the_own_room_alone_with_who_handled_them(anju, open_client):
    mine = await anju.alert("mine")
    await anju.alert("theirs", place=OTHER_ROOM)
    await anju.alert("within", place=f"{ROOM}/kitchen")
    await anju.desk.step(mine.id, "acknowledge", "guard", "")
    client = await signed_in(anju, open_client)
    page = await text_of(client, "/r/alerts")
    assert page.count("厨房烟雾报警") == 2
    assert re.search(r"\d\d:\d\d guard 接警", page)
    assert "值班室还没有处理" in page


async def test_who_moves_in_sees_nothing_of_those_before(anju, open_client):
    residents = anju.services.residents
    await residents.notices.tell(ROOM, Words("旧通知", "an old notice"), "test")
    await anju.alert("before")
    anju.now += timedelta(days=1)
    await residents.notices.tell(ROOM, Words("新通知", "a new notice"), "test")
    person = (await residents.directory.with_number(PHONE))[0]
    await _move_in(anju, person, ROOM, anju.now)
    client = await signed_in(anju, open_client)
    page = await text_of(client, "/r/notices")
    assert "新通知" in page
    assert "旧通知" not in page
    assert "没有报警" in await text_of(client, "/r/alerts")


async def test_a_phone_is_signed_out_when_its_owner_moves_out_or_the_number_changes(anju, open_client):
    client, family = await signed_in(anju, open_client), await signed_in(anju, open_client, SECOND)
    person, second = [(await anju.services.residents.directory.with_number(n))[0] for n in (PHONE, SECOND)]
    await _move_out(anju, person)
    async with client.get("/r/", allow_redirects=False) as answer:
        assert answer.status == 303
    await _change_number(anju, second, "13122223333")
    async with family.get("/r/", allow_redirects=False) as answer:
        assert answer.status == 303
    assert await anju.services.residents.devices.of(second) == []
    again = await signed_in(anju, open_client, "13122223333")
    assert "登录号码与以前不同" in await text_of(again, "/r/")


async def test_the_own_data_is_linked_and_opens_with_the_phones_cookie(anju, open_client):
    client = await signed_in(anju, open_client)
    link = re.search(r'href="(/api/v1/resident/my-data.zip)"', await text_of(client, "/r/privacy"))[1]
    async with client.get(link) as answer:
        assert answer.status == 200
        assert (await answer.read()).startswith(b"PK")


async def test_a_key_on_paper_signs_in_after_a_press(anju, open_client):
    residents, client = anju.services.residents, await open_client()
    person = (await residents.directory.with_number(PHONE))[0]
    key = await residents.keys.for_letter(person, "anju")
    assert "在这部手机上登录" in await text_of(client, f"/r/key/{key.token}")
    assert "王建国" not in await text_of(client, f"/r/key/{key.token}")
    async with client.post(f"/r/key/{key.token}", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/r/"
    assert "王建国" in await text_of(client, "/r/")
    await text_of(await open_client(), f"/r/key/{key.token}", 404)


async def test_no_page_weighs_fifty_kilobytes(anju, open_client):
    client = await signed_in(anju, open_client)
    for number in range(20):
        await anju.services.residents.notices.tell(ROOM, Words("通知" * 40, "x"), "test", str(number))
        await anju.services.residents.requests.ask(ROOM, "p", [{"do": "add_vehicle", "plate": f"苏A1234{number % 10}"}])
    for path in ("/r/", "/r/notices", "/r/household", "/r/alerts", "/r/privacy", "/r/devices", "/r/care"):
        page = await text_of(client, path)
        linked = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        weight = len(page.encode()) + sum([len(await text_of(client, each)) for each in linked])
        assert weight < 50_000, (path, weight)


async def _change(anju, change) -> None:
    vault = anju.store.vault
    await anju.store.write(lambda c: change(RegisterWriter(c, vault, anju.now, ChangedBy("test", "test"))))
    await anju.register.refresh()


async def _move_in(anju, person: str, place: str, at: datetime) -> None:
    [old] = anju.register.snapshot.persons[person].memberships
    await _change(anju, lambda writer: writer.put_membership(MembershipData(person, place, old.role, at), old.id))


async def _move_out(anju, person: str) -> None:
    [old] = anju.register.snapshot.persons[person].memberships
    await _change(anju, lambda writer: writer.end_membership(old.id))


async def _change_number(anju, person: str, number: str) -> None:
    from dataclasses import replace

    def change(writer: RegisterWriter) -> None:
        writer.put_person(replace(writer.person(person), phone=number), person)

    await _change(anju, change)


ALARM = {
    "place": ROOM,
    "zones": [{"id": "door", "device": "home-1502", "zone": 1, "name": "入户门", "type": "entry"}],
}


async def test_arming_and_disarming_by_form_and_never_another_home(anju, open_client):
    anju.arming(HomeSection.model_validate(ALARM))
    client, other = await signed_in(anju, open_client), await signed_in(anju, open_client, OTHER_HOUSE)
    assert "没有在网关上布防的报警设备" in await text_of(other, "/r/alarm")
    async with client.post("/r/alarm", data={"do": "home"}) as answer:
        assert answer.status == 200
        page = await answer.text()
    assert "在家布防" in page
    assert anju.services.homes.area(ROOM).mode == "home"
    async with other.post(f"/r/alarm?room={ROOM}", data={"do": "disarm"}) as answer:
        assert answer.status == 404
    assert anju.services.homes.area(ROOM).mode == "home"
    async with client.post("/r/alarm", data={"do": "nonsense"}) as answer:
        assert answer.status == 400


async def test_an_open_zone_is_named_when_the_home_can_not_be_armed(anju, open_client):
    anju.arming(HomeSection.model_validate(ALARM))
    client = await signed_in(anju, open_client)
    signal = Signal(device="home-1502", kind="zone.alarm", data={"zone": 1}, received=anju.now, number=len(anju.acted))
    anju.rules.feed(signal)
    async with client.post("/r/alarm", data={"do": "night"}) as answer:
        assert answer.status == 409
        assert "入户门" in await answer.text()


async def test_a_visitor_at_the_door_is_answered_by_the_household_alone(anju, open_client):
    visits = anju.services.door_plate_service.visits
    token = await visits.announce(ROOM, "快递员小李", "送水")
    mine, other = await signed_in(anju, open_client), await signed_in(anju, open_client, OTHER_HOUSE)
    page = await text_of(mine, "/r/")
    assert "快递员小李：送水" in page
    number = re.search(r'action="/r/visits/(\d+)"', page)[1]
    assert "快递员小李" not in await text_of(other, "/r/")
    async with other.post(f"/r/visits/{number}", data={"answer": "accept"}) as answer:
        assert answer.status == 404
    async with mine.post(f"/r/visits/{number}", data={"answer": "accept"}) as answer:
        assert "访客的手机上会看到" in await answer.text()
    assert (await visits.of_token(token)).answer == "accepted"


async def test_numbers_that_no_number_can_be_are_answered(anju, open_client):
    client = await signed_in(anju, open_client)
    for digits in ("9" * 25, "1" + "0" * 5000, "٣" * 30):
        await text_of(client, f"/r/notices?before={digits}")
        async with client.post(f"/r/requests/{digits}", data={"answer": "confirm"}) as answer:
            assert answer.status == 404
    form = {"name": "客人", "kind": "visitor", "from": "2026-01-01T00:00", "until": "2026-01-01T01:00"}
    async with client.post("/r/passes", data={**form, "uses": "000001" + "0" * 30}) as answer:
        assert answer.status == 400


async def test_a_full_disk_signs_nobody_out(anju, open_client, monkeypatch):
    client = await signed_in(anju, open_client)
    [plate] = await anju.door_plates.issue(["gate/east"], anju.now)
    anju.now += timedelta(hours=2)

    async def full(*_arguments, **_options):
        raise NotRecorded("disk full")

    monkeypatch.setattr(anju.store, "write", full)
    assert "王建国" in await text_of(client, "/r/")
    await text_of(client, f"/d/{plate.token}")


async def test_a_missing_key_is_said_and_not_a_fault(anju, open_client, monkeypatch):
    client = await signed_in(anju, open_client)

    def no_key(*_arguments):
        raise VaultError(Words("没有密钥", "there is no key"))

    monkeypatch.setattr(type(anju.store.vault), "encrypt", no_key)
    async with client.post("/r/household", data={"change": "add_vehicle", "plate": "苏M00001"}) as answer:
        assert answer.status == 503, await answer.text()


async def test_who_works_at_a_place_is_no_resident_of_it(anju, open_client):
    client = await signed_in(anju, open_client)
    [person] = [key for key, one in anju.register.snapshot.persons.items() if one.person.phone == PHONE]
    long_ago = anju.now - timedelta(days=9)
    await _change(
        anju, lambda writer: writer.put_membership(MembershipData(person, OTHER_ROOM, "staff", long_ago), None)
    )
    assert OTHER_ROOM in anju.register.snapshot.rooms_of(person, anju.now)
    async with client.get("/api/v1/household") as answer:
        assert [room["place"] for room in (await answer.json())["rooms"]] == [ROOM]
    wish = {"from": anju.now.isoformat(), "until": (anju.now + timedelta(hours=1)).isoformat(), "doors": []}
    async with client.post("/api/v1/passes", json={"name": "客人", "place": OTHER_ROOM, **wish}) as answer:
        assert answer.status == 404
    for path in (f"/api/v1/passes?place={OTHER_ROOM}", f"/api/v1/care/{OTHER_ROOM}"):
        async with client.get(path) as answer:
            assert answer.status == 404


async def test_a_door_opens_for_minutes_after_its_plate_was_scanned(anju, open_client):
    anju.access_settings = AccessSettings.model_validate(
        {"doors": [{"device": "east-door", "place": ROOM, "kinds": ["card", "phone"]}]}
    )
    [plate] = await anju.door_plates.issue(["gate/east"], anju.now)
    client = await signed_in(anju, open_client)
    assert "请先用这部手机扫一下" in await text_of(client, "/r/door")
    async with client.post("/r/door", data={"door": "east-door"}) as answer:
        assert answer.status == 409
    await text_of(client, f"/d/{plate.token}")
    assert "东门门禁" in await text_of(client, "/r/door")
    async with client.post("/r/door", data={"door": "east-door"}) as answer:
        assert answer.status == 200, await answer.text()
        assert "门已打开" in await answer.text()
    assert [(command.device, command.action) for command in anju.sent] == [("east-door", "unlock")]
    async with client.post("/r/door", data={"door": "east-cam"}) as answer:
        assert answer.status == 404
    anju.now += timedelta(minutes=3)
    async with client.post("/r/door", data={"door": "east-door"}) as answer:
        assert answer.status == 409
        assert "请再扫一次" in await answer.text()
    assert len(anju.sent) == 1


async def test_looks_are_shown_except_those_that_the_law_keeps(anju, open_client):
    def look(user: str, place: str, **data) -> None:
        step = Step("", "household-view", user, anju.now, "核对租户", {"place": place, "role": "property", **data})
        return anju.store.write(lambda connection: audit.append(connection, step))

    await look("anna", ROOM)
    await look("bert", OTHER_ROOM)
    await look("cleo", ROOM, hidden="X-1")
    client = await signed_in(anju, open_client)
    page = await text_of(client, "/r/privacy")
    assert "anna" in page
    assert "核对租户" in page
    assert "bert" not in page
    assert "cleo" not in page


async def test_many_looks_at_others_hide_none_of_ones_own(anju, open_client):
    def look(connection, user: str, place: str) -> None:
        audit.append(connection, Step("", "household-view", user, anju.now, "", {"place": place, "role": "property"}))

    def looks(connection) -> None:
        look(connection, "anna", ROOM)
        for _ in range(1001):
            look(connection, "bert", OTHER_ROOM)

    await anju.store.write(looks)
    assert "anna" in await text_of(await signed_in(anju, open_client), "/r/privacy")


async def test_a_pass_is_made_shown_and_revoked(anju, open_client):
    mine, other = await signed_in(anju, open_client), await signed_in(anju, open_client, OTHER_HOUSE)
    begin = anju.now.astimezone(ZONE)
    form = {
        "name": "张阿姨",
        "kind": "visitor",
        "from": f"{begin:%Y-%m-%dT%H:%M}",
        "until": f"{begin + timedelta(hours=3):%Y-%m-%dT%H:%M}",
        "plate": "苏a12345",
    }
    async with mine.post("/r/passes", data=form) as answer:
        assert answer.status == 200
        page = await answer.text()
    assert "张阿姨" in page
    assert "苏A12345" in page
    made = re.search(r"/api/v1/passes/([^/]+)/qr.svg", page)[1]
    assert "<svg" in await text_of(mine, f"/api/v1/passes/{made}/qr.svg")
    assert (await anju.services.passes.one(made)).its.host == (
        await anju.services.residents.directory.with_number(PHONE)
    )[0]
    async with other.post(f"/r/passes/{made}") as answer:
        assert answer.status == 404
    assert "张阿姨" not in await text_of(other, "/r/passes")
    async with mine.post(f"/r/passes/{made}") as answer:
        assert "已撤销" in await answer.text()
    assert (await anju.services.passes.one(made)).its.revoked_at == anju.now


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "姓名"),
        ({"plate": "??"}, "车牌"),
        ({"until": "2020-01-01T00:00"}, "结束时间"),
        ({"until": "soon"}, "日期"),
        ({"uses": "-1"}, "次数"),
        ({"kind": "king"}, "不完整"),
    ],
)
async def test_what_no_pass_can_be(anju, open_client, wrong, said):
    client, begin = await signed_in(anju, open_client), anju.now.astimezone(ZONE)
    good = {"name": "张", "kind": "visitor", "from": f"{begin:%Y-%m-%dT%H:%M}"}
    good["until"] = f"{begin + timedelta(hours=3):%Y-%m-%dT%H:%M}"
    async with client.post("/r/passes", data=good | wrong) as answer:
        assert answer.status == 400
        assert said in re.search(r'id="error">([^<]+)<', await answer.text())[1]


async def test_an_address_of_another_home_reads_as_a_page_in_a_browser(anju, open_client):
    client = await signed_in(anju, open_client)
    path = f"/r/alarm?room={OTHER_ROOM}"
    async with client.get(path, headers={"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"}) as answer:
        page = await answer.text()
        assert (answer.status, answer.content_type) == (404, "text/html")
    assert "There is no such room" in page
    assert 'href="/r/"' in page
    assert OTHER_ROOM not in page
    async with client.get(path) as answer:
        assert (answer.status, answer.content_type) == (404, "application/json")
