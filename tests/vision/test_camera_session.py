"""One camera in a worker: what breaks it breaks it alone, and what FFmpeg alone can read is watched too."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from threading import Event
from typing import Any

import av
import numpy as np
import pytest

from gateway.errors import LinkLost, Refused
from gateway.vision.camera_decoder import KeyframeDecoder
from gateway.vision.camera_recogniser import TimedFrame
from gateway.vision.camera_session import CameraSession
from gateway.vision.decode_health import DecodeHealth
from gateway.vision.decode_threads import DecodeThreads
from gateway.vision.face_matching import FaceMatching, FaceModels, ModelFile
from gateway.vision.frame_analysis import MAX_BACKLOG, MAX_PENDING_UNITS, FrameAnalysis
from gateway.vision.identities import Identities
from gateway.vision.latest_frames import LatestFrames
from gateway.vision.pool import VisionPool
from gateway.vision.recognition_thread import RecognitionThread
from gateway.vision.send_queue import SendQueue
from gateway.vision.sighting import Sighting
from gateway.vision.stream.decoder import DecodedFrame
from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream_config import StreamConfig
from gateway.vision.view.subscribers import Subscribers
from tests.vision.clips import pass_by, plate, wall
from tests.vision.detect import tiny
from tests.vision.stream import coded
from tests.vision.view.fake_camera import units

LIMIT = 60


class RecordedEvents(SendQueue):
    """Stores the events sent."""

    def __init__(self) -> None:
        super().__init__(lambda: 0)
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.lost = Event()

    def send(self, event: str, blob: bytes = b"", **more: Any) -> None:
        self.events.append((event, more))
        if event == "lost":
            self.lost.set()


class RecordedSightings(SendQueue):
    """Stores the sightings sent."""

    def __init__(self) -> None:
        super().__init__(lambda: 0)
        self.seen: list[tuple[int, str]] = []

    def send_sighting(self, watch: int, sighting: Sighting) -> None:
        self.seen.append((watch, sighting.kind))


def analysis_of(watch: StreamConfig, send_queue: SendQueue) -> FrameAnalysis:
    return FrameAnalysis(1, watch, Subscribers(PacketRing()), send_queue, LatestFrames[TimedFrame]())


def test_what_breaks_in_the_receiving_thread_ends_this_camera_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    sent, stops = RecordedEvents(), []
    session = CameraSession(7, StreamConfig("rtsp://camera/"), sent, LatestFrames[TimedFrame](), DecodeThreads())
    session.stop_feed = lambda: stops.append(7)
    session.open()
    monkeypatch.setattr(session.subscribers, "add", lambda unit: 1 / 0)
    session.unit_received(units(1)[0])
    session.unit_received(units(1)[0])
    session.stream_lost(LinkLost("too late"))
    assert stops == [7]
    assert [event for event, _ in sent.events] == ["lost"]
    assert "own code" in sent.events[0][1]["why"]["en"]
    assert "Traceback" in capfd.readouterr().err


def test_what_breaks_while_looking_ends_this_camera_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    decode_threads, broken, whole = DecodeThreads(1), RecordedEvents(), RecordedEvents()
    sessions = [
        CameraSession(number, StreamConfig("rtsp://camera/"), sent, LatestFrames[TimedFrame](), decode_threads)
        for number, sent in ((1, broken), (2, whole))
    ]
    monkeypatch.setattr(sessions[0].analysis._gates, "add_packet", lambda *_: 1 / 0)
    decode_threads.start()
    for session in sessions:
        session.open()
        for unit in units(5):
            session.unit_received(unit)
    assert broken.lost.wait(10)
    assert not whole.lost.is_set()
    sessions[1].stream_lost(LinkLost("the stream ended"))
    assert whole.lost.wait(10)
    assert whole.events[-1] == ("lost", {"stream": 2, "why": "the stream ended", "refused": False})
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_what_breaks_while_recognising_ends_this_camera_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A face model, say, that somebody took away."""
    gone = FaceModels(detector=ModelFile(str(tmp_path / "gone.onnx"), "0" * 64))
    sent, frames, failed = RecordedSightings(), LatestFrames[TimedFrame](), Event()
    recognition = RecognitionThread(sent, frames)
    recognition.set_identities(Identities(matching=FaceMatching(gone)))
    recognition.add(1, StreamConfig("rtsp://camera/1", faces=True), failed.set)
    recognition.add(2, StreamConfig("rtsp://camera/2", detector=tiny.make(tmp_path, "yolov8")), lambda: None)
    recognition.start()
    red = av.VideoFrame.from_ndarray(np.full((128, 256, 3), (0, 0, 250), np.uint8), format="bgr24")
    for camera in (1, 2):
        frames.put(camera, TimedFrame(DecodedFrame(red, 0.0), 1000.0, time.monotonic()))
    assert failed.wait(10)
    while not sent.seen:
        frames.put(2, TimedFrame(DecodedFrame(red, 0.0), 1000.0, time.monotonic()))
    assert sent.seen[0] == (2, "object.seen")
    assert "gone.onnx" in capfd.readouterr().err


def test_who_is_behind_skips_to_a_keyframe_and_counts_it() -> None:
    analysis = analysis_of(StreamConfig("rtsp://camera/"), RecordedEvents())
    for unit in units(MAX_BACKLOG + 50):
        analysis.put(unit)
    steps = analysis.steps(KeyframeDecoder())
    assert sum(iter(lambda: next(steps), False)) == 75
    assert analysis.dropped == 50
    for _ in range(MAX_PENDING_UNITS + 1):
        analysis.put(units(1)[0])
    assert analysis.dropped == 50 + MAX_PENDING_UNITS


def test_a_camera_of_which_nothing_is_wanted_is_not_decoded() -> None:
    analysis = analysis_of(StreamConfig("rtsp://camera/", motion=False), RecordedEvents())
    analysis.put(units(1)[0])
    assert next(analysis.steps(KeyframeDecoder())) is False


async def test_what_goes_into_no_clip_is_watched_all_the_same(tmp_path: Path) -> None:
    clip = tmp_path / "motion.avi"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuvj420p"
        for picture in pass_by(wall(), plate("苏M12345", 200), 200, still=30):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    async with asyncio.timeout(LIMIT), VisionPool(1) as pool:
        slot = pool.slot("webcam")
        async with slot.watch(StreamConfig(str(clip))) as sightings:
            seen = await anext(sightings)
            assert seen.kind == "motion.started"
            assert seen.jpeg
            assert await slot.latest_jpeg()
            with slot.view() as viewer, pytest.raises(Refused, match="mjpeg"):
                await anext(viewer)


class RecordedAlive(RecordedEvents):
    """Also notes that pictures arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.alive = Event()

    def send_alive(self, watch: int) -> None:
        assert watch
        self.alive.set()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DecodeHealth, "TIMEOUT", 0.05)
    monkeypatch.setattr("gateway.vision.camera_session.ALIVE_INTERVAL", 0.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("looks", [True, False], ids=["looked at", "only kept"])
def test_pictures_that_arrive_are_told_from_the_first_that_can_be_seen_on(looks: bool) -> None:
    sent, decode_threads = RecordedAlive(), DecodeThreads(1)
    session = CameraSession(
        7, StreamConfig("rtsp://camera/", motion=looks), sent, LatestFrames[TimedFrame](), decode_threads
    )
    decode_threads.start()
    session.open()
    coming = units(100)
    for unit in coming[1:20]:
        session.unit_received(unit)
    time.sleep(0.1)
    assert not sent.alive.is_set(), "nothing to begin with has come"
    for unit in coming[25:]:
        session.unit_received(unit)
    for _ in range(1000):
        session.unit_received(coming[75])
        if sent.alive.wait(0.01):
            break
    assert sent.alive.is_set()
    assert not sent.lost.is_set()


@pytest.mark.usefixtures("impatient")
def test_what_can_not_be_decoded_is_no_picture_that_arrives() -> None:
    """Whole packets, the right marks, keyframes: and inside there is noise."""
    sent, decode_threads, stops = RecordedAlive(), DecodeThreads(1), []
    session = CameraSession(7, StreamConfig("rtsp://camera/"), sent, LatestFrames[TimedFrame](), decode_threads)
    session.stop_feed = lambda: stops.append(7)
    decode_threads.start()
    session.open()
    number = 0
    while not sent.lost.wait(0.002):
        number += 1
        assert number < 5000
        session.unit_received(coded.unit(number / 25, 500, key=number % 10 == 1))
    assert "none can be decoded" in sent.events[-1][1]["why"]["en"]
    assert stops == [7]
    assert not sent.alive.is_set()
