"""Finds people and rooms by what the property is told: a name, a room, a plate, a card, the last digits of a phone.

The index is made of one Register and of the compound's places, and made anew with them. Names stand in one long text,
one a line, and so do phones, plates and rooms: looking through it for any part takes a millisecond for 15,000 people,
and needs no tree.
"""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import accumulate, islice

from gateway.model import Place, Register, Resident
from gateway.people import pinyin_initials
from gateway.people.number_plates import normalized_plate

_LEAST_DIGITS = 3
"""Of a phone's or a card's end; fewer would fit too many."""
_LEAST_OF_PLATE = 3
_MOST_ROOMS = 50
_NUMBERS = re.compile(r"\d+")


class Matched(StrEnum):
    """By what a person was found; the order is that of the results."""

    NAME = "name"
    ROOM = "room"
    PLATE = "plate"
    CARD = "card"
    PHONE = "phone"
    INITIALS = "initials"


_RANK = {each: number for number, each in enumerate(Matched)}


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person of the register and by what they were found."""

    resident: Resident
    by: Matched


@dataclass(frozen=True, slots=True)
class FoundRoom:
    """A room that the text names, or to which the plate belongs."""

    place: str
    by: Matched


@dataclass(frozen=True, slots=True)
class Found:
    """All people that fit, best first, and the first rooms that do."""

    people: Sequence[FoundPerson] = ()
    rooms: Sequence[FoundRoom] = ()


class _Lines:
    """Texts, one a line, and which of them hold a text."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._text = "\n".join(["", *texts, ""])
        self._ends = list(accumulate(len(text) + 1 for text in texts))

    def find(self, wanted: str) -> Iterator[int]:
        """The numbers of the texts, from 0. `wanted` may end with a line's end."""
        at = self._text.find(wanted)
        while at >= 0:
            number = bisect.bisect_left(self._ends, at)
            yield number
            at = self._text.find(wanted, self._ends[number])


class PeopleIndex:
    """Everybody of a Register, prepared for being looked for."""

    def __init__(self, register: Register, places: Mapping[str, Place]) -> None:
        self.register = register
        self.places = places
        self._people = sorted(
            register.persons.values(), key=lambda one: (one.place or "~", one.person.name, one.person.id)
        )
        self._names = _Lines([_plain(one.person.name) for one in self._people])
        self._phones = _Lines([one.person.phone for one in self._people])
        letters = [pinyin_initials.initials(one.person.name) for one in self._people]
        self._letters = _Lines(letters)
        self._unsure = [(number, text) for number, text in enumerate(letters) if pinyin_initials.ANY in text]
        self._paths = list(places)
        self._rooms = _Lines(
            [f"{_plain(places[path].name.zh)}\t{_plain(places[path].name.en)}" for path in self._paths]
        )
        self._numbered: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for path in self._paths:
            numbers = tuple(_NUMBERS.findall(path))
            for count in range(1, len(numbers) + 1):
                self._numbered[numbers[-count:]].append(path)
        self._at: dict[str, list[Resident]] = defaultdict(list)
        for one in self._people:
            for place in places_of(one):
                self._at[place].append(one)
        self._inhabited = sorted(self._at)
        self._known_plates = list(register.vehicles)
        self._plate_lines = _Lines(self._known_plates)
        self._plates: dict[str, list[str]] = {}
        for plate, vehicle in register.vehicles.items():
            if vehicle.person is not None:
                self._plates.setdefault(vehicle.person, []).append(plate)

    def plates_of(self, person: str, at: datetime) -> list[str]:
        """The plates of the person's own vehicles at this time."""
        return [plate for plate in self._plates.get(person, ()) if self.register.vehicles[plate].is_valid(at)]

    def everybody(self) -> Found:
        """All people, by room and name."""
        return Found([FoundPerson(one, Matched.NAME) for one in self._people])

    def find(self, text: str, holders: Iterable[str] = ()) -> Found:
        """Who fits the text. `holders`: the ids of those who hold a card with this number or these last digits."""
        wanted = _plain(text)
        if not wanted:
            return Found()
        found: dict[str, FoundPerson] = {}
        rooms = [FoundRoom(path, Matched.ROOM) for path in self.rooms_named(text)]
        plates = self._vehicles(text)
        for number, by in self._fitting(wanted):
            self._add(found, (self._people[number],), by)
        for path in dict.fromkeys(place for room in rooms for place in self._below(room.place)):
            self._add(found, self._at.get(path, ()), Matched.ROOM)
        for plate in plates:
            vehicle = self.register.vehicles[plate]
            owner = self.register.persons.get(vehicle.person or "")
            self._add(found, [owner] if owner else self._at.get(vehicle.place or "", ()), Matched.PLATE)
            if vehicle.place:
                rooms.append(FoundRoom(vehicle.place, Matched.PLATE))
        known = (self.register.persons.get(holder) for holder in holders)
        self._add(found, [resident for resident in known if resident is not None], Matched.CARD)
        people = sorted(found.values(), key=lambda each: _RANK[each.by])  # stable: by room and name within
        return Found(people, list({room.place: room for room in reversed(rooms)}.values())[::-1][:_MOST_ROOMS])

    def rooms_named(self, text: str) -> list[str]:
        """Places by path, by a part of the name, or by their numbers: `3-1-1502` and `1502` are b3/u1/1502."""
        wanted, path = _plain(text), text.strip("/ ").lower()
        if path in self.places:
            return [path]
        numbers = tuple(_NUMBERS.findall(text)) if re.fullmatch(r"[\d\s/.\-#]+", text.strip()) else ()
        if numbers:
            return self._numbered.get(numbers, [])[:_MOST_ROOMS]
        return [self._paths[number] for number in islice(self._rooms.find(wanted), _MOST_ROOMS)]

    def _fitting(self, wanted: str) -> Iterator[tuple[int, Matched]]:
        yield from ((number, Matched.NAME) for number in self._names.find(wanted))
        if wanted.isdecimal() and len(wanted) >= _LEAST_DIGITS:
            yield from ((number, Matched.PHONE) for number in self._phones.find(f"{wanted}\n"))
        if wanted.isascii() and wanted.isalpha() and len(wanted) > 1:
            yield from ((number, Matched.INITIALS) for number in self._letters.find(wanted))
            fitting = (number for number, known in self._unsure if pinyin_initials.fits(wanted, known))
            yield from ((number, Matched.INITIALS) for number in fitting)

    def _below(self, place: str) -> list[str]:
        """The place itself where people belong to it; for a building or a unit all rooms in it."""
        if place in self._at:
            return [place]
        first, end = (bisect.bisect_left(self._inhabited, f"{place}{mark}") for mark in "/0")  # 0 comes after /
        return self._inhabited[first:end]

    def _vehicles(self, text: str) -> list[str]:
        plate = normalized_plate(text)
        if len(plate) < _LEAST_OF_PLATE or not any(each.isdigit() for each in plate):
            return []
        return [self._known_plates[number] for number in self._plate_lines.find(plate)]

    @staticmethod
    def _add(found: dict[str, FoundPerson], residents: Collection[Resident], by: Matched) -> None:
        for resident in residents:
            key = resident.person.id
            if key not in found or _RANK[found[key].by] > _RANK[by]:
                found[key] = FoundPerson(resident, by)


def places_of(resident: Resident) -> Sequence[str]:
    """Every room the person belongs, belonged or will belong to."""
    stays = dict.fromkeys(each.place for each in resident.memberships)
    return list(stays) if stays or resident.place is None else [resident.place]


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
