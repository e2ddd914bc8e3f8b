"""Writes the register as a list that an import reads back without a change. PINs are never in it."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.model import CredentialKind, Listing
from gateway.people.cell_values import moment_text
from gateway.people.import_plan import is_over
from gateway.people.list_columns import COLUMNS, NEVER_EXPORTED, as_text
from gateway.people.register_writer import MembershipData, PersonData
from gateway.people.roster import KINDS, LISTS, ROLES
from gateway.people.stored_register import StoredRegister

BOM = b"\xef\xbb\xbf"
"""Without it Excel takes UTF-8 for the code page of the machine."""
EXPORTED = tuple(column for column in COLUMNS if column not in NEVER_EXPORTED)


def heading(language: str) -> list[str]:
    """The column names."""
    return [COLUMNS[column][0] if language == "zh" else column for column in EXPORTED]


def csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as CSV in UTF-8; no cell is a formula."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([as_text(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


@dataclass(frozen=True, slots=True)
class Layout:
    """In which language and zone, only at or below `under` (empty: everywhere), and what is not over at `at`."""

    language: str
    zone: ZoneInfo
    at: datetime
    under: str = ""

    def has(self, place: str | None) -> bool:
        """Whether the place is asked for."""
        return not self.under or place == self.under or (place or "").startswith(f"{self.under}/")


def export_rows(stored: StoredRegister, layout: Layout) -> list[list[str]]:
    """The rows, by place. Vehicles and cards with the dates of their person's stay stand in that row."""
    lines = list(_Export(stored, layout).lines())
    lines.sort(key=lambda line: (line.get("place", "~"), line.get("kind", ""), line.get("id", "")))
    return [[line.get(column, "") for column in EXPORTED] for line in lines]


_Key = tuple[str | None, str | None, datetime | None, datetime | None, Listing]


@dataclass(slots=True)
class _Export:
    stored: StoredRegister
    layout: Layout
    plates: dict[_Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    cards: dict[_Key, list[str]] = field(default_factory=lambda: defaultdict(list))

    def lines(self) -> Iterator[Mapping[str, str]]:
        self._collect()
        roomless = set(self.stored.persons)
        for stay in self.stored.memberships.values():
            roomless.discard(stay.person)
            if self.layout.has(stay.place) and not is_over(stay.until, self.layout.at):
                yield self._stay(stay)
        if not self.layout.under:
            yield from (self._watched(key) for key in roomless if self.stored.persons[key].listing is Listing.WATCH)
        for kind, groups, column in (("vehicle", self.plates, "plates"), ("card", self.cards, "cards")):
            for key, values in groups.items():
                yield self._line(kind, key, {column: ";".join(values)})

    def _collect(self) -> None:
        for plate, vehicle in self.stored.vehicles.items():
            if self.layout.has(vehicle.place) and not is_over(vehicle.until, self.layout.at):
                key = (vehicle.person, vehicle.place, vehicle.since, vehicle.until, vehicle.listing)
                self.plates[key].append(plate)
        for card in self.stored.credentials.values():
            valid = card.kind is CredentialKind.CARD and card.value and not is_over(card.until, self.layout.at)
            if valid and self.layout.has(card.place):
                key = (card.person, card.place, card.since, card.until, Listing.RESIDENT)
                self.cards[key].append(card.value.replace(",", ":"))

    def _stay(self, stay: MembershipData) -> Mapping[str, str]:
        person = self.stored.persons[stay.person]
        key = (stay.person, stay.place, stay.since, stay.until, person.listing)
        more = {"plates": ";".join(self.plates.pop(key, ())), "cards": ";".join(self.cards.pop(key, ()))}
        more["role"] = self._word(ROLES, stay.role)
        return {**self._line("", key, more), **self._personal(person)}

    def _watched(self, person: str) -> Mapping[str, str]:
        data = self.stored.persons[person]
        return {**self._line("", (person, None, None, None, Listing.WATCH), {}), **self._personal(data)}

    def _line(self, kind: str, key: _Key, more: Mapping[str, str]) -> Mapping[str, str]:
        person, place, since, until, listing = key
        return {
            "id": person or "",
            "kind": self._word(KINDS, kind) if kind else "",
            "place": place or "",
            "name": self.stored.persons[person].name if person else "",
            "since": moment_text(since, self.layout.zone),
            "until": moment_text(until, self.layout.zone, whole_day=True),
            "list": self._word(LISTS, listing.value) if listing is Listing.WATCH else "",
            **more,
        }

    def _personal(self, person: PersonData) -> Mapping[str, str]:
        born = person.born.isoformat() if person.born else ""
        return {"phone": person.phone, "id_number": person.id_number, "born": born}

    def _word(self, words: Mapping[str, tuple[str, ...]], word: str) -> str:
        return words[word][0] if self.layout.language == "zh" and word in words else word
