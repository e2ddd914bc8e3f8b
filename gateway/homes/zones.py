"""Which signal is about which zone of which home, from the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.config.residents import HomeSection, HomeZone
from gateway.model import Signal

OPENING = frozenset({"zone.alarm", "door.opened", "motion.started"})
CLOSING = frozenset({"zone.restored", "door.closed", "motion.ended"})
Detector = tuple[str, int | None]
"""A device, and its number of the zone where it has several."""


@dataclass(frozen=True, slots=True)
class ZoneAtHome:
    """A zone, and the home that it belongs to."""

    home: HomeSection
    zone: HomeZone


class ZoneLookup:
    """Finds homes by place, and zones by the signals about them. Mirrored homes' zones are their panels' matter."""

    def __init__(self, homes: Iterable[HomeSection]) -> None:
        self.homes: Mapping[str, HomeSection] = {home.place: home for home in homes}
        self._zones: dict[Detector, ZoneAtHome] = {
            (zone.device, zone.zone): ZoneAtHome(home, zone)
            for home in self.homes.values()
            if not home.mirrored
            for zone in home.zones
        }
        self._panels: dict[str, list[HomeSection]] = {}
        for home in self.homes.values():
            if home.mirrored and home.panel is not None:
                self._panels.setdefault(home.panel, []).append(home)

    def of(self, signal: Signal) -> ZoneAtHome | None:
        """The zone that the signal is about."""
        return self._zones.get((signal.device, number_of(signal, "zone"))) or self._zones.get((signal.device, None))

    def mirrored(self, signal: Signal) -> list[HomeSection]:
        """The homes whose panel's arming the signal reports; one without `area` takes the whole panel's."""
        area = number_of(signal, "area")
        return [home for home in self._panels.get(signal.device, ()) if home.area is None or home.area == area]

    @property
    def devices(self) -> frozenset[str]:
        """Devices that have a zone of a home."""
        return frozenset(device for device, _ in self._zones)


def own_zones(homes: Iterable[HomeSection]) -> frozenset[Detector]:
    """The detectors whose alarms the gateway's own rule decides on."""
    return frozenset((zone.device, zone.zone) for home in homes if not home.mirrored for zone in home.zones)


def number_of(signal: Signal, key: str) -> int | None:
    """The number in the signal's data, also where a device writes it as text."""
    value = signal.data.get(key)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:9])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def counted(home: HomeSection, mode: str) -> list[HomeZone]:
    """The zones that count in this mode, bypasses aside."""
    left_out = getattr(home.left_out, mode, ()) if mode != "away" else ()
    return [zone for zone in home.zones if zone.id not in left_out]


def names(home: HomeSection, zones: Iterable[str]) -> str:
    """The zones' names in one phrase; a zone that is gone by its id."""
    by_id = {zone.id: zone.name for zone in home.zones}
    return "、".join(by_id.get(zone, zone) for zone in zones)
