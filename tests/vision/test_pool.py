"""The pool with real worker processes and real H.264."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.errors import LinkLost
from gateway.model import Words
from gateway.vision.camera_slot import CameraSlot, SightingQueue
from gateway.vision.identities import Identities, IdentityFace, IdentityVehicle
from gateway.vision.pool import VisionPool
from gateway.vision.recognise.faces import FaceReader
from gateway.vision.sighting import Sighting
from gateway.vision.stream_config import StreamConfig
from tests.vision.clips import face

LIMIT = 60
"""Seconds in which a sighting must come on a busy machine; a quiet one needs three."""


@pytest.fixture
async def pool() -> AsyncIterator[VisionPool]:
    async with VisionPool(1) as made:
        yield made


async def first(slot: CameraSlot, watch: StreamConfig, *kinds: str) -> list[Sighting]:
    """The first sighting of each kind, in the order in which they came."""
    seen: list[Sighting] = []
    async with asyncio.timeout(LIMIT), slot.watch(watch) as sightings:
        async for sighting in sightings:
            if sighting.kind in kinds and sighting.kind not in [earlier.kind for earlier in seen]:
                seen.append(sighting)
            if len(seen) == len(kinds):
                break
    return seen


async def drain(sightings: SightingQueue) -> None:
    async for _ in sightings:
        pass


def shape(jpeg: bytes) -> tuple[int, ...]:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.shape


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def test_a_known_car_is_read_once_and_named(pool: VisionPool, plate_clip: Path) -> None:
    await pool.set_identities(Identities(vehicles=[IdentityVehicle("苏M·12345", "b3/u1/1502", "resident")]))
    watch = StreamConfig(str(plate_clip), plates=True)
    started, read = await first(pool.slot("lane"), watch, "motion.started", "plate.read")
    assert shape(started.jpeg) == shape(read.jpeg) == (360, 640, 3)
    assert {key: read.data[key] for key in ("text", "list", "household")} == {
        "text": "苏M12345",
        "list": "resident",
        "household": "b3/u1/1502",
    }
    assert read.data["score"] > 0.8
    assert abs(read.time.timestamp() - started.time.timestamp()) < LIMIT


async def test_a_watched_face_is_told_with_its_name(pool: VisionPool, face_clip: Path) -> None:
    template = FaceReader().find(face(220))[0].template
    await pool.set_identities(Identities([IdentityFace("w1", "Eileen", None, "watch", template)]))
    (seen,) = await first(pool.slot("gate"), StreamConfig(str(face_clip), faces=True), "face.watchlisted")
    assert seen.data["person"] == "w1"
    assert "Eileen" not in str(seen.data)


async def test_a_killed_worker_costs_a_restart_and_nothing_else(pool: VisionPool, plate_clip: Path) -> None:
    slot, watch = pool.slot("lane"), StreamConfig(str(plate_clip))
    await first(slot, watch, "motion.started")
    worker = pool.workers[0]
    killed = worker.pid
    assert killed is not None
    async with asyncio.timeout(LIMIT), slot.watch(watch) as sightings:
        os.kill(killed, signal.SIGKILL)
        with pytest.raises(LinkLost, match=r"worker 1 is gone.*-9"):
            await drain(sightings)
    await first(slot, watch, "motion.started")
    assert worker.restarts == 1
    assert worker.pid != killed


async def test_a_worker_that_hangs_is_killed_and_started_again(plate_clip: Path) -> None:
    async with VisionPool(1, silence_timeout=4) as pool:
        slot, watch = pool.slot("lane"), StreamConfig(str(plate_clip))
        await first(slot, watch, "motion.started")
        hung = pool.workers[0].pid
        assert hung is not None
        async with asyncio.timeout(LIMIT), slot.watch(watch) as sightings:
            os.kill(hung, signal.SIGSTOP)
            with pytest.raises(LinkLost, match="said nothing"):
                await drain(sightings)
        await first(slot, watch, "motion.started")


async def test_a_worker_ends_with_the_pool(plate_clip: Path) -> None:
    async with VisionPool(2) as pool:
        await asyncio.gather(
            *(first(pool.slot(name), StreamConfig(str(plate_clip)), "motion.started") for name in ("one", "two"))
        )
        pids = [worker.pid for worker in pool.workers if worker.pid]
        assert len(set(pids)) == 2
    assert not any(alive(pid) for pid in pids)


async def test_a_camera_that_is_lost_does_not_touch_the_others(pool: VisionPool, plate_clip: Path) -> None:
    good = pool.slot("good")
    async with asyncio.timeout(LIMIT), good.watch(StreamConfig(str(plate_clip))) as sightings:
        bad = StreamConfig("rtsp://admin:geheim@127.0.0.1:1/ch1")
        async with pool.slot("bad").watch(bad) as nothing:
            with pytest.raises(LinkLost, match="can't be reached") as caught:
                await anext(nothing)
        assert "geheim" not in str(caught.value)
        assert Words.of(caught.value.why).zh == "设备拒绝连接，请检查摄像机供电和网线", (
            "said in both languages, out of a worker"
        )
        assert (await anext(sightings)).kind.startswith("motion.")
    assert pool.workers[0].restarts == 0


async def test_is_heard_while_packets_come_and_has_a_picture(pool: VisionPool, plate_clip: Path) -> None:
    slot, heard = pool.slot("lane"), asyncio.Event()
    slot.on_heard = heard.set
    assert await slot.latest_jpeg() is None
    async with asyncio.timeout(LIMIT), slot.watch(StreamConfig(str(plate_clip), motion=False)):
        await heard.wait()
        heard.clear()
        await heard.wait()
        jpeg = await slot.latest_jpeg()
        assert jpeg is not None
        assert shape(jpeg) == (360, 640, 3)
    assert await slot.latest_jpeg() is None


async def test_no_secret_is_in_the_arguments_or_the_environment(pool: VisionPool, plate_clip: Path) -> None:
    slot = pool.slot("lane")
    async with asyncio.timeout(LIMIT), slot.watch(StreamConfig(f"{plate_clip}?password=geheim")) as sightings:
        about = Path("/proc", str(pool.workers[0].pid))
        assert b"gateway.vision.worker" in (about / "cmdline").read_bytes()
        assert b"geheim" not in (about / "cmdline").read_bytes() + (about / "environ").read_bytes()
        with pytest.raises(LinkLost) as caught:
            await anext(sightings)
        assert "geheim" not in str(caught.value)


async def test_without_a_camera_no_process_is_started(pool: VisionPool) -> None:
    await pool.set_identities(Identities())
    await asyncio.sleep(0)
    assert pool.workers[0].pid is None
    assert pool.slot("a") is pool.slot("a")
    assert pool.slot("a").device == "a"


async def test_what_the_block_raises_leaves_the_pool_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        async with VisionPool(1):
            raise ZeroDivisionError
