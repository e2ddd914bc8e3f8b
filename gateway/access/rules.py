"""The settings of access.yaml, ready to decide by: doors and readers by id, places, working days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.access.calendar import Calendar
from gateway.config.access import HERE, AccessSettings, DoorSection, ReaderSection, RightSection
from gateway.config.configuration import Configuration


class AccessRules:
    """Made anew when the configuration changes. `places` is the place of every device."""

    def __init__(self, settings: AccessSettings, places: Mapping[str, str], zone: ZoneInfo) -> None:
        self.settings = settings
        self.doors: Mapping[str, DoorSection] = {door.device: door for door in settings.doors}
        self.readers: Mapping[str, tuple[DoorSection, ReaderSection]] = {
            reader.device: (door, reader) for door in settings.doors for reader in door.readers
        }
        self.zone = zone
        self.calendar = Calendar(settings.holidays, zone)
        self._places = places

    @classmethod
    def of(cls, configuration: Configuration) -> AccessRules:
        """Of a configuration."""
        places = {device.id: device.place for device in configuration.all_devices().values()}
        return cls(configuration.access, places, ZoneInfo(configuration.compound.timezone))

    def place_of(self, door: DoorSection) -> str:
        """The place whose residents `here` means."""
        return door.place or self._places.get(door.device, "")

    def reader(self, door: DoorSection, device: str) -> ReaderSection | None:
        """The door's reader of this id; None for a credential that no reader read."""
        return next((reader for reader in door.readers if reader.device == device), None)

    def is_now(self, right: RightSection, at: datetime) -> bool:
        """Whether the right's schedule covers this moment; one that does not exist covers none."""
        if right.schedule is None:
            return True
        return self.calendar.covers(self.settings.schedules.get(right.schedule, ()), at)

    def residences(self, door: DoorSection, right: RightSection) -> tuple[str, ...]:
        """The places whose residents the right is for."""
        return tuple(self.place_of(door) if place == HERE else place for place in right.residents)

    def zones_of(self, door: DoorSection, reader: str) -> tuple[str | None, str | None]:
        """The zones that one enters and leaves by passing: the reader's where it has any, else the door's."""
        found = self.reader(door, reader)
        if found is not None and (found.enters or found.leaves):
            return found.enters, found.leaves
        return door.enters, door.leaves

    def burns(self, door: DoorSection, burning: Mapping[str, str]) -> bool:
        """Whether a fire opens the door. Lifts stay as they are: in a fire nobody is to take one."""
        if not door.fire_release or door.floors or not burning:
            return False
        if self.settings.fire.scope == "compound":
            return True
        mine = self.place_of(door).partition("/")[0]
        return any(place.partition("/")[0] == mine for place in burning.values())

    def fire_counts(self, device: str) -> bool:
        """Whether a fire alarm of this device opens doors."""
        return not self.settings.fire.devices or device in self.settings.fire.devices

    def place_of_device(self, device: str) -> str:
        """Where a device is; empty for an unknown one."""
        return self._places.get(device, "")
