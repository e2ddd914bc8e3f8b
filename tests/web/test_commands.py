"""Commands that need a second press or a reason, the last command of each device, and announcements."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.flow import rows
from gateway.model import Command, Words
from gateway.web.desk_options import Announcement, AnnouncementTarget, DeskOptions

DOOR = "/api/v1/devices/east-door/commands"


def desk(anju, **options):
    """desk.yaml says so from now on."""
    facts = replace(anju.services.get_compound(), desk=DeskOptions(**options))
    object.__setattr__(anju.services, "get_compound", lambda: facts)


async def post(client, path, status=202, language="zh", **body):
    async with client.post(path, json=body, headers={"Accept-Language": language}) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


@pytest.mark.parametrize(
    ("options", "sent", "code"),
    [
        ({"confirm": {"unlock"}}, {"confirmed": True}, None),
        ({"confirm": {"unlock"}}, {"confirmed": False}, "not_confirmed"),
        ({"confirm": {"unlock"}}, {}, None),  # a program that knows of no confirmation
        ({"confirm": {"unlock"}, "strict": True}, {}, "not_confirmed"),
        ({"confirm": {"unlock"}, "strict": True}, {"confirmed": True}, None),
        ({"confirm": {"open"}, "strict": True}, {}, None),
        ({"reason": {"unlock"}}, {"confirmed": True}, "no_reason"),
        ({"reason": {"unlock"}}, {"reason": "  "}, "no_reason"),
        ({"reason": {"unlock"}}, {"reason": "快递"}, None),
    ],
)
async def test_what_needs_a_confirmation_or_a_reason_is_not_ordered_without(anju, open_client, options, sent, code):
    desk(anju, **{key: value if key == "strict" else frozenset(value) for key, value in options.items()})
    client = await open_client("guard")
    answer = await post(client, DOOR, 409 if code else 202, action="unlock", **sent)
    assert (answer["error"]["code"] if code else None) == code
    assert len(anju.ordered) == (0 if code else 1)


async def test_the_refusal_is_in_both_languages(anju, open_client):
    desk(anju, confirm=frozenset({"unlock"}))
    client = await open_client("guard")
    zh = await post(client, DOOR, 409, action="unlock", confirmed=False)
    en = await post(client, DOOR, 409, "en", action="unlock", confirmed=False)
    assert "再按一次确认" in zh["error"]["message"]
    assert "confirmed: true" in en["error"]["message"]


async def test_the_reason_goes_with_the_command_to_its_audit(anju, open_client):
    await post(await open_client("guard"), DOOR, action="unlock", confirmed=True, reason=" 救护车 ")
    assert anju.ordered[0].reason == "救护车"


async def test_the_last_command_of_each_device_says_who_when_and_what_became_of_it(anju, open_client):
    first, second = (Command("east-door", "unlock", {"seconds": n}, by="guard") for n in (1, 2))
    await anju.store.write(lambda c: rows.record_command(c, first, anju.now))
    await anju.store.write(lambda c: rows.record_command(c, second, anju.now + timedelta(seconds=5)))
    await anju.store.write(lambda c: rows.end_command(c, second.id, "failed", '{"why":{"zh":"卡住","en":"jammed"}}'))
    async with (await open_client("guard")).get("/api/v1/commands/last") as answer:
        [last] = (await answer.json())["items"]
    assert (last["id"], last["by"], last["state"], last["why"]) == (
        second.id,
        "guard",
        "failed",
        {"zh": "卡住", "en": "jammed"},
    )
    assert last["arguments"] == {"seconds": 2}


ANNOUNCEMENT = Announcement(
    "leave", Words("请离开", "Please leave"), [AnnouncementTarget("east-door", "unlock", {"seconds": 3})]
)


async def test_an_announcement_is_a_command_to_each_of_its_devices(anju, open_client):
    desk(anju, announcements={"leave": ANNOUNCEMENT}, confirm=frozenset({"announce"}))
    client = await open_client("guard")
    await post(client, "/api/v1/announcements/leave", 409, confirmed=False)
    await post(client, "/api/v1/announcements/nothing", 404, confirmed=True)
    await post(client, "/api/v1/announcements/leave", 400, confirmed=True, devices=["home-1502"])
    assert anju.ordered == []
    answer = await post(client, "/api/v1/announcements/leave", confirmed=True)
    [command] = anju.ordered
    assert answer["items"] == [{"device": "east-door", "id": command.id}]
    assert (command.action, command.arguments, command.by) == ("unlock", {"seconds": 3}, "guard")


async def test_the_desk_says_what_is_set(anju, open_client):
    desk(anju, announcements={"leave": ANNOUNCEMENT}, confirm=frozenset({"unlock", "announce"}))
    async with (await open_client("guard")).get("/api/v1/desk") as answer:
        told = await answer.json()
    assert told["confirm"] == ["announce", "unlock"]
    assert told["may_export"] is False
    [announcement] = told["announcements"]
    assert announcement["text"] == {"zh": "请离开", "en": "Please leave"}
    assert [target["name"] for target in announcement["targets"]] == ["东门门禁"]
    async with (await open_client("manager")).get("/api/v1/desk") as answer:
        assert (await answer.json())["may_export"] is True
