"""Care in the web: who may agree, switch and see; other people's homes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.config.residents import ConsentKind, PrivacySection
from gateway.privacy.consents import ConsentBook
from gateway.privacy.consents import rows as consents
from gateway.store import audit
from tests.support.residents import PHONE, ask, code_for, sign_in
from tests.web.conftest import PHONES

ROOM, OTHER = "b3/u1/1502", "b3/u1/1503"
CARE = f"/api/v1/care/{ROOM}"


async def on_the_phone(anju, open_client, phone):
    client = await open_client()
    await ask(client, phone)
    answer, view = await sign_in(client, phone, await code_for(anju, phone))
    assert answer.status == 200
    return client, view["person"]


@pytest.fixture
async def resident(anju, open_client):
    anju.arming()
    return await on_the_phone(anju, open_client, PHONE)


async def put(client, path: str, **body):
    async with client.put(path, json=body) as answer:
        return answer.status, await answer.json()


async def status(client, method: str, path: str, **body) -> int:
    async with client.request(method, path, json=body or None) as answer:
        return answer.status


async def show(client, path: str = CARE):
    async with client.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_a_resident_agrees_sees_all_that_is_known_and_withdraws(anju, resident):
    client, person = resident
    code, view = await put(client, CARE, agreed=True, starting_point="shanghai")
    assert (code, view["hours"], view["water_m3"], view["person"]) == (200, 12.0, 0.01, person)
    assert "外出" in view["wording"]["zh"]
    assert await status(client, "POST", f"{CARE}/fine") == 204
    view = await show(client)
    assert [sign["kind"] for sign in view["signs"]] == ["fine"]
    assert (view["allowed_hours"], view["step"]) == (12.0, 0)
    assert await status(client, "DELETE", CARE) == 204
    assert await status(client, "GET", CARE) == 404
    assert anju.services.care.watched(ROOM) is None, "what was learnt is forgotten"
    [proof] = await anju.store.read(lambda c: consents.of_person(c, person))
    assert (proof["kind"], proof["how"], proof["withdrawn_by"]) == ("care", "phone", f"resident:{person}")
    found = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(user=f"resident:{person}"), None, 9))
    assert {"care-agreed", "care-fine", "care-ended"} <= {step.action for _, step, _ in found}


async def test_nobody_agrees_for_another(anju, resident, open_client):
    client, person = resident
    family, relative = await on_the_phone(anju, open_client, PHONES[1])
    assert (await put(client, CARE, agreed=False))[0] == 400
    assert (await put(client, CARE, agreed=True, person=relative))[0] == 403
    assert (await put(client, CARE, agreed=True, hours=1))[0] == 400
    assert (await put(client, CARE, agreed=True, starting_point="mars"))[0] == 400
    assert (await put(client, CARE, agreed=True, hours=20))[0] == 200
    assert await status(family, "DELETE", CARE) == 403
    assert (await show(family))["person"] == person


async def test_nobody_ends_anothers_care_by_agreeing_themselves(anju, resident, open_client):
    client, person = resident
    family, relative = await on_the_phone(anju, open_client, PHONES[1])
    assert (await put(client, CARE, agreed=True))[0] == 200
    assert (await put(family, CARE, agreed=True))[0] == 409
    desk = await open_client("property")
    assert (await put(desk, CARE, agreed=True, person=relative, reason="纸质同意书"))[0] == 409
    assert (await show(client))["person"] == person
    assert await status(client, "DELETE", CARE) == 204
    assert (await put(family, CARE, agreed=True))[0] == 200


async def test_the_away_switch_is_for_the_person_the_family_and_the_property(anju, resident, open_client):
    client, _ = resident
    await put(client, CARE, agreed=True)
    family, _ = await on_the_phone(anju, open_client, PHONES[1])
    until = (anju.now + timedelta(days=3)).isoformat()
    for who in (client, family, *[await open_client(role) for role in ("property", "manager", "guard", "supervisor")]):
        assert await status(who, "POST", f"{CARE}/away", until=until) == 204
        assert (await show(client))["away_until"] is not None
        assert await status(who, "DELETE", f"{CARE}/away") == 204
        assert (await show(client))["away_until"] is None
    for wrong in (anju.now - timedelta(hours=1), anju.now + timedelta(days=91)):
        assert await status(client, "POST", f"{CARE}/away", until=wrong.isoformat()) == 400
    for role in ("installer", "grid", "police"):
        assert await status(await open_client(role), "POST", f"{CARE}/away", until=until) == 403


async def test_other_peoples_homes_do_not_exist(anju, resident, open_client):
    client, person = resident
    stranger, _ = await on_the_phone(anju, open_client, "13700001111")
    await put(client, CARE, agreed=True)
    for method, end in (("GET", ""), ("DELETE", ""), ("DELETE", "/away"), ("POST", "/fine")):
        assert await status(stranger, method, CARE + end) == 404
    assert (await put(stranger, CARE, agreed=True))[0] == 404
    assert await status(stranger, "POST", f"{CARE}/away", until=anju.now.isoformat()) == 404
    assert (await show(stranger, "/api/v1/care"))["items"] == []
    assert (await show(client, "/api/v1/care"))["items"][0]["person"] == person


async def test_the_property_records_a_signature_and_sees_no_habits(anju, resident, open_client):
    client, person = resident
    desk = await open_client("property")
    assert (await put(desk, CARE, agreed=True, person=person))[0] == 400, "how did they agree?"
    code, view = await put(desk, CARE, agreed=True, person=person, reason="纸质同意书 2026-11-30", hours=24)
    assert (code, view["habits"]) == (200, [])
    assert (await put(desk, f"/api/v1/care/{OTHER}", agreed=True, person=person, reason="x"))[0] == 404
    assert (await show(client))["hours"] == 24.0


async def test_care_ends_with_moving_out(anju, resident):
    client, person = resident
    await put(client, CARE, agreed=True)
    await anju.store.write(
        lambda c: c.execute("UPDATE memberships SET until = since + 1 WHERE person = ?", (person,)).rowcount
    )
    anju.now += timedelta(seconds=1)
    await anju.register.refresh()
    await anju.services.care.check()
    assert anju.services.care.watched(ROOM) is None
    assert await anju.services.care.plans() == []


async def test_a_rule_that_has_lost_its_state_is_told_again(anju, resident):
    client, person = resident
    await put(client, CARE, agreed=True)
    anju.rules = type(anju.rules)()
    anju.arming()
    assert anju.services.care.watched(ROOM) is None
    await anju.services.care.check()
    assert anju.services.care.watched(ROOM).person == person
    before = len(anju.acted)
    await anju.services.care.check()
    assert len(anju.acted) == before


async def test_a_consent_withdrawn_elsewhere_ends_care(anju, resident):
    """As with all that a person has agreed to, on their page of consents."""
    client, person = resident
    await put(client, CARE, agreed=True)
    book = ConsentBook(anju.store.vault, lambda: anju.now, PrivacySection)
    await anju.store.write(lambda c: book.withdraw(c, person, ConsentKind.CARE, f"resident:{person}"))
    await anju.services.care.check()
    assert await anju.services.care.plans() == []
    assert anju.services.care.watched(ROOM) is None
