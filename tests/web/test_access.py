"""The record of the doors: who may read it, by pages, and that looking at one person's ways is on record."""

from __future__ import annotations

from gateway.access import PresentedCredential
from gateway.config.access import AccessSettings
from gateway.config.access.log import LogSection
from gateway.store import audit


async def opened(anju, count: int) -> str:
    """A resident who opened the east door so many times."""
    anju.access_settings = AccessSettings.model_validate(
        {"doors": [{"device": "east-door", "place": "b3/u1", "open": {"arguments": {"seconds": 5}}}]}
    )
    person = next(iter(anju.register.snapshot.persons))
    for _ in range(count):
        await anju.access.present(PresentedCredential("phone", person), "east-door")
    return person


async def read(client, status=200, **query):
    async with client.get("/api/v1/access", params=query) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def test_decisions_are_listed_newest_first_with_their_reasons(anju, open_client):
    person = await opened(anju, 1)
    await anju.access.present(PresentedCredential("card", "99999"), "east-door")
    denied, granted = (await read(await open_client("guard")))["items"]
    name = anju.register.snapshot.persons[person].person.name
    assert (granted["door"], granted["credential"], granted["granted"]) == ("east-door", "phone", True)
    assert (granted["person"], granted["name"], granted["reason"]) == (person, name, "准许通行")
    assert (denied["granted"], denied["person"], denied["code"]) == (False, None, "unknown")
    assert denied["reasons"]["en"] == "Unknown credential"
    assert [command.action for command in anju.sent] == ["unlock"]


async def test_pages_follow_each_other(anju, open_client):
    await opened(anju, 5)
    client = await open_client("property")
    first = await read(client, limit="2", door="east-door")
    second = await read(client, limit="2", door="east-door", after=first["next"])
    last = await read(client, limit="2", door="east-door", after=second["next"])
    numbers = [item["number"] for page in (first, second, last) for item in page["items"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 5
    assert last["next"] is None
    assert (await read(client, door="elsewhere"))["items"] == []


async def test_one_persons_ways_are_on_record_and_need_a_reason_where_the_house_wants_one(anju, open_client):
    person = await opened(anju, 2)
    assert len((await read(await open_client("guard"), person=person))["items"]) == 2
    anju.access_settings = anju.access_settings.model_copy(update={"log": LogSection(reason=True)})
    client = await open_client("supervisor")
    refused = await read(client, status=400, person=person)
    assert refused["error"]["code"] == "reason_needed"
    found = await read(client, person=person, why="派出所来函查询")
    assert {item["person"] for item in found["items"]} == {person}
    steps = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(action="access-view"), None, 9))
    (_number, step, _hash), (_, first, _) = steps
    assert (first.user, first.data["of"], first.note) == ("guard", f"person={person}", "")
    assert (step.user, step.data["of"], step.note) == ("supervisor", f"person={person}", "派出所来函查询")


async def test_an_installer_sees_nobodys_ways(open_client):
    await read(await open_client("installer"), status=403)
