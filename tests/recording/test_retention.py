"""Which recordings are purged, and which are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.recording import rows
from gateway.recording.retention import purge
from gateway.store import audit
from tests.recording.clips import store_clip
from tests.recording.conftest import World

KEEP = timedelta(days=30)


class TestRetention:
    async def test_what_was_nothing_goes_and_what_was_real_or_is_open_stays(self, world: World) -> None:
        age = KEEP + timedelta(days=1)
        clips = {}
        for key in ("real", "false", "nuisance", "test", "drill", "open"):
            alert = await world.alert(key=key)
            clips[key] = await store_clip(world, alert, key.encode(), age)
            if key != "open":
                await world.close(alert, key)
        fresh = await world.alert(key="fresh")
        clips["fresh"] = await store_clip(world, fresh, b"fresh", KEEP - timedelta(days=1))
        await world.close(fresh, "false")
        assert await purge(world.store, world.clip_storage, world.now, KEEP) == 4
        left = {key for key, clip in clips.items() if world.clip_storage.path(clip.file)}
        assert left == {"real", "open", "fresh"}
        assert {clip.file for clip in await world.store.read(lambda c: rows.newest(c, 99))} == {
            clips[key].file for key in left
        }

    async def test_that_it_went_is_on_record_with_its_hash(self, world: World) -> None:
        alert = await world.alert()
        clip = await store_clip(world, alert, age=KEEP * 2)
        await world.close(alert, "false")
        await purge(world.store, world.clip_storage, world.now, KEEP)
        gone = (await world.desk.steps(alert.id))[-1]
        assert (gone.action, gone.data["sha256"]) == ("clip-expired", clip.file)
        assert await world.store.read(audit.broken_at) is None

    async def test_a_file_that_another_alert_stands_on_stays(self, world: World) -> None:
        real, false = await world.alert(key="real"), await world.alert(key="false")
        one, two = await store_clip(world, real, age=KEEP * 2), await store_clip(world, false, age=KEEP * 2)
        assert one.file == two.file
        await world.close(real, "real")
        await world.close(false, "false")
        assert await purge(world.store, world.clip_storage, world.now, KEEP) == 1
        assert world.clip_storage.path(one.file)

    async def test_a_file_whose_row_is_still_to_come_stays(self, world: World) -> None:
        draft = world.clip_storage.draft("film")
        draft.mp4.write_bytes(b"new")
        name, _ = world.clip_storage.store(draft)
        await purge(world.store, world.clip_storage, world.now, KEEP)
        assert world.clip_storage.path(name)

    async def test_many_go_in_batches(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.recording.retention.BATCH_SIZE", 3)
        monkeypatch.setattr("gateway.recording.retention.PAUSE_S", 0)
        alert = await world.alert()
        for number in range(8):
            await store_clip(world, alert, bytes((number,)), KEEP * 2)
        await world.close(alert, "test")
        assert await purge(world.store, world.clip_storage, world.now, KEEP) == 8
        assert not list(world.clip_storage._all())
