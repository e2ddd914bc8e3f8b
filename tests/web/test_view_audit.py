"""Who looked at which camera or picture is on record: once for each viewing, however often it is asked."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from PIL import Image

from gateway.errors import NotRecorded

CAMERA = "/api/v1/cameras/east-cam/snapshot.jpg"


async def viewed(anju):
    rows = await anju.store.read(
        lambda c: c.execute(
            "SELECT user, action, data FROM steps WHERE action LIKE '%-view' ORDER BY number"
        ).fetchall()
    )
    return [(row["user"], row["action"], *json.loads(row["data"]).values()) for row in rows]


async def look(client, path=CAMERA):
    async with client.get(path) as answer:
        return answer.status


async def test_forty_snapshots_of_a_camera_are_one_viewing(anju, open_client):
    client = await open_client("guard")
    assert set(await asyncio.gather(*(look(client) for _ in range(20)))) == {200}
    for _ in range(20):
        anju.now += timedelta(seconds=20)
        assert await look(client) == 200
    assert await viewed(anju) == [("guard", "camera-view", "east-cam")]


async def test_each_person_and_each_span_is_one(anju, open_client):
    guard, installer = await open_client("guard"), await open_client("installer")
    for client in (guard, installer, guard):
        await look(client)
    anju.now += timedelta(minutes=2)
    await look(guard)
    assert [user for user, _, _ in await viewed(anju)] == ["guard", "installer", "guard"]


async def test_what_goes_on_for_hours_is_told_every_hour(anju, open_client):
    client = await open_client("guard")
    for _ in range(150):
        await look(client)
        anju.now += timedelta(seconds=50)
    assert len(await viewed(anju)) == 3


async def test_a_program_looks_under_its_users_name(anju, open_client):
    token = await anju.users.issue_token("manager", anju.now)
    client = await open_client()
    async with client.get(CAMERA, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert answer.status == 200
    assert await viewed(anju) == [("manager", "camera-view", "east-cam")]


async def test_a_picture_that_was_kept_is_one_too(anju, open_client, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "p.jpg")
    name = anju.store.media.keep((tmp_path / "p.jpg").read_bytes())
    client = await open_client("supervisor")
    assert [await look(client, f"/api/v1/snapshots/{name}.jpg") for _ in range(3)] == [200] * 3
    assert await viewed(anju) == [("supervisor", "picture-view", name)]


@pytest.mark.parametrize("path", ["/api/v1/cameras/east-door/snapshot.jpg", f"/api/v1/snapshots/{'a' * 64}.jpg"])
async def test_who_saw_nothing_is_not_on_record(anju, open_client, path):
    assert await look(await open_client("guard"), path) == 404
    assert await viewed(anju) == []


async def test_what_the_disk_did_not_take_is_written_down_with_the_next(anju, open_client, monkeypatch):
    client = await open_client("guard")

    async def full(*_args, **_more):
        raise NotRecorded("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(anju.store, "write", full)
        assert await look(client) == 200
    assert await look(client) == 200
    assert await viewed(anju) == [("guard", "camera-view", "east-cam")]
