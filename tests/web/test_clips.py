"""Recordings over HTTP: whole and in pieces, for those who may, and on record who watched."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gateway.errors import NotRecorded
from gateway.recording import rows
from gateway.recording.clip import RecordedClip

MOVIE = bytes(range(256)) * 40


@pytest.fixture
async def clip(anju):
    """One of an alert at the east gate."""
    alert = await anju.alert(place="gate/east", device="east-door", kind="door.forced")
    draft = anju.clip_storage.draft("film")
    draft.mp4.write_bytes(MOVIE)
    name, size = anju.clip_storage.store(draft)
    made = RecordedClip(
        alert=alert.id,
        camera="east-cam",
        began=anju.now - timedelta(seconds=10),
        ended=anju.now + timedelta(seconds=20),
        file=name,
        size=size,
    )
    await anju.store.write(lambda c: rows.append(c, made, anju.now))
    return made


async def test_an_alert_tells_of_its_recordings(anju, open_client, clip):
    client = await open_client("guard")
    async with client.get(f"/api/v1/alerts/{clip.alert}") as answer:
        alert = await answer.json()
    assert alert["camera"] == "east-cam"
    [told] = alert["clips"]
    assert told == {
        "id": clip.id,
        "camera": "east-cam",
        "from": clip.began.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "to": clip.ended.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "url": f"/api/v1/clips/{clip.id}.mp4",
    }
    assert [step["action"] for step in alert["steps"]] == ["clip"]
    async with client.get("/api/v1/openapi.json") as answer:
        described = (await answer.json())["components"]["schemas"]["ClipView"]["properties"]
    assert set(described) == {"id", "camera", "from", "to", "url"}
    assert anju.url


@pytest.mark.parametrize("role", ["guard", "supervisor", "manager"])
async def test_it_comes_whole(open_client, clip, role):
    client = await open_client(role)
    async with client.get(f"/api/v1/clips/{clip.id}.mp4") as answer:
        assert answer.status == 200
        assert answer.content_type == "video/mp4"
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["Cache-Control"].startswith("private")
        assert answer.headers["X-Content-SHA256"] == clip.file
        assert await answer.read() == MOVIE


async def test_it_comes_in_pieces(open_client, clip):
    client = await open_client("guard")
    for asked, first, last in (
        ("bytes=100-199", 100, 199),
        ("bytes=-50", 10190, 10239),
        ("bytes=10000-", 10000, 10239),
    ):
        async with client.get(f"/api/v1/clips/{clip.id}.mp4", headers={"Range": asked}) as answer:
            assert answer.status == 206
            assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(MOVIE)}"
            assert await answer.read() == MOVIE[first : last + 1]
    async with client.get(f"/api/v1/clips/{clip.id}.mp4", headers={"Range": "bytes=999999-"}) as answer:
        assert answer.status == 416
    async with client.head(f"/api/v1/clips/{clip.id}.mp4") as answer:
        assert (answer.status, answer.content_length) == (200, len(MOVIE))


async def test_an_installer_sees_neither_it_nor_that_it_is_there(open_client, clip):
    client = await open_client("installer")
    async with client.get(f"/api/v1/clips/{clip.id}.mp4") as answer:
        assert answer.status == 403
    async with client.get(f"/api/v1/alerts/{clip.alert}") as answer:
        assert (await answer.json())["clips"] == []


@pytest.mark.parametrize("name", ["nothing", "..%2F..%2Fanju", "v-0"])
async def test_what_is_not_there_is_not_found(open_client, name):
    client = await open_client("guard")
    async with client.get(f"/api/v1/clips/{name}.mp4") as answer:
        assert answer.status == 404


async def test_one_whose_file_is_gone_says_that_it_may_have_expired(anju, open_client, clip):
    anju.clip_storage.path(clip.file).unlink()
    client = await open_client("guard")
    async with client.get(f"/api/v1/clips/{clip.id}.mp4", headers={"Accept-Language": "zh"}) as answer:
        assert answer.status == 404
        assert "保存期" in (await answer.json())["error"]["message"]


async def test_who_watched_is_on_record_once_a_viewing(anju, open_client, clip):
    client = await open_client("guard")
    for asked in ("bytes=0-99", "bytes=100-199"):
        async with client.get(f"/api/v1/clips/{clip.id}.mp4", headers={"Range": asked}) as answer:
            await answer.read()
    steps = await anju.desk.steps(clip.alert)
    assert [(step.action, step.user) for step in steps] == [("clip", "anju"), ("clip-view", "guard")]
    assert json.loads(json.dumps(dict(steps[1].data))) == {"clip": clip.id}


async def test_a_full_disk_keeps_no_guard_from_watching(anju, open_client, clip, monkeypatch):
    client = await open_client("guard")

    async def full(*_args, **_more):
        raise NotRecorded("disk full")

    monkeypatch.setattr(anju.store, "write", full)
    async with client.get(f"/api/v1/clips/{clip.id}.mp4") as answer:
        assert answer.status == 200
