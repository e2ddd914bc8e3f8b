"""A main stream beside the sub stream, through a real worker: there when it is wanted, and missed by nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest

from gateway.errors import LinkLost, NotFound
from gateway.simulator import clips, scenes
from gateway.simulator.rtsp import Mount, RtspServer
from gateway.vision import main_stream
from gateway.vision.camera_slot import CameraSlot, SightingQueue
from gateway.vision.pool import VisionPool
from gateway.vision.sighting import Sighting
from gateway.vision.stream_config import MainStreamConfig, StreamConfig
from gateway.vision.worker_interface import StreamListener
from tests.vision.stream.test_gst import PACKAGES, film, served

pytestmark = pytest.mark.timeout(120)
SUB, MAIN = (640, 360), (1280, 720)
GEHEIM = "geheim"


@dataclass(frozen=True, slots=True)
class Camera:
    """Both of its streams, and how it is watched; `larger` can be made to fail and to come back."""

    pool: VisionPool
    server: RtspServer
    port: int

    @property
    def slot(self) -> CameraSlot:
        return self.pool.slot("fence")

    @property
    def larger(self) -> Mount:
        return self.server.mounts["main"]

    def address(self, name: str) -> str:
        return f"rtsp://admin:{GEHEIM}@127.0.0.1:{self.port}/{name}"

    @asynccontextmanager
    async def watched(self, main: MainStreamConfig | None) -> AsyncIterator[SightingQueue]:
        heard = asyncio.Event()
        self.slot.on_heard = heard.set
        async with self.slot.watch(StreamConfig(self.address("sub"), motion=False), main) as sightings:
            await heard.wait()
            yield sightings

    def cut(self, mount: Mount) -> None:
        for viewer in list(mount.viewers):
            viewer._transport.abort()


@pytest.fixture(scope="module")
def mounts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], dict[str, Mount]]:
    folder, scene = tmp_path_factory.mktemp("scenes"), scenes.scenes()["fence-still"]
    made = {
        name: clips.load_clip(replace(scene, name=name, size=size), folder)
        for name, size in (("sub", SUB), ("main", MAIN))
    }
    return lambda: {name: Mount(clip) for name, clip in made.items()}


@pytest.fixture
async def camera(mounts: Callable[[], dict[str, Mount]]) -> AsyncIterator[Camera]:
    server = RtspServer(mounts(), {"admin": GEHEIM})
    async with asyncio.timeout(100), server.listen() as port, VisionPool(1) as pool:
        yield Camera(pool, server, port)


async def until(what: Callable[[], object], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.02)


async def shown(slot: CameraSlot, *, main: bool) -> tuple[int, int]:
    """Width and height of what a viewer gets."""
    with slot.view(main=main) as viewer:
        opening = (await anext(viewer)).init
    return opening.width, opening.height


def size_of(movie: Path) -> tuple[int, int]:
    with av.open(str(movie)) as container:
        frame = next(container.decode(video=0))
        assert isinstance(frame, av.VideoFrame)
        return frame.width, frame.height


async def recorded(camera: Camera, folder: Path, before_s: float, seconds: float) -> tuple[tuple[int, int], float]:
    """A recording's size of picture and its seconds."""
    taking = await camera.slot.record(folder / "raw", before_s)
    await asyncio.sleep(seconds)
    taking.stop()
    await taking.result
    lasts = await camera.pool.finish(folder / "raw", folder / "clip.mp4")
    return size_of(folder / "clip.mp4"), lasts


async def sighting(sightings: SightingQueue, wait: float = 15) -> Sighting:
    return await asyncio.wait_for(anext(sightings), wait)


async def test_it_is_received_while_somebody_watches_and_no_longer(camera: Camera) -> None:
    async with camera.watched(MainStreamConfig(camera.address("main"))):
        assert not camera.larger.has_viewer.is_set(), "nobody asked for it"
        assert await shown(camera.slot, main=False) == SUB
        with camera.slot.view(main=True) as one:
            await anext(one)
            assert await shown(camera.slot, main=True) == MAIN
            assert len(camera.larger.viewers) == 1, "two screens, one stream"
        await until(lambda: not camera.larger.viewers)
        assert await shown(camera.slot, main=True) == MAIN, "again, when it is asked for again"
    await until(lambda: not camera.larger.viewers)


async def test_who_has_none_says_so(camera: Camera) -> None:
    with pytest.raises(LinkLost, match="not connected"), camera.slot.view(main=True):
        pass
    async with camera.watched(None):
        with pytest.raises(NotFound, match="no main stream"), camera.slot.view(main=True):
            pass


async def test_recordings_are_of_the_sub_stream_unless_the_yaml_says_main(camera: Camera, tmp_path: Path) -> None:
    async with camera.watched(MainStreamConfig(camera.address("main"))):
        await asyncio.sleep(4)
        assert (await recorded(camera, tmp_path, 2.0, 2.0))[0] == SUB


async def test_a_recording_of_the_main_stream_begins_before_it_was_asked_for(camera: Camera, tmp_path: Path) -> None:
    async with camera.watched(MainStreamConfig(camera.address("main"), recorded=True)):
        await asyncio.wait_for(camera.larger.has_viewer.wait(), 10)
        assert (await recorded(camera, tmp_path, 5.0, 1.0))[0] == SUB, "it was not there long enough"
        await asyncio.sleep(6)
        size, lasts = await recorded(camera, tmp_path, 5.0, 2.0)
    assert size == MAIN
    assert 6.5 < lasts < 9.5


async def test_its_loss_costs_the_sub_stream_nothing_and_is_told_once(
    camera: Camera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_stream, "FAULT_DELAY", 4.0)  # the simulator may make one wait two for a keyframe
    async with camera.watched(MainStreamConfig(camera.address("main"), recorded=True)) as sightings:
        await asyncio.wait_for(camera.larger.has_viewer.wait(), 10)
        await asyncio.sleep(3)
        larger = camera.server.mounts.pop("main")  # type: ignore[attr-defined]  # the dict that the fixture made
        camera.cut(larger)
        fault = await sighting(sightings)
        assert (fault.kind, fault.data["stream"]) == ("device.faulted", "main")
        assert "404" in fault.data["why"]["en"]
        assert GEHEIM not in str(fault.data)
        assert await shown(camera.slot, main=False) == SUB
        assert (await recorded(camera, tmp_path, 2.0, 1.0))[0] == SUB
        with pytest.raises(LinkLost), camera.slot.view(main=True) as viewer:
            await anext(viewer)
        camera.server.mounts["main"] = larger  # type: ignore[index]  # as above
        back = await sighting(sightings, 40)
        assert (back.kind, back.data) == ("device.restored", {"stream": "main"})
        assert await shown(camera.slot, main=True) == MAIN
    assert camera.pool.workers[0].restarts == 0


async def test_a_short_loss_is_mended_and_not_told(camera: Camera) -> None:
    async with camera.watched(MainStreamConfig(camera.address("main"), recorded=True)) as sightings:
        await asyncio.wait_for(camera.larger.has_viewer.wait(), 10)
        await asyncio.sleep(1)
        camera.cut(camera.larger)
        await until(lambda: not camera.larger.viewers)
        await until(lambda: camera.larger.viewers)
        assert not sightings._pending


REFUSING = "rtsp://admin:wronggeheim@127.0.0.1:{port}/main"


@pytest.mark.parametrize(
    ("address", "why", "tried"),
    [("rtsp://admin:geheim@127.0.0.1:1/ch0", "can't be reached", 2), (REFUSING, "401", 1)],
    ids=["unreachable", "refusing"],
)
async def test_a_viewer_hears_that_it_is_away_and_nobody_else(
    camera: Camera, monkeypatch: pytest.MonkeyPatch, address: str, why: str, tried: int
) -> None:
    """It is not tried again at every request, and not for minutes where the login was refused: accounts get locked."""
    tries: list[str] = []
    async with camera.watched(MainStreamConfig(address.format(port=camera.port))) as sightings:
        worker = camera.pool.workers[0]
        begin = worker.add_stream_now

        def counted(listener: StreamListener, watch: StreamConfig) -> int:
            tries.append(watch.source)
            return begin(listener, watch)

        monkeypatch.setattr(worker, "add_stream_now", counted)
        for number in range(5):
            await asyncio.sleep(3 if number == 4 else 0)
            with pytest.raises(LinkLost, match=why) as caught, camera.slot.view(main=True) as viewer:
                await anext(viewer)
            assert GEHEIM not in str(caught.value)
        assert len(tries) == tried
        assert await shown(camera.slot, main=False) == SUB
        assert not sightings._pending


@pytest.mark.needs("typelib:GstRtspServer-1.0", PACKAGES)
@pytest.mark.parametrize(("codec", "told"), [("h264", "avc1."), ("h265", "hvc1.")])
async def test_a_main_stream_of_gstreamers_server_is_shown_as_it_is_coded(
    camera: Camera, tmp_path: Path, codec: str, told: str
) -> None:
    file = await asyncio.to_thread(film, tmp_path / "film.mkv", codec)
    with served(codec, file, "tcp", "admin", GEHEIM) as port:
        async with camera.watched(MainStreamConfig(f"rtsp://admin:{GEHEIM}@127.0.0.1:{port}/cam")):
            with camera.slot.view(main=True) as viewer:
                opening = (await asyncio.wait_for(anext(viewer), 20)).init
    assert opening.codec.startswith(told)
    assert (opening.width, opening.height) == (640, 360)


async def test_what_breaks_off_is_recorded_on_by_the_sub_stream(camera: Camera, tmp_path: Path) -> None:
    async with camera.watched(MainStreamConfig(camera.address("main"), recorded=True)):
        await asyncio.wait_for(camera.larger.has_viewer.wait(), 10)
        await asyncio.sleep(5)
        taking = await camera.slot.record(tmp_path / "larger", 2.0)
        await asyncio.sleep(2)
        camera.cut(camera.larger)
        taken = await asyncio.wait_for(taking.result, 10)
        rest = await camera.slot.record(tmp_path / "rest", (datetime.now(UTC) - taken.ended).total_seconds())
        await asyncio.sleep(2)
        rest.stop()
        assert (await rest.result).began <= taken.ended, "nothing is missing between them"
    for name, size in (("larger", MAIN), ("rest", SUB)):
        await camera.pool.finish(tmp_path / name, tmp_path / "clip.mp4")
        assert size_of(tmp_path / "clip.mp4") == size
