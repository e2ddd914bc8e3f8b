"""Notices what can't be: too many scans, scans far from the door, one person at two doors at once.

It keeps the last minutes in memory, bounded, and starts empty. Who scanned is kept for a minute and told to nobody.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from gateway.config.residents.door_plates import DoorPlateSection
from gateway.door_plate.positions import Position, building, metres, position_of

MINUTE = timedelta(minutes=1)
AT_ONCE = timedelta(seconds=15)
"""Nobody gets from one building to another in this time; used where the YAML has no positions."""
REPEAT_AFTER = timedelta(minutes=10)
"""The same suspicion about the same plate is told again after this time."""
_MAX_KEYS = 5000
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Scan:
    """One look at a plate's page. `who`: who is signed in on the phone; `position`: where the phone says it is.

    `door` is where the plate was hung, `just_at` places at which that person was within the last minute.
    """

    place: str
    at: datetime
    who: str = ""
    position: Position | None = None
    door: Position | None = None
    just_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a plate may be swapped, copied or old; `data` as in signals `door_plate.suspected`."""

    place: str
    why: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Plate:
    recent: deque[datetime] = field(default_factory=deque)
    unsaid: int = 0
    said_at: datetime | None = None


class ScanWatch:
    """`settings` gives the present section of residents.yaml."""

    def __init__(self, settings: Callable[[], DoorPlateSection]) -> None:
        self._settings = settings
        self._plates: OrderedDict[str, _Plate] = OrderedDict()
        self._last: OrderedDict[str, tuple[str, datetime]] = OrderedDict()
        self._told: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    def scanned(self, scan: Scan) -> tuple[int, list[Suspicion]]:
        """Count a scan. Returns how many scans to tell of now (0: none, a minute has not passed), and what is odd."""
        plate = self._plates.get(scan.place) or _Plate()
        _put(self._plates, scan.place, plate)
        plate.recent.append(scan.at)
        while plate.recent and not timedelta() <= scan.at - plate.recent[0] < MINUTE:
            plate.recent.popleft()
        if len(plate.recent) > self._settings().many + 1:  # bounded: more need not be counted exactly
            plate.recent.popleft()
        found = [*self._many(scan, plate), *self._far(scan), *self._elsewhere(scan)]
        return self._to_tell(plate, scan.at), [each for each in found if self.is_news(each, scan.at)]

    def is_news(self, suspicion: Suspicion, at: datetime) -> bool:
        """Whether it has not been told within the last minutes; it counts as told from now on."""
        key = suspicion.place, suspicion.why
        told = self._told.get(key)
        if told is not None and timedelta() <= at - told < REPEAT_AFTER:
            return False
        _put(self._told, key, at)
        return True

    def _many(self, scan: Scan, plate: _Plate) -> list[Suspicion]:
        count = len(plate.recent)
        return [Suspicion(scan.place, "many", {"times": count})] if count > self._settings().many else []

    def _far(self, scan: Scan) -> list[Suspicion]:
        settings = self._settings()
        door = scan.door or position_of(scan.place, settings.positions)
        if scan.position is not None and door is not None:
            distance = metres(scan.position, door)
            if distance > settings.far:
                return [Suspicion(scan.place, "far", {"metres": round(distance)})]
        for other in scan.just_at:
            if self._apart(scan.place, other, MINUTE):
                return [Suspicion(scan.place, "far", {"other": other})]
        return []

    def _elsewhere(self, scan: Scan) -> list[Suspicion]:
        """The same person at another plate just before: one of the two is a copy."""
        if not scan.who:
            return []
        last = self._last.get(scan.who)
        _put(self._last, scan.who, (scan.place, scan.at))
        if last is None:
            return []
        other, at = last
        if other != scan.place and self._apart(scan.place, other, abs(scan.at - at)):
            return [Suspicion(scan.place, "impossible", {"other": other})]
        return []

    def _apart(self, place: str, other: str, within: timedelta) -> bool:
        """Whether nobody gets from one to the other in this time."""
        if within > MINUTE:
            return False
        settings = self._settings()
        one, two = position_of(place, settings.positions), position_of(other, settings.positions)
        if one is not None and two is not None:
            return metres(one, two) > settings.far
        return within <= AT_ONCE and building(place) != building(other)

    def _to_tell(self, plate: _Plate, at: datetime) -> int:
        plate.unsaid += 1
        if plate.said_at is not None and timedelta() <= at - plate.said_at < MINUTE:
            return 0
        count, plate.unsaid, plate.said_at = plate.unsaid, 0, at
        return count


def _put(table: OrderedDict[K, V], key: K, value: V) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > _MAX_KEYS:
        table.popitem(last=False)
