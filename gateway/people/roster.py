"""Reads a list of residents from a file: the roster, or every mistake with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.model import PLACE_PATH, Listing, Place, Words
from gateway.people import cell_values
from gateway.people.cell_values import CellFault
from gateway.people.list_mistakes import LineMistake, ListRefused
from gateway.people.roster_facts import (
    ListedCredential,
    ListedMembership,
    ListedPerson,
    ListedVehicle,
    PersonLookup,
    Roster,
    joined,
    same_stay,
)
from gateway.people.spreadsheet import SheetRow, read_rows

ROLES: Mapping[str, tuple[str, ...]] = {
    "owner": ("业主", "户主"),
    "family": ("家属", "家人"),
    "tenant": ("租户", "租客"),
    "carer": ("护工", "保姆", "照护"),
    "resident": ("住户", "居民"),
    "staff": ("员工", "物业"),
    "other": ("其他",),
}
"""Each role with its other spellings; the first is what an export in Chinese writes."""
KINDS: Mapping[str, tuple[str, ...]] = {"person": ("人员",), "vehicle": ("车辆",), "card": ("卡",)}
LISTS: Mapping[str, tuple[str, ...]] = {
    "resident": ("住户", "白名单"),
    "watch": ("布控", "关注", "黑名单"),
}
CHINA = ZoneInfo("Asia/Shanghai")
_PERSON_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_NAME_LIMIT = 60


def _spellings(words: Mapping[str, tuple[str, ...]]) -> Mapping[str, str]:
    return {"": "", **{spelling: word for word, others in words.items() for spelling in (word, *others)}}


_ROLE, _KIND, _LIST = _spellings(ROLES), _spellings(KINDS), _spellings(LISTS)


def read_roster(file: Path, places: Mapping[str, Place] | None = None, zone: ZoneInfo = CHINA) -> Roster:
    """Read a list (XLSX, CSV or YAML). Raises ListRefused with every mistake of every line, in order.

    With `places` (of the configuration) a place must be one of them, given by path or full name. Without, any
    well-formed path is accepted. Dates are days of `zone`.
    """
    reading = _Reading(places, zone)
    try:
        for row in read_rows(file):
            if isinstance(row, LineMistake):
                reading.mistakes.append(row)
            else:
                reading.read(row)
    except ListRefused as refused:
        raise ListRefused(refused.lines, file) from refused
    if reading.mistakes:
        raise ListRefused(sorted(reading.mistakes, key=lambda each: each.line), file)
    return reading.roster


@dataclass(slots=True)
class _Line:
    """One line, its dates and lists understood."""

    number: int
    cells: Mapping[str, str]
    place: str | None
    listing: Listing
    since: datetime | None
    until: datetime | None
    person: int | None = None

    def cell(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(slots=True)
class _Reading:
    places: Mapping[str, Place] | None
    zone: ZoneInfo
    roster: Roster = field(default_factory=Roster)
    mistakes: list[LineMistake] = field(default_factory=list)
    line: int = 0
    lookup: PersonLookup = field(init=False)
    stays: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    by_name: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.lookup = PersonLookup(self.roster)
        self.by_name = dict(_names(self.places or {}))

    def note(self, what: Words, fix: Words) -> None:
        """A mistake in the current line."""
        self.mistakes.append(LineMistake(self.line, what, fix))

    def value(self, read: Callable[[str], str], cell: str) -> str:
        """The cell's value; empty with a mistake where it means nothing."""
        try:
            return read(cell)
        except CellFault as fault:
            self.note(fault.what, fault.fix)
            return ""

    def read(self, row: SheetRow) -> None:
        """Take one line in."""
        self.line = row.line
        line = self._understand(row)
        kind = _KIND.get(row.cells.get("kind", "").lower())
        if kind is None:
            self.note(
                Words(f"不认识类别“{row.cells['kind']}”", f"kind {row.cells['kind']!r} is not known"),
                Words("写 人员、车辆、卡，或留空", "write person, vehicle or card, or leave it empty"),
            )
        self._need_content(line, kind or "")
        if line.cell("name"):
            line.person = self._person(line, stays=not kind or kind == "person")
        for plate in self._found(cell_values.plates(line.cell("plates"))):
            self._add_vehicle(line, plate)
        for number in self._found(cell_values.cards(line.cell("cards"))):
            self._add_credential(line, "card", number)
        if pin := self.value(cell_values.pin, line.cell("pin")):
            self._add_credential(line, "pin", pin)

    def _understand(self, row: SheetRow) -> _Line:
        cells, listing = row.cells, _LIST.get(row.cells.get("list", "").lower())
        if listing is None:
            self.note(
                Words(f"不认识名单“{cells['list']}”", f"list {cells['list']!r} is not known"),
                Words("写 住户 或 布控", "write resident or watch"),
            )
        on_list = Listing(listing or "resident")
        place = self._place(cells.get("place", ""))
        if place is None and on_list is Listing.RESIDENT and not cells.get("place"):  # a wrong place is noted already
            self.note(
                Words("住户没有写房号", "a resident without a place"),
                Words("写房号，例如 b3/u1/1502，或名单写 布控", "give the room, such as b3/u1/1502, or list: watch"),
            )
        since, until = self._moment(cells.get("since", "")), self._moment(cells.get("until", ""), whole_day=True)
        if since and until and until <= since:
            self.note(
                Words("结束日期早于开始日期", "it ends before it begins"), Words("请核对两个日期", "check both dates")
            )
        return _Line(row.line, cells, place, on_list, since, until)

    def _moment(self, text: str, *, whole_day: bool = False) -> datetime | None:
        try:
            return cell_values.moment(text, self.zone, whole_day=whole_day)
        except CellFault as fault:
            self.note(fault.what, fault.fix)
            return None

    def _need_content(self, line: _Line, kind: str) -> None:
        wanted = {"": ("name", "plates", "cards", "pin"), "person": ("name",), "vehicle": ("plates",)}
        columns = wanted.get(kind, ("cards", "pin"))
        if not any(line.cell(column) for column in columns):
            what = {
                "": Words("没有姓名、车牌，也没有卡号", "neither a name nor a plate nor a card"),
                "person": Words("没有姓名", "no name"),
                "vehicle": Words("没有车牌", "no plate"),
            }.get(kind, Words("没有卡号", "no card"))
            self.note(what, Words("至少写一项", "give at least one of them"))

    def _found(self, values: Iterator[str | CellFault]) -> Iterator[str]:
        for value in values:
            if isinstance(value, CellFault):
                self.note(value.what, value.fix)
            else:
                yield value

    def _place(self, text: str) -> str | None:
        if not text:
            return None
        path = text.strip("/ ")
        if self.places is None:
            if PLACE_PATH.fullmatch(path):
                return path
            self.note(
                Words(f"“{text}”不是房号", f"{text!r} is not a place's path"),
                Words(
                    "写成 b3/u1/1502，或用 --config 按名称写",
                    "write it as b3/u1/1502, or give --config to use its name",
                ),
            )
            return None
        found = path if path in self.places else self.by_name.get(_plain(text))
        if found is None:
            self.note(
                Words(f"compound.yaml 中没有“{text}”", f"there is no place {text!r} in compound.yaml"),
                Words("请改正，或在其中加上这个地点", "correct it, or add the place there"),
            )
        return found

    def _person(self, line: _Line, *, stays: bool) -> int:
        person, roster = self._read_person(line, line.listing if stays else None), self.roster
        index = self.lookup.find(person, line.place)
        if index is None:
            index = len(roster.persons)
            roster.persons.append(person)
        else:
            both = joined(roster.persons[index], person)
            if both is None:
                self._contradiction(person.name)
            roster.persons[index] = both or roster.persons[index]
        self.lookup.remember(index, line.place)
        role = _ROLE.get(line.cell("role").lower())
        if role is None:
            self.note(
                Words(f"不认识身份“{line.cell('role')}”", f"role {line.cell('role')!r} is not known"),
                Words(f"写 {'、'.join(others[0] for others in ROLES.values())}", f"write {', '.join(ROLES)}"),
            )
        if stays and line.place is not None:
            self._add_stay(ListedMembership(line.number, index, line.place, role or "", line.since, line.until))
        return index

    def _read_person(self, line: _Line, listing: Listing | None) -> ListedPerson:
        name, key = " ".join(line.cell("name").split()), line.cell("id")
        if len(name) > _NAME_LIMIT or not name.isprintable():
            self.note(
                Words(
                    f"姓名有 {len(name)} 个字，或有不能显示的字符", f"a name of {len(name)} characters, or unprintable"
                ),
                Words(f"最多 {_NAME_LIMIT} 个字", f"{_NAME_LIMIT} is the most"),
            )
        if key and not _PERSON_ID.fullmatch(key):
            self.note(
                Words(f"编号“{key[:80]}”不正确", f"id {key[:80]!r}"),
                Words("用小写字母、数字、- 和 _，最多 63 个", "use small letters, digits, - and _, up to 63"),
            )
        return ListedPerson(
            line.number,
            key,
            name,
            self.value(cell_values.phone, line.cell("phone")),
            self.value(cell_values.id_number, line.cell("id_number")),
            self.value(cell_values.day_of, line.cell("born")),
            listing,
        )

    def _add_stay(self, stay: ListedMembership) -> None:
        """A person with several cars may have a line for each, and one who stays twice has different beginnings."""
        indexes = self.stays.setdefault((stay.person, stay.place), [])
        for index in indexes:
            before = self.roster.memberships[index]
            if (both := same_stay(before, stay)) is not None:
                self.roster.memberships[index] = both
                return
            if not (before.since and stay.since and before.since != stay.since):
                self._contradiction(self.roster.persons[stay.person].name)
                return
        indexes.append(len(self.roster.memberships))
        self.roster.memberships.append(stay)

    def _contradiction(self, name: str) -> None:
        self.note(
            Words(f"{name} 出现两次而内容不同", f"{name} is there twice with different data"),
            Words("只留一行，或给每人一个编号", "keep one line, or give each an id"),
        )

    def _add_vehicle(self, line: _Line, plate: str) -> None:
        vehicle = ListedVehicle(line.number, plate, line.place, line.person, line.listing, line.since, line.until)
        before = self.roster.vehicles.setdefault(plate, vehicle)
        if (before.place, before.listing) != (vehicle.place, vehicle.listing):
            self.note(
                Words(f"车牌 {plate} 属于两处或两个名单", f"plate {plate} is at two places or on two lists"),
                Words("只留一处", "keep one of them"),
            )
        elif before.person is None and vehicle.person is not None:  # the first line gave the room alone
            self.roster.vehicles[plate] = replace(before, person=vehicle.person)

    def _add_credential(self, line: _Line, kind: str, value: str) -> None:
        credential = ListedCredential(line.number, kind, value, line.place, line.person, line.since, line.until)
        # A card is somebody's; the same PIN may be chosen by several people.
        key = (kind, value) if kind == "card" else (kind, value, line.person, line.place)
        before = self.roster.credentials.setdefault(key, credential)
        if (before.place, before.person) != (credential.place, credential.person):
            self.note(Words("同一张卡写了两次", "the same card is there twice"), Words("只留一处", "keep one of them"))


def _names(places: Mapping[str, Place]) -> Iterator[tuple[str, str]]:
    for path, place in places.items():
        yield _plain(place.name.zh), path
        yield _plain(place.name.en), path


def _plain(text: str) -> str:
    return "".join(text.split()).lower()
