"""Rooms for the property: what is there, how it came, and changes with a reason that no other change overtakes."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from itertools import chain

import numpy as np
import pytest

from gateway.app.register_dates import RegisterDates
from gateway.model import Listing
from gateway.people import faces
from gateway.people.household_room import ChangeRefused
from gateway.people.households import ChangeRequests
from gateway.people.register_writer import ChangedBy, PersonData, RegisterWriter, VehicleData
from gateway.store import audit
from tests.support.consents import agreed
from tests.web.conftest import NAMES, PHONES, ZONE

ROOM, OTHER = "b3/u1/1502", "b3/u1/1503"
PATH = f"/api/v1/households/{ROOM}"
TEMPLATE = np.ones(128, np.float32)


@pytest.fixture
async def office(open_client):
    """The property's browser."""
    return await open_client("property")


async def get(client, path: str = PATH, **params):
    async with client.get(path, params=params) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def change(
    client, *changes, path: str = PATH, version: str | None = None, why: str = "测试", expected: int = 200
):
    version = version if version is not None else (await get(client, path))["version"]
    body = {"why": why, "version": version, "changes": list(changes)}
    async with client.post(f"{path}/changes", json=body) as answer:
        said = await answer.json()
        assert answer.status == expected, said
        return said


def person_of(record, name: str) -> str:
    return next(each["id"] for each in record["people"] if each["name"] == name)


async def steps(anju, action: str):
    found = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(action=action), None, 50))
    return [step for _, step, _ in reversed(found)]


async def test_all_of_a_room(anju, office):
    record = await get(office)
    assert [(each["name"], each["phone"], each["role"]) for each in record["people"]] == [
        (NAMES[0], PHONES[0], "owner"),
        (NAMES[1], PHONES[1], "family"),
    ]
    assert [each["plate"] for each in record["vehicles"]] == ["苏M12345"]
    assert record["place_name"]["zh"] == "3号楼1单元1502室"
    assert (await get(office, f"/api/v1/households/{ROOM.replace('/', '%2F')}"))["version"] == record["version"]
    [step] = await steps(anju, "household-view")
    assert (step.user, step.data) == ("property", {"place": ROOM, "role": "property"})
    assert await get(office, "/api/v1/households/gate/east")
    for unknown in ("b9/u1/101", "b3/u1/1502/history/x", "x" * 300):
        async with office.get(f"/api/v1/households/{unknown}") as answer:
            assert answer.status == 404


async def test_the_list_of_rooms(office):
    listed = await get(office, "/api/v1/households", limit=1)
    assert [(each["place"], each["people"], each["vehicles"]) for each in listed["items"]] == [(ROOM, 2, 1)]
    assert listed["next"] == ROOM
    assert [each["place"] for each in (await get(office, "/api/v1/households", after=ROOM))["items"]] == [OTHER]
    assert [each["place"] for each in (await get(office, "/api/v1/households", find="1503室"))["items"]] == [OTHER]
    assert (await get(office, "/api/v1/households", state="empty"))["items"] == []
    assert (await get(office, "/api/v1/households", under="b4"))["items"] == []


async def test_somebody_moves_in_with_a_car_and_a_card_and_it_is_on_record(anju, office):
    new = {"do": "add_person", "name": " 周  洋 ", "phone": "138 0000 0000", "role": "tenant", "until": "2027-06-30"}
    record = await change(office, new, {"do": "add_vehicle", "plate": "苏m·88888"}, why="新租户")
    person = person_of(record, "周 洋")
    record = await change(office, {"do": "add_card", "number": "0087654321", "person": person})
    [card] = record["cards"]
    assert (card["ending"], card["person"]) == ("4321", person)
    assert next(each for each in record["people"] if each["id"] == person)["until"] == "2027-06-30T16:00:00.000Z"
    assert anju.register.snapshot.rooms_of(person, anju.now + timedelta(seconds=1)) == (ROOM,)
    [step, _] = await steps(anju, "household-change")
    assert (step.user, step.data["place"], step.data["for"]) == ("property", ROOM, ["add_person", "add_vehicle"])
    assert "周" not in str(step)
    history = (await get(office, f"{PATH}/history"))["items"]
    added = next(each for each in history if each["subject"] == "person" and each["why"] == "新租户")
    assert (added["user"], added["before"], added["after"]["phone"]) == ("property", None, "13800000000")
    assert "0087654321" not in json.dumps(history)
    acted = [action for action in anju.acted if action.kind == "register.changed" and action.user == "property"]
    assert [action.place for action in acted] == [ROOM, ROOM]
    assert "周" not in str(acted)


async def test_the_value_before_is_in_the_history(office):
    person = person_of(await get(office), NAMES[0])
    await change(office, {"do": "change_person", "person": person, "phone": "13111111111"}, why="换号")
    await change(office, {"do": "change_membership", "person": person, "role": "other", "until": "2030-01-01"})
    newest, older, *_ = (await get(office, f"{PATH}/history"))["items"]
    assert (newest["before"]["role"], newest["after"]["role"]) == ("owner", "other")
    assert (older["why"], older["before"]["phone"], older["after"]["phone"]) == ("换号", PHONES[0], "13111111111")
    assert older["person_name"] == NAMES[0]
    page = await get(office, f"{PATH}/history", limit=1)
    assert page["next"] == str(newest["number"])
    assert (await get(office, f"{PATH}/history", limit=1, after=page["next"]))["items"] == [older]


async def test_with_somebody_who_moves_out_end_cards_pins_vehicles_and_faces(anju, office):
    record = await get(office)
    owner, other = (person_of(record, name) for name in NAMES)
    await change(
        office,
        {"do": "add_card", "number": "11111111", "person": owner},
        {"do": "add_card", "number": "22222222", "person": other},
        {"do": "set_pin", "pin": "135790", "person": owner},
        {"do": "add_card", "number": "33333333"},
    )
    await agreed(anju.store, owner, other)
    for person in (owner, other):
        await faces.enrol(anju.store, person, TEMPLATE, person.encode())
    anju.now += timedelta(minutes=5)
    record = await change(office, {"do": "move_out", "people": [owner]}, why="搬走")
    assert [each["name"] for each in record["people"]] == [NAMES[1]]
    assert [each["name"] for each in record["former"]] == [NAMES[0]]
    assert ([each["ending"] for each in record["cards"]], record["pins"], record["vehicles"]) == (
        ["2222", "3333"],
        [],
        [],
    )
    assert [face.person_id for face in (await faces.load_identities(anju.store, anju.now)).faces] == [other]
    assert anju.register.snapshot.rooms_of(owner, anju.now) == ()
    record = await change(office, {"do": "move_out"}, why="退房")
    assert (record["people"], record["cards"]) == ([], []), "the household's own card ends with the last one"
    assert (await faces.load_identities(anju.store, anju.now)).faces == []
    assert not list(chain(*anju.register.snapshot.credentials.values()))


async def test_moving_out_on_a_day_to_come_ends_everything_with_that_day(anju, office):
    owner = person_of(await get(office), NAMES[0])
    await change(office, {"do": "add_card", "number": "11111111", "person": owner})
    await agreed(anju.store, owner)
    await faces.enrol(anju.store, owner, TEMPLATE, b"photo")
    day = (anju.now.astimezone(ZONE) + timedelta(days=3)).date()
    record = await change(office, {"do": "move_out", "people": [owner], "at": day.isoformat()})
    ends = {each["until"] for each in (record["people"][0], *record["cards"], *record["vehicles"])}
    assert len(ends) == 1
    dates = RegisterDates(anju.store, anju.register, lambda: anju.now)
    anju.now += timedelta(days=2)
    assert not await dates.check()
    assert anju.register.snapshot.household(ROOM).plates == ("苏M12345",)
    anju.now += timedelta(days=2)
    assert await dates.check()
    assert [person.name for person in anju.register.snapshot.household(ROOM).persons] == [NAMES[1]]
    assert anju.register.snapshot.household(ROOM).plates == ()
    count = await anju.store.read(lambda c: c.execute("SELECT count(*) FROM face_templates").fetchone()[0])
    assert count == 0, "deleted, not only left out"
    assert not await dates.check()


async def test_a_change_of_tenant_is_one_step(anju, office, open_client):
    path = f"/api/v1/households/{OTHER}"
    await change(office, {"do": "set_pin", "pin": "2468"}, {"do": "add_card", "number": "44444444"}, path=path)
    day = (anju.now.astimezone(ZONE) + timedelta(days=1)).date()
    order = {"do": "change_tenant", "at": day.isoformat(), "people": [{"name": "周洋", "role": "tenant"}]}
    record = await change(office, order, path=path, why="换租")
    old, new = sorted(record["people"], key=lambda each: each["since"])
    assert (old["name"], new["name"], new["current"]) == ("赵敏", "周洋", False)
    assert old["until"] == new["since"] == record["pins"][0]["until"] == record["vehicles"][0]["until"]
    anju.now += timedelta(days=2)
    record = await get(await open_client("property"), path)  # the first session is over
    assert ([each["name"] for each in record["people"]], record["pins"], record["vehicles"]) == (["周洋"], [], [])


async def test_who_was_overtaken_is_told_and_nothing_is_changed(office):
    version = (await get(office))["version"]
    body = [{"do": "add_person", "name": name} for name in ("甲", "乙")]
    answers = await asyncio.gather(
        *(
            office.post(f"{PATH}/changes", json={"why": "同时", "version": version, "changes": [order]})
            for order in body
        )
    )
    assert sorted(answer.status for answer in answers) == [200, 409]
    lost = next(answer for answer in answers if answer.status == 409)
    assert (await lost.json())["error"]["code"] == "changed_meanwhile"
    names = {each["name"] for each in (await get(office))["people"]}
    assert len(names & {"甲", "乙"}) == 1


async def test_all_changes_of_a_request_or_none(anju, office):
    before = await get(office)
    changes = ({"do": "add_person", "name": "甲"}, {"do": "end_vehicle", "plate": "苏M99999"})
    said = await change(office, *changes, expected=404)
    assert said["error"]["message"] == "这个房间没有登记这辆车"
    assert await get(office) == before
    assert await steps(anju, "household-change") == []


async def test_what_belongs_to_other_rooms_can_not_be_changed_from_here(anju, office):
    other = await get(office, f"/api/v1/households/{OTHER}")
    stranger = other["people"][0]["id"]
    record = await change(office, {"do": "add_card", "number": "55555555"}, path=f"/api/v1/households/{OTHER}")
    card = record["cards"][0]["id"]
    for order in (
        {"do": "change_person", "person": stranger, "phone": ""},
        {"do": "change_membership", "person": stranger, "role": "owner"},
        {"do": "move_out", "people": [stranger]},
        {"do": "change_tenant", "leaving": [stranger], "people": [{"name": "甲"}]},
        {"do": "change_vehicle", "plate": "苏M99999"},
        {"do": "end_vehicle", "plate": "苏M99999"},
        {"do": "add_vehicle", "plate": "苏M88888", "person": stranger},
        {"do": "add_card", "number": "66666666", "person": stranger},
        {"do": "set_pin", "pin": "1234", "person": stranger},
        {"do": "end_credential", "credential": card},
        {"do": "add_person", "person": "p-nobody"},
    ):
        await change(office, order, expected=404)
    for order in (
        {"do": "add_card", "number": "0055555555"},
        {"do": "add_vehicle", "plate": "苏M99999"},
        {"do": "add_person", "person": person_of(await get(office), NAMES[0])},
    ):
        await change(office, order, expected=409)
    record = await change(office, {"do": "add_vehicle", "plate": "苏M99999", "move": True}, why="过户")
    assert "苏M99999" in [each["plate"] for each in record["vehicles"]]
    assert (await get(office, f"/api/v1/households/{OTHER}"))["vehicles"] == []


async def test_nobody_on_the_watch_list_becomes_a_resident_by_mistake(anju, office):
    by = ChangedBy("manager", "布控")

    def watch(connection):
        writer = RegisterWriter(connection, anju.store.vault, anju.now, by)
        writer.put_vehicle("豫A99999", VehicleData(None, Listing.WATCH))
        return writer.put_person(PersonData("张三", listing=Listing.WATCH))

    person = await anju.store.write(watch)
    await change(office, {"do": "add_person", "person": person}, expected=409)
    await change(office, {"do": "add_vehicle", "plate": "豫A99999", "move": True}, expected=409)


async def test_what_means_nothing_is_refused_in_words(office):
    for order in (
        {"do": "add_person", "name": " "},
        {"do": "add_person", "name": "甲", "phone": "12x"},
        {"do": "add_person", "name": "甲", "id_number": "321282198005010012"},
        {"do": "add_person", "name": "甲", "born": "1980-13-01"},
        {"do": "add_person", "name": "甲", "since": "2027-01-01", "until": "2026-01-01"},
        {"do": "add_person", "name": "甲", "since": "2026-02-30"},
        {"do": "add_person", "name": "甲", "role": "king"},
        {"do": "add_vehicle", "plate": "x"},
        {"do": "add_card", "number": "12"},
        {"do": "add_card", "number": "11111111;22222222"},
        {"do": "set_pin", "pin": "12x4"},
        {"do": "burn_down"},
        {"do": "move_out", "place": OTHER},
    ):
        said = await change(office, order, expected=400)
        assert said["error"]["message"]
    await change(office, {"do": "move_out"}, why=" ", expected=400)
    await change(office, expected=400)


async def test_a_new_pin_replaces_the_old_one_and_none_is_shown(office):
    await change(office, {"do": "set_pin", "pin": "135790"})
    record = await change(office, {"do": "set_pin", "pin": "246801"})
    assert [(each["kind"], each["ending"], each["person"]) for each in record["pins"]] == [("pin", "", None)]
    said = json.dumps([record, await get(office, f"{PATH}/history")])
    assert "135790" not in said
    assert "246801" not in said


async def test_what_a_resident_asked_for_is_carried_out_in_the_confirmations_transaction(anju, office):
    requests = ChangeRequests(anju.store.vault, lambda: anju.now, lambda: ZONE)
    order = {"do": "add_person", "name": "周洋", "role": "tenant"}
    await anju.store.write(lambda c: requests.apply_change_request(c, ROOM, [order], "manager", "request 7"))
    await anju.register.refresh()
    assert "周洋" in {each["name"] for each in (await get(office))["people"]}
    assert (await get(office, f"{PATH}/history"))["items"][0]["why"] == "request 7"
    for bad in ([], [{"do": "burn_down"}], [{"do": "add_person", "name": "甲", "admin": True}], "x", [7]):
        with pytest.raises(ChangeRefused):
            await anju.store.write(lambda c, bad=bad: requests.apply_change_request(c, ROOM, bad, "manager", ""))


async def test_a_lost_key_is_said_and_changes_nothing(anju, office):
    version = (await get(office))["version"]
    vault, anju.store.vault._cipher = anju.store.vault._cipher, None
    said = await change(office, {"do": "add_person", "name": "甲"}, version=version, expected=503)
    assert said["error"]["code"] == "no_key"
    anju.store.vault._cipher = vault
    assert (await get(office))["version"] == version
