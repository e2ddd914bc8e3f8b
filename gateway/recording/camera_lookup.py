"""Finds the cameras of an alert or an incident: those that raised it, at its places, around them, or tied by `near`.

`near` are the groups of neighbouring places of compound.yaml.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum

from gateway.model import Alert, Device, DeviceType

MAX_CAMERAS = 6
"""Cameras of one alert or incident: more pictures than these nobody can watch at once."""


_MAX_REMEMBERED = 10_000


class CameraRelation(IntEnum):
    """How a camera belongs to a place. At the same distance a lower one comes first."""

    OWN = 0
    """It raised the alert, or stands at its place."""
    BELOW = 1
    NEAR = 2
    """At a neighbouring place, or below one."""
    ABOVE = 3
    """It overlooks a larger place, such as a building's lobby, and need not see this one."""


class CameraLookup:
    """Knows the cameras among the configured devices."""

    def __init__(self, devices: Mapping[str, Device], near: Iterable[Collection[str]] = ()) -> None:
        self.set_devices(devices, near)

    def set_devices(self, devices: Mapping[str, Device], near: Iterable[Collection[str]] = ()) -> None:
        """Replace the devices and neighbours after a change of the configuration."""
        self._cameras = {device.id: device for device in devices.values() if device.type is DeviceType.CAMERA}
        self._near = tuple(frozenset(group) for group in near)
        self._remembered: dict[tuple[tuple[str, ...], tuple[str, ...]], list[tuple[str, CameraRelation]]] = {}

    def for_alert(self, alert: Alert) -> str | None:
        """The one camera to take pictures and recordings of the alert with; None when none sees it.

        Never one that only overlooks a larger place: the camera in the lobby does not see the flat.
        """
        return next((camera for camera, how in self._of_alert(alert) if how < CameraRelation.ABOVE), None)

    def around_alert(self, alert: Alert, most: int = MAX_CAMERAS) -> list[str]:
        """The cameras to show with the alert, nearest first."""
        return [camera for camera, _ in self._of_alert(alert)][:most]

    def around(self, places: Iterable[str], devices: Iterable[str] = (), most: int = MAX_CAMERAS) -> list[str]:
        """The cameras to show for these places, nearest first; cameras among `devices` come before all others."""
        return [camera for camera, _ in self._ranked(places, devices)][:most]

    def at_place(self, place: str) -> str | None:
        """The id of the first camera at exactly that place; None when there is none."""
        return next((camera.id for camera in self._cameras.values() if place and camera.place == place), None)

    def _of_alert(self, alert: Alert) -> list[tuple[str, CameraRelation]]:
        return self._ranked([alert.place], [alert.device] if alert.device in self._cameras else [])

    def _ranked(self, places: Iterable[str], devices: Iterable[str]) -> list[tuple[str, CameraRelation]]:
        # Remembered, because lists show hundreds of alerts and incidents at few places.
        key = tuple(dict.fromkeys(places)), tuple(dict.fromkeys(devices))
        if key not in self._remembered:
            if len(self._remembered) >= _MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = list(self._rank(*key))
        return self._remembered[key]

    def _rank(self, places: Sequence[str], devices: Collection[str]) -> Iterator[tuple[str, CameraRelation]]:
        found = []
        for order, camera in enumerate(self._cameras.values()):
            if camera.id in devices:
                found.append(((-1, CameraRelation.OWN, order), camera.id))
            elif relations := [r for place in places if place for r in self._relations(camera.place, place)]:
                found.append(((*min(relations), order), camera.id))
        return ((camera, CameraRelation(rank[1])) for rank, camera in sorted(found))

    def _relations(self, camera: str, place: str) -> Iterator[tuple[int, CameraRelation]]:
        """How far the camera's place is from a place, in levels of the tree, in each way it belongs to it."""
        if not camera:
            return
        if camera == place:
            yield 0, CameraRelation.OWN
        elif camera.startswith(f"{place}/"):
            yield _levels(camera, place), CameraRelation.BELOW
        elif place.startswith(f"{camera}/"):
            yield _levels(place, camera), CameraRelation.ABOVE
        for neighbour in (each for group in self._near if place in group for each in group if each != place):
            if camera == neighbour or camera.startswith(f"{neighbour}/"):
                yield 1 + _levels(camera, neighbour), CameraRelation.NEAR


def _levels(lower: str, upper: str) -> int:
    return lower.count("/") - upper.count("/")
