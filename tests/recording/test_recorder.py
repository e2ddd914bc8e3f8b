"""Which alerts are filmed, for how long, and what is left when something breaks."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import timedelta

import av
import pytest

from gateway.errors import NotRecorded
from gateway.recording import recorder, recording_job, recording_writer, storage
from gateway.store import audit
from tests.recording.conftest import World


async def filmed(world: World, device: str = "n2", key: str = "k"):
    alert = await world.alert(device, key)
    before = world.footage.recordings
    world.recorder.look(alert)
    await world.until(lambda: world.footage.recordings > before or world.recorder.counts.failed)
    await world.until(lambda: [*world.clip_storage._drafts.glob("*.json")])
    return alert


async def test_from_ten_seconds_before_to_twenty_after(running: World):
    running.footage.add("fence")
    alert = await filmed(running)
    await running.pass_time(21)
    await running.until(lambda: running.told)
    [clip] = await running.clips(alert)
    assert clip.camera == "fence", "the first one at that place"
    assert timedelta(seconds=10) <= alert.raised_at - clip.began <= timedelta(seconds=11), "from a keyframe on"
    assert timedelta(seconds=19.5) <= clip.ended - alert.raised_at <= timedelta(seconds=21)
    path = running.clip_storage.path(clip.file)
    assert path is not None
    assert hashlib.sha256(path.read_bytes()).hexdigest() == clip.file
    assert path.stat().st_size == clip.size
    with av.open(str(path), "r") as container:
        assert float(container.duration / 1e6) == pytest.approx((clip.ended - clip.began).total_seconds(), abs=0.2)
        assert len(list(container.decode(video=0))) == pytest.approx(25 * float(container.duration / 1e6), abs=1)
    assert running.told == [alert.id]
    assert running.recorder.counts.kept == 1
    assert not list(running.clip_storage._drafts.iterdir())


async def test_its_hash_is_in_the_audit_chain(running: World):
    running.footage.add("fence")
    alert = await filmed(running)
    await running.pass_time(21)
    await running.until(lambda: running.told)
    [clip] = await running.clips(alert)
    [step] = await running.desk.steps(alert.id)
    assert (step.action, step.user, step.data["sha256"], step.data["camera"]) == ("clip", "anju", clip.file, "fence")
    assert await running.store.read(audit.broken_at) is None
    await running.store.write(lambda c: c.execute("UPDATE steps SET data = replace(data, 'fence', 'other')").rowcount)
    assert await running.store.read(audit.broken_at) == 1


async def test_the_camera_that_raised_it_films_it(running: World):
    running.footage.add("fence")
    running.footage.add("fence-2")
    alert = await filmed(running, "fence-2")
    await running.pass_time(21)
    await running.until(lambda: running.told)
    assert [clip.camera for clip in await running.clips(alert)] == ["fence-2"]


@pytest.mark.parametrize("why", ["no camera", "over", "long ago"])
async def test_what_no_camera_sees_now_is_not_filmed(running: World, why: str):
    running.footage.add("fence")
    alert = await running.alert("home" if why == "no camera" else "n2")
    if why == "long ago":
        running.now += timedelta(minutes=2)
    if why == "over":
        object.__setattr__(alert, "restored_at", running.now)
    running.recorder.look(alert)
    await asyncio.sleep(0.05)
    assert running.footage.recordings == 0


async def test_alerts_that_follow_closely_share_a_recording(running: World):
    running.footage.add("fence")
    first = await filmed(running, key="one")
    await running.pass_time(10)
    second = await running.alert(key="two")
    running.recorder.look(second)
    await running.pass_time(21)
    await running.until(lambda: len(running.told) == 2)
    [one], [two] = await running.clips(first), await running.clips(second)
    assert one.file == two.file
    assert one.id != two.id
    assert two.ended - second.raised_at >= timedelta(seconds=19.5), "until twenty seconds after the later one"
    assert running.footage.recordings == 1


async def test_one_recording_does_not_grow_for_ever(running: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recorder, "MAX_DURATION", timedelta(seconds=35))
    running.footage.add("fence")
    await filmed(running, key="one")
    await running.pass_time(10)
    second = await running.alert(key="two")
    running.recorder.look(second)
    await running.until(lambda: running.footage.recordings == 2)
    await running.pass_time(21)
    await running.until(lambda: len(running.told) == 2)


async def test_the_same_again_is_filmed_again_only_when_it_is_not_on_film(running: World):
    running.footage.add("fence", filmed=300)
    alert = await filmed(running)
    await running.pass_time(5)
    running.recorder.look(await running.alert())
    await running.pass_time(16)
    await running.until(lambda: running.told)
    assert running.footage.recordings == 1
    running.recorder.look(await running.alert())
    await running.until(lambda: running.footage.recordings == 2)
    assert (await running.alert()).id == alert.id


async def all_filmed(world: World, alerts: list) -> None:
    """Each has a recording of its moment, from ten seconds before it on."""
    await world.until(lambda: set(world.told) >= {alert.id for alert in alerts}, 60)
    for alert in alerts:
        clips = await world.clips(alert)
        assert clips, alert
        assert clips[0].began <= alert.raised_at - timedelta(seconds=9.5)
        assert clips[-1].ended >= alert.raised_at + timedelta(seconds=19.5)


@pytest.mark.parametrize("count", [16, 22])
async def test_twenty_two_alerts_within_three_seconds_get_a_recording_each(running: World, count: int):
    cameras = [f"lane-{number}" for number in range(count)]
    for name in cameras:
        running.footage.add(name)
    alerts = []
    for number in range(22):
        alerts.append(await running.alert(cameras[number % count], f"k{number}"))
        running.recorder.look(alerts[-1])
        if number % 8 == 7:
            await running.pass_time(1)
    await running.until(lambda: running.footage.recordings == count, 60)
    await running.pass_time(23)
    await all_filmed(running, alerts)
    counts = running.recorder.counts
    assert (counts.kept, counts.failed, counts.skipped) == (count, 0, 0)


async def test_files_are_made_a_few_at_a_time_and_none_is_left_out(running: World, monkeypatch: pytest.MonkeyPatch):
    at_once, most = 0, 0
    finish = running.footage.finish

    async def counted(raw, mp4):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return await finish(raw, mp4)
        finally:
            at_once -= 1

    monkeypatch.setattr(running.footage, "finish", counted)
    alerts = []
    for number in range(9):
        running.footage.add(f"lane-{number}")
        alerts.append(await running.alert(f"lane-{number}", f"k{number}"))
        running.recorder.look(alerts[-1])
    await running.until(lambda: running.footage.recordings == 9, 60)
    await running.pass_time(21)
    await all_filmed(running, alerts)
    assert 1 <= most <= recording_writer.MAX_CONCURRENT_REMUXES


async def test_sixty_alerts_at_one_camera_share_a_recording(running: World):
    running.footage.add("fence")
    alerts = [await running.alert(key=f"k{number}") for number in range(60)]
    for alert in alerts:
        running.recorder.look(alert)
    await running.until(lambda: running.footage.recordings == 1)
    await running.pass_time(21)
    await all_filmed(running, alerts)
    assert running.footage.recordings == 1
    assert len({clip.file for alert in alerts for clip in await running.clips(alert)}) == 1


async def test_a_flood_of_alerts_is_bounded_and_told(running: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recording_job, "MAX_ALERTS", 3)
    running.footage.add("fence")
    alerts = [await running.alert(key=f"k{number}") for number in range(3 * recorder.MAX_PER_CAMERA + 2)]
    for alert in alerts:
        running.recorder.look(alert)
    assert running.recorder.counts.skipped == 2
    await running.until(lambda: len(running.told) == 2)
    [step] = await running.desk.steps(alerts[-1].id)
    assert (step.action, step.data["camera"]) == ("clip-missing", "fence")
    assert "同一摄像机同时录像过多" in step.note
    await running.until(lambda: running.footage.recordings == recorder.MAX_PER_CAMERA)
    await running.pass_time(21)
    await all_filmed(running, alerts[:-2])


async def test_a_camera_that_is_not_there_costs_the_recording_alone_and_is_told(running: World):
    alert = await running.alert()
    running.recorder.look(alert)
    running.footage.add("gate")
    await filmed(running, "gate", "other")
    await running.pass_time(21)
    await running.until(lambda: running.recorder.counts.kept == 1)
    await running.until(lambda: alert.id in running.told)
    assert running.recorder.counts.failed == 1
    [step] = await running.desk.steps(alert.id)
    assert (step.action, step.user) == ("clip-missing", "anju")
    assert "not connected" in step.note
    assert not list(running.clip_storage._drafts.iterdir())


async def test_a_camera_that_comes_back_is_filmed_from_then_on(running: World):
    first = await running.alert()
    running.recorder.look(first)
    await running.pass_time(5)
    second = await running.alert(key="meanwhile")
    running.recorder.look(second)
    running.footage.add("fence", filmed=425)
    await running.until(lambda: running.footage.recordings == 1)
    await running.until(lambda: [*running.clip_storage._drafts.glob("*.part")])
    await running.pass_time(21)
    await running.until(lambda: len(running.told) == 2)
    [one], [other] = await running.clips(first), await running.clips(second)
    assert one.file == other.file
    assert one.ended >= second.raised_at + timedelta(seconds=19.5)


async def test_what_was_being_filmed_when_it_was_stopped_is_filmed_on(world: World):
    world.footage.add("fence")
    task = asyncio.get_running_loop().create_task(world.recorder.run())
    alert = await filmed(world)
    await world.pass_time(5)
    world.footage.muxers[0].process()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    world.restart()
    task = asyncio.get_running_loop().create_task(world.recorder.run())
    await world.until(lambda: world.footage.recordings == 2)
    await world.until(lambda: world.recorder.counts.kept == 1)
    await world.pass_time(17)
    await world.until(lambda: world.recorder.counts.kept == 2)
    clips = await world.clips(alert)
    assert min(clip.began for clip in clips) <= alert.raised_at - timedelta(seconds=9.5)
    assert max(clip.ended for clip in clips) >= alert.raised_at + timedelta(seconds=19.5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_files_that_waited_when_it_was_stopped_are_made_at_the_next_start(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    for number in range(6):
        world.footage.add(f"lane-{number}")
    never = asyncio.Event()
    with monkeypatch.context() as patch:
        patch.setattr(world.footage, "finish", lambda *_: never.wait())
        task = asyncio.get_running_loop().create_task(world.recorder.run())
        alerts = [await world.alert(f"lane-{number}", f"k{number}") for number in range(6)]
        for alert in alerts:
            world.recorder.look(alert)
        await world.until(lambda: world.footage.recordings == 6)
        await world.until(lambda: len([*world.clip_storage._drafts.glob("*.json")]) == 6)
        await world.pass_time(22)
        await world.until(lambda: all(running.stopped for running in world.recorder._running))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    world.restart()
    world.now += timedelta(minutes=5)
    await world.recorder.recover_drafts()
    for alert in alerts:
        assert len(await world.clips(alert)) == 1


async def test_a_clock_set_back_ends_the_recording_and_does_not_prolong_it(running: World):
    running.footage.add("fence")
    alert = await filmed(running)
    await running.pass_time(5)
    running.now -= timedelta(hours=1)
    await running.until(lambda: running.told)
    clip, *_ = await running.clips(alert)
    assert timedelta(seconds=14) < clip.ended - clip.began < timedelta(seconds=20)


async def test_a_lost_stream_ends_the_recording_early(running: World):
    running.footage.add("fence")
    alert = await filmed(running)
    await running.pass_time(5)
    running.footage.lose("fence")
    await running.pass_time(16)
    await running.until(lambda: running.told)
    [clip] = await running.clips(alert)
    assert timedelta(seconds=14) < clip.ended - clip.began < timedelta(seconds=17)


async def test_a_camera_that_loses_one_of_two_streams_is_filmed_on_by_the_other(running: World):
    running.footage.add("fence")
    alert = await filmed(running)
    await running.pass_time(5)
    running.footage.lose("fence", one_of_two=True)
    await running.until(lambda: running.footage.recordings == 2)
    await running.until(lambda: [*running.clip_storage._drafts.glob("*.json")])
    await running.pass_time(16)
    await running.until(lambda: running.told)
    first, second = await running.clips(alert)
    assert second.began <= first.ended, "nothing is missing between them"
    assert first.ended - second.began < timedelta(seconds=2), "from the keyframe before"
    assert timedelta(seconds=30) <= second.ended - first.began <= timedelta(seconds=32)
    assert running.recorder.counts.kept == 1
    assert len(running.told) == 1


async def test_a_worker_that_dies_leaves_what_it_had_written(running: World):
    running.footage.add("fence")
    running.footage.broken.add("fence")
    alert = await filmed(running)
    await running.pass_time(21)
    await running.until(lambda: running.told)
    [clip] = await running.clips(alert)
    assert timedelta(seconds=28) < clip.ended - clip.began < timedelta(seconds=33)


async def test_what_was_being_filmed_when_the_power_went_is_saved_at_the_next_start(world: World):
    world.footage.add("fence")
    task = asyncio.get_running_loop().create_task(world.recorder.run())
    alert = await filmed(world)
    await world.pass_time(5)
    world.footage.muxers[0].process()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await world.clips(alert) == []
    world.restart()
    await world.recorder.recover_drafts()
    [clip] = await world.clips(alert)
    assert clip.camera == "fence"
    assert timedelta(seconds=13) < clip.ended - clip.began < timedelta(seconds=17)
    assert not list(world.clip_storage._drafts.iterdir())


async def test_a_draft_that_can_not_be_read_is_dropped(world: World):
    draft = world.clip_storage.draft("film-1")
    draft.raw.write_bytes(b"garbage")
    other = world.clip_storage.draft("film-2")
    other.raw.write_bytes(b"garbage")
    other._metadata.write_text(json.dumps({"camera": "fence"}))
    await world.recorder.recover_drafts()
    assert world.recorder.counts.failed == 2
    assert not list(world.clip_storage._drafts.iterdir())


async def test_while_the_record_can_not_be_written_the_draft_stays(running: World, monkeypatch: pytest.MonkeyPatch):
    running.footage.add("fence")
    alert = await filmed(running)

    async def full(*_args, **_more):
        raise NotRecorded("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(running.store, "write", full)
        await running.pass_time(21)
        await running.until(lambda: running.recorder.counts.failed)
    assert len(running.clip_storage.leftover_drafts()) == 1
    await running.recorder.recover_drafts()
    assert len(await running.clips(alert)) == 1


async def test_a_nearly_full_disk_is_left_to_the_record(running: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storage, "MIN_FREE_BYTES", 1 << 60)
    running.footage.add("fence")
    running.recorder.look(await running.alert())
    await running.until(lambda: running.recorder.counts.failed == 1)
    assert running.footage.recordings == 0
