"""From the rows of a list to residents and vehicles, with every mistake and its line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import ConfigError, Mistake
from gateway.model import PLACE_PATH, Listing, Person, Place, Resident, Vehicle
from gateway.people.plates import is_plate, plate_text
from gateway.people.spreadsheet import Row, read_rows

ROLES: Mapping[str, frozenset[str]] = {
    "owner": frozenset({"业主", "户主"}),
    "family": frozenset({"家属", "家人"}),
    "tenant": frozenset({"租户", "租客"}),
    "resident": frozenset({"住户", "居民"}),
    "staff": frozenset({"员工", "物业"}),
    "other": frozenset({"其他"}),
}
_ROLE = {spelling: role for role, others in ROLES.items() for spelling in {role, *others}}
_ROLE[""] = ""  # not said: an import keeps what stands
_LIST = {"": Listing.RESIDENT, "resident": Listing.RESIDENT, "住户": Listing.RESIDENT, "白名单": Listing.RESIDENT}
_LIST |= {"watch": Listing.WATCH, "布控": Listing.WATCH, "关注": Listing.WATCH, "黑名单": Listing.WATCH}
_PERSON_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_PHONE = re.compile(r"\+?[0-9]{5,15}")
_NAME_LIMIT = 60


@dataclass(slots=True)
class Roster:
    """What a list says in the end: by id and by plate."""

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

    def wrong(self, what: str, mend: str) -> None:
        self.mistakes.append(Mistake(self.file, self.line, what, mend))


def read_roster(file: Path, places: Mapping[str, Place] | None = None) -> Roster:
    """Read a CSV or YAML list. Raises ConfigError with every mistake of every line, in order.

    With `places` (of the configuration) a place must be one of them, by its path or by its
    full name; without, any well-formed path will do.
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


def person_id(place: str | None, name: str) -> str:
    """The id of a person whose list gives none: the same for the same name at the same place."""
    return "p-" + hashlib.blake2b(f"{place or ''}\n{name}".encode(), digest_size=6).hexdigest()


def _names(places: Mapping[str, Place]) -> Iterator[tuple[str, str]]:
    for path, place in places.items():
        yield _tight(place.name.zh), path
        yield _tight(place.name.en), path


def _tight(text: str) -> str:
    return "".join(text.split()).lower()


def _read(reading: _Reading, row: Row) -> None:
    listing = _LIST.get(row.cells.get("list", "").lower())
    if listing is None:
        reading.wrong(f"list {row.cells['list']!r} is not known", "write resident or watch")
        listing = Listing.RESIDENT
    place = _place(reading, row.cells.get("place", ""))
    if place is None and listing is Listing.RESIDENT and not row.cells.get("place"):
        reading.wrong("a resident without a place", "say the room, such as b3/u1/1502, or list: watch")
    if not row.cells.get("name") and not row.cells.get("plates"):
        reading.wrong("neither a name nor a plate", "say at least one of them")
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
        reading.wrong(f"{text!r} is not a place's path", "write it as b3/u1/1502, or give --config to use its name")
        return None
    found = path if path in reading.places else reading.by_name.get(_tight(text))
    if found is None:
        reading.wrong(f"there is no place {text!r} in compound.yaml", "correct it, or add the place there")
    return found


def _add_resident(reading: _Reading, cells: Mapping[str, str], place: str | None, listing: Listing) -> None:
    name = cells["name"]
    if len(name) > _NAME_LIMIT:
        reading.wrong(f"a name of {len(name)} characters", f"{_NAME_LIMIT} is the most")
    key = cells.get("id") or person_id(place, name)
    if not _PERSON_ID.fullmatch(key):
        reading.wrong(f"id {key!r}", "use small letters, digits, - and _, up to 63")
    person = Person(key, name, _phone(reading, cells.get("phone", "")), _role(reading, cells.get("role", "")))
    resident = Resident(person, place, listing)
    before = reading.roster.residents.setdefault(key, resident)
    if before != resident:
        reading.wrong(f"{name} stands twice with different particulars", "keep one line, or give each an id")


def _phone(reading: _Reading, text: str) -> str:
    digits = re.sub(r"[\s\-()（）]", "", text)
    if digits and not _PHONE.fullmatch(digits):
        reading.wrong("a phone number that is none", "use 5 to 15 digits; in a spreadsheet format the column as text")
    return digits


def _role(reading: _Reading, text: str) -> str:
    role = _ROLE.get(text.lower())
    if role is None:
        reading.wrong(f"role {text!r} is not known", f"write {', '.join(ROLES)}")
    return role or ""


def _plates(reading: _Reading, text: str) -> Iterator[str]:
    for word in re.split(r"[\s,;，；、/|]+", text):
        plate = plate_text(word)
        if plate and is_plate(plate):
            yield plate
        elif plate:
            reading.wrong(
                f"{word!r} can't be a number plate",
                "write it as 苏M12345 (0 and 1, no O or I), several with ; between",
            )


def _add_vehicle(reading: _Reading, vehicle: Vehicle) -> None:
    before = reading.roster.vehicles.setdefault(vehicle.plate, vehicle)
    if before != vehicle:
        reading.wrong(f"plate {vehicle.plate} stands at two places or on two lists", "keep one of them")
