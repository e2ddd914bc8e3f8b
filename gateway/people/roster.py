"""Reads a list of residents and vehicles from a file, or reports every mistake with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import ConfigError, Mistake
from gateway.model import PLACE_PATH, Listing, Person, Place, Resident, Vehicle
from gateway.people.number_plates import is_plate, normalized_plate
from gateway.people.spreadsheet import SheetRow, read_rows

ROLES: Mapping[str, frozenset[str]] = {
    "owner": frozenset({"业主", "户主"}),
    "family": frozenset({"家属", "家人"}),
    "tenant": frozenset({"租户", "租客"}),
    "resident": frozenset({"住户", "居民"}),
    "staff": frozenset({"员工", "物业"}),
    "other": frozenset({"其他"}),
}
_ROLE = {spelling: role for role, others in ROLES.items() for spelling in {role, *others}}
_ROLE[""] = ""  # no role given: an import keeps the stored one
_LIST = {"": Listing.RESIDENT, "resident": Listing.RESIDENT, "住户": Listing.RESIDENT, "白名单": Listing.RESIDENT}
_LIST |= {"watch": Listing.WATCH, "布控": Listing.WATCH, "关注": Listing.WATCH, "黑名单": Listing.WATCH}
_PERSON_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_PHONE = re.compile(r"\+?[0-9]{5,15}")
_NAME_LIMIT = 60


@dataclass(slots=True)
class Roster:
    """The content of a list: residents by id, or by place and name where the list gives none; vehicles by plate."""

    residents: dict[str, Resident] = field(default_factory=dict)
    vehicles: dict[str, Vehicle] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    file: Path
    places: Mapping[str, Place] | None
    by_name: Mapping[str, str]
    roster: Roster = field(default_factory=Roster)
    mistakes: list[Mistake] = field(default_factory=list)
    line: int = 0

    def add_mistake(self, what: str, mend: str) -> None:
        """Note a mistake in the current line."""
        self.mistakes.append(Mistake(self.file, self.line, what, mend))


def read_roster(file: Path, places: Mapping[str, Place] | None = None) -> Roster:
    """Read a CSV or YAML list. Raises ConfigError with every mistake of every line, in order.

    With `places` (of the configuration) a place must be one of them, given by path or full name. Without, any
    well-formed path is accepted.
    """
    reading = _Reading(file, places, dict(_names(places or {})))
    for row in read_rows(file):
        if isinstance(row, Mistake):
            reading.mistakes.append(row)
        else:
            reading.line = row.line
            _read(reading, row)
    if reading.mistakes:
        raise ConfigError(reading.mistakes)
    return reading.roster


def _names(places: Mapping[str, Place]) -> Iterator[tuple[str, str]]:
    for path, place in places.items():
        yield _normalized_name(place.name.zh), path
        yield _normalized_name(place.name.en), path


def _normalized_name(text: str) -> str:
    return "".join(text.split()).lower()


def _read(reading: _Reading, row: SheetRow) -> None:
    listing = _LIST.get(row.cells.get("list", "").lower())
    if listing is None:
        reading.add_mistake(f"list {row.cells['list']!r} is not known", "write resident or watch")
        listing = Listing.RESIDENT
    place = _place(reading, row.cells.get("place", ""))
    if place is None and listing is Listing.RESIDENT and not row.cells.get("place"):  # a wrong place is noted already
        reading.add_mistake("a resident without a place", "give the room, such as b3/u1/1502, or list: watch")
    if not row.cells.get("name") and not row.cells.get("plates"):
        reading.add_mistake("neither a name nor a plate", "give at least one of them")
    if row.cells.get("name"):
        _add_resident(reading, row.cells, place, listing)
    for plate in _plates(reading, row.cells.get("plates", "")):
        _add_vehicle(reading, Vehicle(plate, place, listing))


def _place(reading: _Reading, text: str) -> str | None:
    if not text:
        return None
    path = text.strip("/ ")
    if reading.places is None:
        if PLACE_PATH.fullmatch(path):
            return path
        reading.add_mistake(
            f"{text!r} is not a place's path", "write it as b3/u1/1502, or give --config to use its name"
        )
        return None
    found = path if path in reading.places else reading.by_name.get(_normalized_name(text))
    if found is None:
        reading.add_mistake(f"there is no place {text!r} in compound.yaml", "correct it, or add the place there")
    return found


def _add_resident(reading: _Reading, cells: Mapping[str, str], place: str | None, listing: Listing) -> None:
    name = cells["name"]
    if len(name) > _NAME_LIMIT:
        reading.add_mistake(f"a name of {len(name)} characters", f"{_NAME_LIMIT} is the most")
    given = cells.get("id", "")
    if given and not _PERSON_ID.fullmatch(given):
        reading.add_mistake(f"id {given!r}", "use small letters, digits, - and _, up to 63")
    person = Person(given, name, _phone(reading, cells.get("phone", "")), _role(reading, cells.get("role", "")))
    resident = Resident(person, place, listing)
    before = reading.roster.residents.setdefault(given or f"{place or ''}\n{name}", resident)
    if before != resident:  # a resident with several cars may have a line for each
        reading.add_mistake(f"{name} is there twice with different data", "keep one line, or give each an id")


def _phone(reading: _Reading, text: str) -> str:
    digits = re.sub(r"[\s\-()（）]", "", text)
    if digits and not _PHONE.fullmatch(digits):
        reading.add_mistake("no valid phone number", "use 5 to 15 digits; in a spreadsheet format the column as text")
    return digits


def _role(reading: _Reading, text: str) -> str:
    role = _ROLE.get(text.lower())
    if role is None:
        reading.add_mistake(f"role {text!r} is not known", f"write {', '.join(ROLES)}")
    return role or ""


def _plates(reading: _Reading, text: str) -> Iterator[str]:
    for word in re.split(r"[\s,;，；、/|]+", text):
        plate = normalized_plate(word)
        if plate and is_plate(plate):
            yield plate
        elif plate:
            reading.add_mistake(
                f"{word!r} can't be a number plate",
                "write it as 苏M12345 (0 and 1, no O or I), several with ; between",
            )


def _add_vehicle(reading: _Reading, vehicle: Vehicle) -> None:
    before = reading.roster.vehicles.setdefault(vehicle.plate, vehicle)
    if before != vehicle:
        reading.add_mistake(f"plate {vehicle.plate} is at two places or on two lists", "keep one of them")
