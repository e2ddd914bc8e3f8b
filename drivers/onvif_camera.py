"""A camera that detects motion and tampering itself and reports them by ONVIF; no video is decoded here.

Its events are pulled from a pull-point subscription. The state that it reports when the subscription begins makes no
signal. Which topics make which signals is in gateway/protocols/onvif/event_filter.py.
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
from gateway.protocols.onvif.address import address_error, device_service
from gateway.protocols.onvif.client import NOT_INSTALLED, OnvifClient, connect, installed
from gateway.protocols.onvif.event import OnvifEvent
from gateway.protocols.onvif.event_filter import TOPICS, CameraSignal, OnvifEventFilter
from gateway.protocols.onvif.pullpoint import PullPoint, PullResult, subscribe
from gateway.protocols.onvif.transport import Login
from gateway.settings.mend import Wrong, did_you_mean
from gateway.settings.secrets import Secret

log = structlog.get_logger(__name__)
MAX_UNREADABLE = 3
"""Unreadable responses in a row before the camera counts as lost."""
MIN_PULL_INTERVAL_S = 1.0
"""For a camera that responds at once without events, instead of waiting for one."""
MIN_REPORTED_SKEW = timedelta(seconds=5)
_UNREADABLE_ZH = "摄像机的应答无法识别，请通知安装员"


class OnvifCameraSettings(DriverSettings):
    """Address, login and which events become signals."""

    address: Annotated[str, Field(description="host, host:port or http(s)://… of the camera")]
    user: Annotated[str, Field(description="a user of the camera's ONVIF, not of its web page alone")] = ""
    password: Annotated[Secret | None, Field(description="as !secret NAME")] = None
    watch: Annotated[
        frozenset[Literal["motion", "tamper", "fault"]], Field(description="which of its events are signals")
    ] = frozenset({"motion", "tamper", "fault"})
    ignore: Annotated[
        frozenset[str], Field(description="topics to pass over, such as VideoSource/ImageTooDark of a camera at night")
    ] = frozenset()
    snapshot: Annotated[bool, Field(description="fetch a snapshot when something begins")] = True
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
        """Address and user for the client."""
        password = self.password.get_secret_value() if self.password else ""
        return Login(device_service(self.address), self.user, password, self.verify_tls)


class OnvifCamera(Driver):
    """One camera."""

    Settings: ClassVar[type[DriverSettings]] = OnvifCameraSettings
    TYPE: ClassVar[DeviceType] = DeviceType.CAMERA
    settings: OnvifCameraSettings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._filter = OnvifEventFilter(self.settings.watch, self.settings.ignore)
        self._unreadable = 0

    async def run(self) -> None:
        """Raises LinkLost when the camera or its subscription is lost."""
        try:
            async with connect(self.settings.login) as client, subscribe(client) as point:
                self._log_skew(client)
                address = await client.snapshot_address() if self.settings.snapshot else None
                await self._pull(client, point, address)
        except BadInput as error:
            await self.emit.quarantine(error.why, error.data)
            raise LinkLost(Words(_UNREADABLE_ZH, f"{self.device.id} can't be understood: {error.why}")) from error

    async def _pull(self, client: OnvifClient, point: PullPoint, snapshot_address: str | None) -> None:
        loop = asyncio.get_running_loop()
        while True:
            started_at = loop.time()
            result = await point.pull()
            if result.unreadable:
                await self._quarantine(result)
            else:
                self._unreadable = 0
                self.emit.heard()
            for event in result.events:
                await self._emit(event, client, snapshot_address)
            # Some cameras respond at once instead of waiting for an event.
            if not result.events:
                await asyncio.sleep(max(0.0, started_at + MIN_PULL_INTERVAL_S - loop.time()))

    async def _emit(self, event: OnvifEvent, client: OnvifClient, snapshot_address: str | None) -> None:
        signal = self._filter.process(event)
        if signal is None:
            return
        snapshot = await client.snapshot(snapshot_address) if signal.begins and snapshot_address else None
        await self.emit(
            Signal(
                device=self.device.id,
                kind=signal.kind,
                at=event.at,
                data=_details(signal, client.skew),
                fresh=True,
                picture=snapshot,
            )
        )

    async def _quarantine(self, result: PullResult) -> None:
        self._unreadable += 1
        reasons = [Words.of(each) for each in result.unreadable[:3]]
        why = Words("；".join(each.zh for each in reasons), "; ".join(each.en for each in reasons))
        await self.emit.quarantine(why, result.raw)
        self.emit.refused(None, kept_aside(why))
        # Have the supervisor reconnect: a new subscription may help.
        if self._unreadable >= MAX_UNREADABLE:
            en = f"{self.device.id}: {MAX_UNREADABLE} answers in a row could not be read: {why}"
            raise LinkLost(Words(_UNREADABLE_ZH, en))

    def _log_skew(self, client: OnvifClient) -> None:
        if abs(client.skew) > MIN_REPORTED_SKEW:
            ahead = round(client.skew.total_seconds())
            log.warning("camera clock is wrong: give it NTP", device=self.device.id, ahead_s=ahead)


def _details(signal: CameraSignal, skew: timedelta) -> Mapping[str, Any]:
    details: dict[str, Any] = {"topic": signal.topic}
    if signal.source:
        details["source"] = signal.source
    if abs(skew) > MIN_REPORTED_SKEW:
        details["clock_ahead_s"] = round(skew.total_seconds())
    return details


DRIVER = OnvifCamera
