"""Live views and recordings through a real worker, of live RTSP."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest

from gateway.errors import LinkLost
from gateway.simulator import clips, scenes
from gateway.simulator.rtp import RtpClip
from gateway.simulator.rtsp import Mount, RtspServer
from gateway.vision.camera_slot import CameraSlot
from gateway.vision.pool import VisionPool
from gateway.vision.stream_config import StreamConfig
from gateway.vision.view.broadcast import LiveSegment, LiveViewer

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> RtpClip:
    return clips.load_clip(scenes.scenes()["fence-still"], tmp_path_factory.mktemp("scenes"))


@pytest.fixture
async def pool(scene: RtpClip) -> AsyncIterator[tuple[VisionPool, CameraSlot, RtspServer]]:
    """A worker that watches one camera; packets come already."""
    server = RtspServer({"fence": Mount(scene)})
    async with asyncio.timeout(100), server.listen() as port, VisionPool(1) as pool:
        slot, heard = pool.slot("fence"), asyncio.Event()
        slot.on_heard = heard.set
        async with slot.watch(StreamConfig(f"rtsp://127.0.0.1:{port}/fence", motion=False)):
            await heard.wait()
            yield pool, slot, server


async def parts(viewer: LiveViewer, count: int) -> list[LiveSegment]:
    return [await anext(viewer) for _ in range(count)]


def pictures(movie: bytes) -> int:
    with av.open(io.BytesIO(movie), "r") as container:
        return len(list(container.decode(video=0)))


async def test_two_viewers_share_one_stream_and_both_can_play_it(
    pool: tuple[VisionPool, CameraSlot, RtspServer],
) -> None:
    slot = pool[1]
    with slot.view() as one:
        first = await parts(one, 20)
        with slot.view() as two:
            second = await asyncio.wait_for(parts(two, 20), 20)
    assert first[0].key
    assert second[0].key
    assert first[0].init is second[0].init, "one stream from the worker"
    assert (first[0].init.width, first[0].init.height) == (1280, 720)
    assert pictures(first[0].init.data + b"".join(part.data for part in first)) >= 15
    assert pictures(second[0].init.data + b"".join(part.data for part in second)) >= 15


async def test_a_recording_begins_before_it_was_asked_for(
    pool: tuple[VisionPool, CameraSlot, RtspServer], tmp_path: Path
) -> None:
    vision, slot, _ = pool
    await asyncio.sleep(6)
    taking = await slot.record(tmp_path / "raw", 4.0)
    await asyncio.sleep(3)
    taking.stop()
    taken = await taking.result
    seconds = (taken.ended - taken.began).total_seconds()
    assert 6.5 < seconds < 10
    assert taken.began == taking.began
    assert await vision.finish(tmp_path / "raw", tmp_path / "clip.mp4") == pytest.approx(seconds, abs=0.3)
    assert pictures((tmp_path / "clip.mp4").read_bytes()) == pytest.approx(10 * seconds, abs=3)


async def test_a_lost_camera_ends_views_and_keeps_what_was_recorded(
    pool: tuple[VisionPool, CameraSlot, RtspServer], tmp_path: Path
) -> None:
    vision, slot, server = pool
    taking = await slot.record(tmp_path / "raw", 4.0)
    with slot.view() as viewer:
        await anext(viewer)
        await asyncio.sleep(2)
        for connection in list(server.connections):
            connection.abort()
        with pytest.raises(LinkLost):
            await parts(viewer, 1000)
    await taking.result
    assert await vision.finish(tmp_path / "raw", tmp_path / "clip.mp4") > 1


async def test_a_worker_that_dies_ends_both_and_what_is_on_disk_is_of_use(
    pool: tuple[VisionPool, CameraSlot, RtspServer], tmp_path: Path
) -> None:
    vision, slot, _ = pool
    taking = await slot.record(tmp_path / "raw", 4.0)
    with slot.view() as viewer:
        await anext(viewer)
        await asyncio.sleep(4)  # files are written once a second: three of them lie on disk by now
        pid = vision.workers[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(LinkLost):
            await parts(viewer, 1000)
    with pytest.raises(LinkLost):
        await taking.result
    with pytest.raises(LinkLost, match="not connected"), slot.view():
        pass
    assert await vision.finish(tmp_path / "raw", tmp_path / "clip.mp4") > 2


async def test_what_can_not_be_finished_is_told(
    pool: tuple[VisionPool, CameraSlot, RtspServer], tmp_path: Path
) -> None:
    (tmp_path / "raw").write_bytes(b"garbage" * 100)
    with pytest.raises(LinkLost, match="raw"):
        await pool[0].finish(tmp_path / "raw", tmp_path / "clip.mp4")
    with pytest.raises(LinkLost, match="No such file"):
        await pool[1].record(tmp_path / "nowhere" / "raw", 4.0)
