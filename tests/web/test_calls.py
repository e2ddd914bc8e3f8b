"""Calls of door stations on the web: who sees them, and that nobody but who answered gets near the sound."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import WSServerHandshakeError

from gateway.protocols.sip.calls import BROWSER, DESK_PHONE, CallState, StationCall
from gateway.protocols.sip.link import SipLink
from gateway.protocols.sip.settings import SipSettings

SETTINGS = SipSettings.model_validate(
    {
        "listen": "192.168.1.10:5060",
        "stations": [
            {"id": "east", "name": "东门门口机", "place": "gate/east", "uri": "sip:e@h", "unlock": {"dtmf": "#"}},
            {
                "id": "b3",
                "name": "3号楼门口机",
                "place": "b3/u1/1502",
                "uri": "sip:b3@h",
                "camera": "east-door",
                "unlock": {"device": "east-door", "action": "unlock"},
            },
        ],
    }
)
HIDDEN = "key-of-the-caller"


@pytest.fixture
def link(anju):
    made = SipLink(SETTINGS)
    anju.services.calls.add("intercom", made)
    return made


def ring(link: SipLink, station: int = 0) -> StationCall:
    began = asyncio.get_running_loop().time() - 7
    return link.calls.add(StationCall(SETTINGS.stations[station], HIDDEN, CallState.RINGING, began))


async def refused(client, call: str, **more) -> int:
    with pytest.raises(WSServerHandshakeError) as caught:
        await client.ws_connect(f"/api/v1/calls/{call}/audio", **more)
    return caught.value.status


async def test_a_guard_sees_who_calls_where_and_how_to_let_him_in(open_client, link):
    first, second = ring(link), ring(link, 1)
    client = await open_client("guard")
    async with client.get("/api/v1/calls") as answer:
        body = await answer.text()
        items = (await answer.json())["items"]
    assert [item["id"] for item in items] == [first.id, second.id]
    assert HIDDEN not in body
    east, b3 = items
    assert (east["station"], east["station_name"], east["state"]) == ("east", "东门门口机", "ringing")
    assert 7 <= east["seconds"] < 12
    assert east["camera"] == "east-cam", "the camera at its place"
    assert east["unlock"] == {"device": "east", "action": "unlock", "in_call": True}
    assert b3["unlock"] == {"device": "east-door", "action": "unlock", "in_call": False}
    assert b3["camera"] is None, "what its YAML names is no camera, and there is none at its place"
    assert (east["by"], east["on"], east["talker"]) == ("", "", None)


@pytest.mark.parametrize("role", ["installer", "manager"])
async def test_who_is_not_on_duty_sees_and_hears_no_call(open_client, link, role):
    call = ring(link)
    client = await open_client(role)
    async with client.get("/api/v1/calls") as answer:
        assert answer.status == 403
    assert await refused(client, call.id) == 403


async def test_the_sound_is_for_who_answered_and_for_the_time_of_the_call(open_client, link):
    call = ring(link)
    client = await open_client("guard")
    assert await refused(client, "call-of-yesterday") == 404
    assert await refused(client, call.id) == 409, "it only rings"
    call.assign("supervisor", BROWSER)
    call.answered(asyncio.get_running_loop().time())
    assert await refused(client, call.id) == 409, "a colleague answered"
    call.assign("", DESK_PHONE)
    assert await refused(client, call.id) == 409, "the desk phone has it"
    link.calls.remove(call)
    assert await refused(client, call.id) == 404


async def test_nobody_gets_at_the_sound_without_signing_in_nor_from_another_page(open_client, link):
    call = ring(link)
    call.assign("guard", BROWSER)
    call.answered(0)
    assert await refused(await open_client(), call.id) == 401
    client = await open_client("guard")
    assert await refused(client, call.id, headers={"Origin": "https://evil.example"}) == 403


async def test_only_our_own_page_may_ask_for_the_microphone(open_client):
    client = await open_client("guard")
    async with client.get("/api/v1/calls") as answer:
        assert "microphone=(self)" in answer.headers["Permissions-Policy"]
        assert "camera=()" in answer.headers["Permissions-Policy"]
