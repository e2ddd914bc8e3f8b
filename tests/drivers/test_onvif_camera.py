"""A camera that detects by itself, from its own event to what the driver says of it, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from drivers.onvif_camera import DRIVER, OnvifCamera, OnvifCameraSettings
from gateway.errors import LinkLost
from gateway.model import Device, DeviceType
from gateway.simulator import onvif as simulated
from gateway.testing import DriverRun, RecordedReports, running

DEVICE = Device("cam", "onvif_camera", DeviceType.CAMERA, "东门相机", "gate/east")
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
MOTION = ("tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion")
TAMPER = ("tns1:RuleEngine/TamperDetector/Tamper", "IsTamper")
SCENE = ("tns1:VideoSource/GlobalSceneChange/ImagingService", "State")


@dataclass
class Scene:
    camera: simulated.OnvifCameraTwin
    run: DriverRun

    @property
    def reports(self) -> RecordedReports:
        return self.run.reports


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def scene(camera: simulated.OnvifCameraTwin | None = None, **more: Any) -> AsyncIterator[Scene]:
    """The driver is running, and its subscription stands."""
    camera = camera or simulated.OnvifCameraTwin(simulated.CameraAccount("anju", "pass"), picture=JPEG)
    async with camera.serve():
        settings = OnvifCameraSettings(
            address=f"127.0.0.1:{camera.port}", user="anju", password=SecretStr("pass"), **more
        )
        async with running(DRIVER, settings, device=DEVICE) as run:
            await run.until(lambda: camera.calls["PullMessages"], 10)
            yield Scene(camera, run)


async def test_motion_comes_with_a_picture() -> None:
    async with scene() as here:
        here.camera.set_property(*MOTION, "true", {"Rule": "北门"})
        await until(lambda: len(here.reports.signals) == 1)
        here.camera.set_property(*MOTION, "false", {"Rule": "北门"})
        await until(lambda: len(here.reports.signals) == 2)
    started, ended = here.reports.signals
    assert (started.kind, ended.kind) == ("motion.started", "motion.ended")
    assert (started.picture, ended.picture) == (JPEG, None)
    assert started.data == {"topic": "RuleEngine/CellMotionDetector/Motion", "source": {"Rule": "北门"}}
    assert started.at is not None
    assert here.reports.heard_count
    assert here.camera.points == {}  # unsubscribed


async def test_covered_and_moved_and_restored() -> None:
    async with scene(snapshot=False) as here:
        for topic, value in ((TAMPER, "true"), (SCENE, "true"), (TAMPER, "false"), (SCENE, "false")):
            here.camera.set_property(*topic, value)
        await until(lambda: len(here.reports.signals) == 3)
    assert here.reports.kinds() == [("cam", "camera.covered"), ("cam", "camera.moved"), ("cam", "camera.restored")]
    assert here.camera.calls["snapshot"] == 0


async def test_the_state_it_begins_with_is_no_event() -> None:
    camera = simulated.OnvifCameraTwin(simulated.CameraAccount("anju", "pass"))
    camera.set_property(*TAMPER, "true")
    async with scene(camera) as here:
        await until(lambda: here.reports.heard_count)
        assert here.reports.signals == []
        camera.set_property(*TAMPER, "false")
        await until(lambda: here.reports.signals)
    assert here.reports.kinds() == [("cam", "camera.restored")]


async def test_only_what_is_watched() -> None:
    async with scene(watch={"tamper"}, ignore={"VideoSource/GlobalSceneChange"}) as here:
        for topic in (MOTION, SCENE, TAMPER):
            here.camera.set_property(*topic, "true")
        await until(lambda: here.reports.signals)
    assert here.reports.kinds() == [("cam", "camera.covered")]


async def test_a_lost_subscription_is_a_lost_line() -> None:
    async with scene() as here:
        here.camera.drop_subscriptions()
        with pytest.raises(LinkLost, match="refused PullMessages"):
            await here.run.until(lambda: False)


async def test_a_wrong_clock_is_noted() -> None:
    camera = simulated.OnvifCameraTwin(simulated.CameraAccount("anju", "pass"), clock_ahead=timedelta(hours=-8))
    async with scene(camera) as here:
        camera.set_property(*MOTION, "true")
        await until(lambda: here.reports.signals)
    assert abs(here.reports.signals[0].data["clock_ahead_s"] + 8 * 3600) <= 3


async def test_what_can_not_be_read_is_kept_and_then_the_line_is_lost() -> None:
    async with scene() as here:
        for number in range(3):
            here.camera.notify(f"<wsnt:NotificationMessage>{number}</wsnt:NotificationMessage>")
            await until(lambda: len(here.reports.quarantined) > number or here.run.task.done())  # noqa: B023
        with pytest.raises(LinkLost, match="3 answers in a row"):
            await here.run.until(lambda: False)
    assert len(here.reports.quarantined) == 3
    why, data = here.reports.quarantined[0]
    assert "without a topic" in why
    assert b"<wsnt:NotificationMessage>0" in data


async def test_one_bad_notification_does_not_cost_the_others() -> None:
    async with scene() as here:
        here.camera.notify("<wsnt:NotificationMessage><wsnt:Topic/></wsnt:NotificationMessage>")
        here.camera.set_property(*TAMPER, "true")
        await until(lambda: here.reports.signals)
    assert here.reports.kinds() == [("cam", "camera.covered")]
    assert len(here.reports.quarantined) == len(here.reports.refusals) == 1


async def test_cameras_that_do_not_wait_are_asked_no_oftener(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.protocols.onvif.pullpoint.PULL_TIMEOUT", timedelta())
    async with scene() as here:
        before = here.camera.calls["PullMessages"]
        await asyncio.sleep(1.5)
        assert here.camera.calls["PullMessages"] - before <= 2


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"address": "rtsp://10.0.0.7"}, "http or https"),
        ({"address": "http://u:p@10.0.0.7"}, "user: and password:"),
        ({"address": "10.0.0.7", "user": "u"}, "go together"),
        ({"address": "10.0.0.7", "ignore": ["VideoSource/ImageTooDrak"]}, "did you mean"),
        ({"address": "10.0.0.7:99999"}, "readable host and port"),
        ({"address": ""}, "names no host"),
    ],
)
def test_mistakes_are_named(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        OnvifCameraSettings(**settings)


def test_no_password_is_shown() -> None:
    settings = OnvifCameraSettings(address="10.0.0.7", user="u", password=SecretStr("hidden one"))
    driver = OnvifCamera(DEVICE, settings, None, RecordedReports())
    assert "hidden one" not in repr(settings) + repr(settings.login) + repr(vars(driver))
