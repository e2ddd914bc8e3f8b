"""A camera that notices motion and tampering itself, and says so by ONVIF: nothing is decoded here.

Its events wait at the camera until they are asked for (pull-point). The state it reports when the subscription
begins is state and not an event. Which topics mean what is in gateway/links/onvif/conditions.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

import structlog
from pydantic import Field, field_validator, model_validator

from gateway.driver import Driver, DriverSettings
from gateway.errors import BadInput, LinkLost
from gateway.links.rate_limit import kept_aside
from gateway.model import DeviceType, Signal, Words
from gateway.protocols.onvif.address import device_service, address_error
from gateway.protocols.onvif.client import NOT_INSTALLED, OnvifClient, connect, installed
from gateway.protocols.onvif.event_filter import TOPICS, EventFilter, CameraSignal
from gateway.protocols.onvif.event import OnvifEvent
from gateway.protocols.onvif.pullpoint import PullResult, PullPoint, subscribe
from gateway.protocols.onvif.transport import Login
from gateway.settings.mend import Wrong, did_you_mean
from gateway.settings.secrets import Secret

log = structlog.get_logger(__name__)
MAX_UNREADABLE = 3
"""Answers in a row that can't be read before the line counts as lost."""
MIN_PULL_INTERVAL_S = 1.0
"""A camera that answers with nothing at once, rather than wait, is asked no oftener than this."""
MIN_REPORTED_SKEW = timedelta(seconds=5)
_UNREADABLE = "摄像机的应答无法识别，请通知安装员"


class OnvifCameraSettings(DriverSettings):
    address: Annotated[str, Field(description="host, host:port or http(s)://… of the camera")]
    user: Annotated[str, Field(description="a user of the camera's ONVIF, not of its web page alone")] = ""
    password: Annotated[Secret | None, Field(description="as !secret NAME")] = None
    watch: Annotated[
        frozenset[Literal["motion", "tamper", "fault"]], Field(description="which of its events are signals")
    ] = frozenset({"motion", "tamper", "fault"})
    ignore: Annotated[
        frozenset[str], Field(description="topics to pass over, such as VideoSource/ImageTooDark of a camera at night")
    ] = frozenset()
    snapshot: Annotated[bool, Field(description="fetch a picture when something begins")] = True
    verify_tls: Annotated[bool, Field(description="for https: false takes any certificate")] = True

    @field_validator("address")
    @classmethod
    def _address(cls, value: str) -> str:
        if fault := address_error(value):
            raise Wrong(f"the address {fault}", "write it like 192.168.1.64 or https://192.168.1.64:8443")
        return value

    @field_validator("ignore")
    @classmethod
    def _topics(cls, value: frozenset[str]) -> frozenset[str]:
        for topic in sorted(value - set(TOPICS)):
            raise Wrong(f"{topic!r} is no topic used here", did_you_mean(topic, TOPICS))
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.user) != (self.password is not None):
            raise Wrong("user and password go together", "write both, or neither")
        if not installed():
            raise Wrong("the library for ONVIF is not installed", NOT_INSTALLED)
        return self

    @property
    def login(self) -> Login:
        password = self.password.get_secret_value() if self.password else ""
        return Login(device_service(self.address), self.user, password, self.verify_tls)


class OnvifCamera(Driver):
    Settings: ClassVar[type[DriverSettings]] = OnvifCameraSettings
    TYPE: ClassVar[DeviceType] = DeviceType.CAMERA
    settings: OnvifCameraSettings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._conditions = EventFilter(self.settings.watch, self.settings.ignore)
        self._unreadable = 0

    async def run(self) -> None:
        """Raises LinkLost when the camera, or its subscription, is gone."""
        try:
            async with connect(self.settings.login) as camera, subscribe(camera) as point:
                self._note_clock(camera)
                pictures = await camera.picture_address() if self.settings.snapshot else None
                await self._serve(camera, point, pictures)
        except BadInput as error:
            await self.emit.quarantine(error.why, error.data)
            raise LinkLost(Words(_UNREADABLE, f"{self.device.id} can't be understood: {error.why}")) from error

    async def _serve(self, camera: OnvifClient, point: PullPoint, pictures: str | None) -> None:
        loop = asyncio.get_running_loop()
        while True:
            asked = loop.time()
            pulled = await point.pull()
            if pulled.unread:
                await self._put_aside(pulled)
            else:
                self._unreadable = 0
                self.emit.heard()
            for event in pulled.events:
                await self._take(event, camera, pictures)
            if not pulled.events:
                await asyncio.sleep(max(0.0, asked + MIN_PULL_INTERVAL_S - loop.time()))

    async def _take(self, event: OnvifEvent, camera: OnvifClient, pictures: str | None) -> None:
        told = self._conditions.take(event)
        if told is None:
            return
        picture = await camera.picture(pictures) if told.starts and pictures else None
        await self.emit(
            Signal(
                device=self.device.id,
                kind=told.kind,
                at=event.at,
                data=_details(told, camera.skew),
                fresh=True,
                picture=picture,
            )
        )

    async def _put_aside(self, pulled: PullResult) -> None:
        self._unreadable += 1
        said = [Words.of(each) for each in pulled.unread[:3]]
        why = Words("；".join(each.zh for each in said), "; ".join(each.en for each in said))
        await self.emit.quarantine(why, pulled.raw)
        self.emit.refused(None, kept_aside(why))
        if self._unreadable >= MAX_UNREADABLE:
            en = f"{self.device.id}: {MAX_UNREADABLE} answers in a row could not be read: {why}"
            raise LinkLost(Words(_UNREADABLE, en))

    def _note_clock(self, camera: OnvifClient) -> None:
        if abs(camera.skew) > MIN_REPORTED_SKEW:
            ahead = round(camera.skew.total_seconds())
            log.warning("a camera's clock is wrong: give it NTP", device=self.device.id, ahead_s=ahead)


def _details(told: CameraSignal, skew: timedelta) -> Mapping[str, Any]:
    details: dict[str, Any] = {"topic": told.topic}
    if told.source:
        details["source"] = told.source
    if abs(skew) > MIN_REPORTED_SKEW:
        details["clock_ahead_s"] = round(skew.total_seconds())
    return details


DRIVER = OnvifCamera
