from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from drivers.camera import DRIVER, Camera, CameraSettings
from gateway.errors import LinkLost
from gateway.model import Device, DeviceType
from gateway.testing import RecordedReports
from gateway.vision.camera_slot import SightingQueue
from gateway.vision.sighting import Sighting
from gateway.vision.stream_config import MainStreamConfig, StreamConfig

DEVICE = Device("gate-cam", "camera", DeviceType.CAMERA, "东门", "gate/east")


@pytest.fixture
def reports() -> Iterator[RecordedReports]:
    """Takes signals; the rest is reported by the link."""
    made = RecordedReports()
    yield made
    assert (made.heard_count, made.quarantined, made.lost_parts, made.refusals) == (0, [], [], [])


class Told:
    """A slot that says what it was given to say; `tests/vision/test_pool.py` has the real one."""

    def __init__(self, *seen: Sighting) -> None:
        self.on_heard: Callable[[], None] | None = None
        self.watched: StreamConfig | None = None
        self.main: MainStreamConfig | None = None
        self._seen = seen

    @asynccontextmanager
    async def watch(self, watch: StreamConfig, main: MainStreamConfig | None) -> AsyncIterator[SightingQueue]:
        self.watched, self.main = watch, main
        sightings = SightingQueue(lambda: None)
        for sighting in self._seen:
            sightings.put(sighting)
        sightings.end(LinkLost("the stream ended"))
        yield sightings


def settings(**more: object) -> CameraSettings:
    return CameraSettings.model_validate({"source": "rtsp://admin:geheim@10.0.0.2/ch1", **more})


async def test_a_sighting_becomes_a_signal_with_its_picture(reports: RecordedReports) -> None:
    seen = Sighting("plate.read", 1_700_000_000.5, {"text": "苏M12345", "list": None}, b"jpeg")
    camera = Camera(
        DEVICE, settings(), Told(seen, Sighting("motion.ended", 1_700_000_001.0, {"seconds": 2.5})), reports
    )
    with pytest.raises(LinkLost, match="the stream ended"):
        await asyncio.wait_for(camera.run(), 2)
    read, ended = reports.signals
    assert (read.device, read.kind, read.data, read.picture) == ("gate-cam", "plate.read", seen.data, b"jpeg")
    assert read.at == datetime(2023, 11, 14, 22, 13, 20, 500_000, UTC)
    assert read.fresh
    assert (ended.kind, ended.picture) == ("motion.ended", None)


async def test_asks_for_what_the_settings_say(reports: RecordedReports) -> None:
    link = Told()
    asked = {"watch": ["faces", "plates"], "sensitivity": 0.8, "home_province": "苏", "transport": "udp"}
    asked["prompt"] = "turn"
    camera = Camera(DEVICE, settings(**asked), link, reports)
    with pytest.raises(LinkLost):
        await camera.run()
    wanted = StreamConfig("rtsp://admin:geheim@10.0.0.2/ch1", False, True, True, 0.8, "苏", "udp", prompt="turn")
    assert link.watched == wanted
    assert "geheim" not in repr(wanted)


@pytest.mark.parametrize("record", ["sub", "main"])
async def test_the_main_stream_is_asked_for_beside_the_sub_stream(record: str, reports: RecordedReports) -> None:
    link = Told()
    larger = {"main": "rtsp://admin:strenggeheim@10.0.0.2/ch0", "record": record, "transport": "tcp"}
    with pytest.raises(LinkLost):
        await Camera(DEVICE, settings(**larger), link, reports).run()
    assert link.watched == StreamConfig("rtsp://admin:geheim@10.0.0.2/ch1", transport="tcp")
    assert link.main == MainStreamConfig("rtsp://admin:strenggeheim@10.0.0.2/ch0", "tcp", recorded=record == "main")
    assert link.main.stream_config.motion is False
    assert link.main.stream_config.ring_s == (10 if record == "main" else 0)
    assert "geheim" not in repr(link.main) + repr(link.main.stream_config)


def test_is_a_camera_on_a_vision_link() -> None:
    assert DRIVER is Camera
    assert (Camera.LINK, Camera.TYPE, Camera.Settings) == ("vision", DeviceType.CAMERA, CameraSettings)
    assert settings().watch == {"motion"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"source": "rstp://admin:geheim@10.0.0.2/"}, "scheme 'rstp'"),
        ({"source": "gate.mp4"}, "neither"),
        ({"watch": ["motoin"]}, "motion"),
        ({"sensitivity": 7}, "less than or equal to 1"),
        ({"home_province": "X"}, "not one of the provinces"),
        ({"watch": ["faces"], "prompt": "blink"}, "'none' or 'turn'"),
        ({"prompt": "turn"}, "add faces to watch"),
        ({"main": "rstp://admin:geheim@10.0.0.2/"}, "scheme 'rstp'"),
        ({"main": "rtsp://admin:geheim@10.0.0.2/ch1"}, "same stream as source"),
        ({"record": "main"}, "there is no main"),
        ({"record": "both"}, "'sub' or 'main'"),
        ({"transport": "pigeon"}, "'auto', 'tcp' or 'udp'"),
        ({"soruce": "x"}, "soruce"),
    ],
)
def test_what_is_wrong_is_named_and_no_password_with_it(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**wrong)
    assert said in str(caught.value)
    assert all(
        "geheim" not in error["msg"] for error in caught.value.errors(include_input=False, include_context=False)
    )


def test_the_address_is_not_shown() -> None:
    both = settings(main="rtsp://admin:geheim@10.0.0.2/ch0")
    assert "geheim" not in repr(both)
    assert "geheim" not in both.model_dump_json()
