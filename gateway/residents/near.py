"""Which doors a phone is near: its door plate was scanned within the last minutes.

An address can be kept and opened elsewhere, so this is no proof of being there. It makes opening a deliberate act at a
door of one's own; the decision at the door still asks for the person's rights, and each opening is on record.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

_MAX = 10_000
"""Phones remembered at once."""


class NearDoors:
    """The last scan of each phone. It is not kept over a restart."""

    def __init__(self, now: Callable[[], datetime], valid: Callable[[], timedelta]) -> None:
        self._now, self._valid = now, valid
        self._scans: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    def scanned(self, device: str, place: str) -> None:
        """This phone scanned the door plate of this place."""
        self._scans[device] = (place, self._now())
        self._scans.move_to_end(device)
        if len(self._scans) > _MAX:
            self._scans.popitem(last=False)

    def place(self, device: str) -> tuple[str, datetime] | None:
        """The place that the phone is at, and until when that counts."""
        place, at = self._scans.get(device, ("", self._now()))
        until = at + self._valid()
        return (place, until) if place and self._now() < until else None


def doors_near(place: str, room: str, door_places: dict[str, str]) -> list[str]:
    """The ids of the doors of a scanned place: its own, and on the way to the room, of its unit and its building.

    `door_places` are the places of all doors. Which of them the person may open is decided at the door.
    """
    on_the_way = {place}
    if room == place or room.startswith(f"{place}/"):
        parts = room.split("/")
        on_the_way |= {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return [door for door, at in door_places.items() if at in on_the_way]
