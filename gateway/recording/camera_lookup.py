"""Finds the camera for an alert: the one that raised it, else the first at its place."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import Alert, Device, DeviceType


class CameraLookup:
    """Knows the cameras among the configured devices."""

    def __init__(self, devices: Mapping[str, Device]) -> None:
        self.set_devices(devices)

    def set_devices(self, devices: Mapping[str, Device]) -> None:
        """Replace the devices after a change of the configuration."""
        cameras = [device for device in devices.values() if device.type is DeviceType.CAMERA]
        self._ids = frozenset(camera.id for camera in cameras)
        # Reversed, so that the first camera of a place wins.
        self._by_place = {camera.place: camera.id for camera in reversed(cameras)}

    def for_alert(self, alert: Alert) -> str | None:
        """The id of the camera that sees the alert; None when there is none."""
        if alert.device in self._ids:
            return alert.device
        return self.at_place(alert.place)

    def at_place(self, place: str) -> str | None:
        """The id of the first camera at exactly that place; None when there is none."""
        return self._by_place.get(place) if place else None
