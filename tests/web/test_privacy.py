"""Consents, one's own data and deletions over HTTP: for the resident, and for the property."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest

from gateway.privacy import rows
from gateway.store import audit
from tests.support.consents import agreed
from tests.support.residents import ask, code_for, sign_in
from tests.web.conftest import NAMES, PHONES

OWN = "/api/v1/resident/consents"
CHILD = "/api/v1/people/{}/consents"


@pytest.fixture
async def resident(anju, open_client):
    client = await open_client()
    await ask(client, PHONES[0])
    answer, view = await sign_in(client, PHONES[0], await code_for(anju, PHONES[0]))
    assert answer.status == 200, view
    client.person = view["person"]
    return client


async def call(client, method, path, status=200, **options):
    async with client.request(method, path, **options) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return json.loads(text) if text else None


def person_called(anju, name: str) -> str:
    return next(key for key, it in anju.register.snapshot.persons.items() if it.person.name == name)


async def test_a_resident_agrees_to_what_was_shown_and_takes_it_back(anju, resident):
    shown = await call(resident, "GET", OWN)
    face = next(each for each in shown["texts"] if each["kind"] == "face")
    assert "人脸" in face["text"]["zh"]
    assert (face["agreed"], shown["items"]) == (False, [])
    body = {"kind": "face", "version": face["version"]}
    given = await call(resident, "POST", OWN, 201, json=body)
    assert (given["items"][0]["how"], given["items"][0]["in_force"]) == ("phone", True)
    assert given["items"][0]["by"] == f"resident:{resident.person}"
    await call(resident, "POST", OWN, 409, json={**body, "version": "0"})
    taken = await call(resident, "DELETE", f"{OWN}/face")
    assert taken["items"][0]["in_force"] is False
    await call(resident, "DELETE", f"{OWN}/face", 404)
    await call(resident, "DELETE", f"{OWN}/nothing", 404)
    assert [action.kind for action in anju.acted if action.kind.startswith("consent")] == [
        "consent.given",
        "consent.withdrawn",
    ]


async def test_a_resident_takes_their_data_away_and_only_theirs(anju, resident):
    async with resident.get("/api/v1/resident/my-data.zip") as answer:
        assert answer.status == 200
        assert "no-store" in answer.headers["Cache-Control"]
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    data = json.loads(archive.read("data.json"))
    assert (data["person"], data["persons"][0]["name"]) == (resident.person, NAMES[0])
    assert NAMES[1] not in archive.read("data.html").decode()
    steps = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(action="person-export"), None, 1))
    assert steps[0][1].user == f"resident:{resident.person}"


async def test_the_property_records_paper_and_the_manager_an_order(anju, open_client):
    client, person = await open_client("property"), person_called(anju, NAMES[1])
    path = CHILD.format(person)
    given = await call(client, "POST", path, 201, json={"kind": "care", "how": "paper"})
    assert (given["items"][0]["how"], given["items"][0]["by"]) == ("paper", "property")
    await call(client, "POST", path, 403, json={"kind": "face", "how": "law", "basis": "协查"})
    manager = await open_client("manager")
    refused = await call(manager, "POST", path, 400, json={"kind": "face", "how": "law", "basis": "协查"})
    assert refused["error"]["code"] == "consent_refused", "a resident's face needs the resident's consent"
    await call(client, "DELETE", f"{path}/care")
    await call(client, "GET", CHILD.format("p-nobody"), 404)


async def test_a_withdrawal_takes_the_face_from_the_cameras_at_once(anju, open_client):
    person = person_called(anju, NAMES[0])
    await agreed(anju.store, person)
    unit = "INSERT INTO face_templates VALUES (?, x'01', x'02', 0)"
    await anju.store.write(lambda c: c.execute(unit, (person,)).rowcount)
    await call(await open_client("property"), "DELETE", f"{CHILD.format(person)}/face")
    assert await anju.store.read(rows.face_count) == 0


async def test_the_property_deletes_a_person_with_a_reason(anju, open_client):
    client, person = await open_client("property"), person_called(anju, NAMES[0])
    (anju.store.folder / "people.csv").unlink()  # the test's own list of people
    path = f"/api/v1/people/{person}/erasure"
    await call(client, "POST", path, 400, json={"why": ""})
    begun = await call(client, "POST", path, 202, json={"why": f"{NAMES[0]}书面申请"})
    assert begun["done"] is False
    assert person not in anju.register.snapshot.persons
    await anju.services.privacy.erasures.finish_all()
    ended = await call(client, "GET", f"/api/v1/erasures/{begun['id']}")
    assert (ended["done"], ended["left"], ended["person"]) == (True, [], person)
    assert ended["rows"] >= 3
    await call(client, "POST", path, 404, json={"why": "再来一次"})
    await call(client, "GET", "/api/v1/erasures/e-nothing", 404)
    [ordered] = [action for action in anju.acted if action.kind == "person.erasure_ordered"]
    assert ordered.data == {"person": person}


async def test_who_was_deleted_is_signed_out(anju, resident, open_client):
    await call(
        await open_client("manager"), "POST", f"/api/v1/people/{resident.person}/erasure", 202, json={"why": "申请"}
    )
    await call(resident, "GET", OWN, 401)


async def test_a_search_by_name_is_in_the_audit_by_id(anju, open_client):
    person = person_called(anju, NAMES[0])
    await call(await open_client("guard"), "GET", f"/api/v1/history?person={NAMES[0]}&why=寻人")
    await call(await open_client("guard"), "GET", "/api/v1/history?person=张无忌&why=寻人")
    steps = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(action="history-search"), None, 9))
    assert {step.data["of"].split("=")[-1] for _n, step, _h in steps} == {person, "张**"}


async def test_consents_on_the_phone_without_a_script(resident):
    async with resident.get("/r/consents") as answer:
        page = await answer.text()
        assert answer.status == 200
        assert len(page.encode()) < 50_000
    assert page.count("我已阅读并同意") == 1, "care begins with the property"
    body = {"do": "agree", "version": "1"}
    async with resident.post("/r/consents/face", data=body) as answer:
        assert "已记录您的同意" in await answer.text()
    async with resident.post("/r/consents/face", data={**body, "version": "0"}) as answer:
        assert "告知内容已更新" in await answer.text()
    async with resident.post("/r/consents/face?lang=en", data={"do": "withdraw"}) as answer:
        assert "Taken back" in await answer.text()
    async with resident.post("/r/consents/nothing", data=body) as answer:
        assert answer.status == 404


async def test_taking_the_consent_to_care_back_ends_care(anju, resident):
    care, [room] = anju.services.care, anju.register.snapshot.rooms_of(resident.person, anju.now)
    await care.agree(room, resident.person, timedelta(hours=12), 0.01, "phone", f"resident:{resident.person}")
    assert [plan.place for plan in await care.plans()] == [room]
    taken = await call(resident, "DELETE", f"{OWN}/care")
    assert taken["items"][0]["in_force"] is False
    assert await care.plans() == []
