"""Which camera saw it: the one that raised the alert, else the first at its place."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import Alert, Device, DeviceType


class CameraLookup:
    """Of the devices given, until it is given others."""

    def __init__(self, devices: Mapping[str, Device]) -> None:
        self.know(devices)

    def know(self, devices: Mapping[str, Device]) -> None:
        """These are the devices from now on."""
        cameras = [device for device in devices.values() if device.type is DeviceType.CAMERA]
        self._ids = frozenset(camera.id for camera in cameras)
        self._at_place = {camera.place: camera.id for camera in reversed(cameras)}

    def of(self, alert: Alert) -> str | None:
        if alert.device in self._ids:
            return alert.device
        return self.at(alert.place)

    def at(self, place: str) -> str | None:
        """The first at that place."""
        return self._at_place.get(place) if place else None
