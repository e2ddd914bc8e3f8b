"""A camera's live socket: codec, init segment, packets; who may look, and that it is on record who did."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import aiohttp
import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from gateway.errors import LinkLost, Refused
from gateway.store import audit
from gateway.vision.view.broadcast import InitSegment, LiveBroadcast
from gateway.web import session_watch
from tests.web.conftest import world

LIVE = "/api/v1/cameras/east-cam/live"
OPENING = InitSegment("avc1.4d401f", 640, 360, b"init segment")


@pytest.fixture
def camera(anju):
    anju.broadcast = LiveBroadcast()
    anju.broadcast.publish(b"key", key=True, init=OPENING)
    anju.broadcast.publish(b"more", key=False)
    return anju.broadcast


async def hear(socket, seconds=5):
    async with asyncio.timeout(seconds):
        return await socket.receive()


async def viewings(anju, action="camera-view"):
    rows = await anju.store.read(
        lambda c: c.execute("SELECT user, data FROM steps WHERE action = ?", (action,)).fetchall()
    )
    return [(row["user"], json.loads(row["data"])) for row in rows]


async def test_first_the_codec_then_the_init_segment_then_packets_from_the_keyframe_on(open_client, camera):
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        said = await hear(socket)
        assert (said.type, json.loads(said.data)) == (
            WSMsgType.TEXT,
            {"codec": "avc1.4d401f", "width": 640, "height": 360},
        )
        assert [(await hear(socket)).data for _ in range(2)] == [b"init segment", b"keymore"]
        camera.publish(b"next", key=False)
        assert (await hear(socket)).data == b"next"


async def test_a_camera_that_changes_its_format_is_announced_again(open_client, camera):
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        for _ in range(3):
            await hear(socket)
        camera.publish(b"key", key=True, init=OPENING)
        assert (await hear(socket)).data == b"key", "the same opening is not told twice"
        camera.publish(b"key", key=True, init=replace(OPENING, width=1280, height=720))
        assert json.loads((await hear(socket)).data)["width"] == 1280


@pytest.mark.parametrize("role", ["guard", "supervisor", "manager", "installer"])
async def test_who_looked_at_which_camera_is_on_record_once_a_viewing(anju, open_client, camera, role):
    client = await open_client(role)
    for _ in range(2):
        async with client.ws_connect(LIVE) as socket:
            await hear(socket)
    assert await viewings(anju) == [(role, {"camera": "east-cam"})]
    anju.now += timedelta(minutes=5)
    async with client.ws_connect(LIVE) as socket:
        await hear(socket)
    assert len(await viewings(anju)) == 2
    assert await anju.store.read(audit.broken_at) is None
    assert camera is anju.broadcast


@pytest.mark.parametrize(("camera", "status"), [("nothing", 404), ("east-door", 404)])
async def test_what_is_no_camera_is_not_found(open_client, camera, status):
    client = await open_client("guard")
    with pytest.raises(WSServerHandshakeError) as caught:
        await client.ws_connect(f"/api/v1/cameras/{camera}/live")
    assert caught.value.status == status


async def test_nobody_looks_without_signing_in_nor_from_another_page(anju, open_client, camera):
    client = await open_client()
    with pytest.raises(WSServerHandshakeError) as caught:
        await client.ws_connect(LIVE)
    assert caught.value.status == 401
    client = await open_client("guard")
    with pytest.raises(WSServerHandshakeError) as caught:
        await client.ws_connect(LIVE, headers={"Origin": "https://evil.example"})
    assert caught.value.status == 403
    assert await viewings(anju) == []
    assert not camera.has_viewers


@pytest.mark.parametrize(
    ("why", "code", "zh", "en"),
    [
        (LinkLost("password in here"), "no_picture", "摄像机没有画面", "The camera sends no picture"),
        (Refused("mjpeg"), "codec", "这台摄像机的编码不能实时播放：mjpeg", "Can't be shown live: mjpeg"),
    ],
)
async def test_why_there_is_no_picture_any_more_is_said_plainly(open_client, camera, why, code, zh, en):
    client = await open_client("guard")
    for language, words in (("zh-CN", zh), ("en", en)):
        async with client.ws_connect(LIVE, headers={"Accept-Language": language}) as socket:
            for _ in range(3):
                await hear(socket)
            camera.end(why)
            assert json.loads((await hear(socket)).data) == {"error": {"code": code, "message": words}}
            assert (await hear(socket)).type is WSMsgType.CLOSE


async def test_a_camera_without_a_main_stream_says_so(open_client, camera):
    client = await open_client("guard")
    async with client.ws_connect(f"{LIVE}?stream=sub") as socket:
        assert json.loads((await hear(socket)).data)["codec"]
    async with client.ws_connect(f"{LIVE}?stream=main", headers={"Accept-Language": "zh-CN"}) as socket:
        error = {"code": "no_main", "message": "这台摄像机没有主码流"}
        assert json.loads((await hear(socket)).data) == {"error": error}
        assert (await hear(socket)).type is WSMsgType.CLOSE
    with pytest.raises(WSServerHandshakeError) as caught:
        await client.ws_connect(f"{LIVE}?stream=third")
    assert caught.value.status == 400
    assert camera


async def test_a_camera_that_is_not_connected_says_so(open_client):
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        assert json.loads((await hear(socket)).data)["error"]["code"] == "no_picture"


async def test_a_slow_screen_loses_packets_up_to_a_keyframe_and_another_none(open_client, camera):
    slow, quick = await open_client("guard"), await open_client("supervisor")
    async with slow.ws_connect(LIVE, max_msg_size=0) as one, quick.ws_connect(LIVE, max_msg_size=0) as two:
        for socket in (one, two):
            for _ in range(3):
                await hear(socket)
        line = one._response.connection.transport
        line.pause_reading()  # as a browser that is busy does
        got, numbers = 0, range(600)
        for number in numbers:
            key = number % 25 == 0
            data = number.to_bytes(2) + bytes(100_000)
            camera.publish(data, key=key, init=OPENING if key else None)
            message = await hear(two)
            got += int.from_bytes(message.data[:2]) == number
        assert got == len(numbers), "the quick one sees all"
        line.resume_reading()
        seen = []
        while not seen or seen[-1] != numbers[-1]:
            seen.append(int.from_bytes((await hear(one)).data[:2]))
        jumps = [(a, b) for a, b in pairwise(seen) if b != a + 1]
        assert jumps, "60 MB do not wait for one screen"
        assert all(after % 25 == 0 for _, after in jumps), "it goes on with a keyframe"


async def test_a_screen_goes_dark_when_its_session_ends(anju, open_client, camera, monkeypatch):
    monkeypatch.setattr(session_watch, "INTERVAL_S", 0.05)
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        await hear(socket)
        await anju.users.remove("guard")
        while (message := await hear(socket)).type is not WSMsgType.CLOSE:
            pass
        assert message.data == 4401
    await asyncio.sleep(0.1)
    assert not camera.has_viewers


async def test_who_leaves_is_forgotten(open_client, camera):
    client = await open_client("guard")
    socket = await client.ws_connect(LIVE)
    await hear(socket)
    assert camera.has_viewers
    await socket.close()
    async with asyncio.timeout(5):
        while camera.has_viewers:
            await asyncio.sleep(0.01)


async def test_sockets_are_bounded_and_one_user_takes_no_more_than_half(tmp_path):
    async with world(tmp_path / "data", connections=16) as anju, AsyncExitStack() as stack:  # a quarter: 4
        anju.broadcast = LiveBroadcast()
        anju.broadcast.publish(b"key", key=True, init=OPENING)
        clients = {}
        for user in ("guard", "supervisor", "installer"):
            clients[user] = await stack.enter_async_context(
                aiohttp.ClientSession(anju.url, cookie_jar=aiohttp.CookieJar(unsafe=True))
            )
            async with clients[user].post("/api/v1/session", json={"user": user, "password": user}) as answer:
                assert answer.status == 200

        async def opens(user):
            try:
                await stack.enter_async_context(clients[user].ws_connect(LIVE))
            except WSServerHandshakeError as error:
                return error.status
            return 101

        assert [await opens("guard") for _ in range(3)] == [101, 101, 429]
        assert [await opens("supervisor") for _ in range(2)] == [101, 101]
        assert await opens("installer") == 429
