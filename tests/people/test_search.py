"""The property finds people by what it is told."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from gateway.model import Listing, Membership, Person, Place, Register, Resident, Vehicle, Words
from gateway.people import pinyin_initials
from gateway.people.search import Matched, PeopleIndex

NOW = datetime(2026, 11, 30, tzinfo=UTC)
PLACES = {
    path: Place(path, Words(zh, en))
    for path, zh, en in (
        ("b3", "3号楼", "Building 3"),
        ("b3/u1", "3号楼1单元", "Building 3 Unit 1"),
        ("b3/u1/1502", "3号楼1单元1502室", "Building 3 Unit 1 Room 1502"),
        ("b3/u2/1502", "3号楼2单元1502室", "Building 3 Unit 2 Room 1502"),
        ("b13/u1/101", "13号楼1单元101室", "Building 13 Unit 1 Room 101"),
    )
}


def resident(key: str, name: str, *rooms: str, phone: str = "", listing=Listing.RESIDENT) -> Resident:
    stays = tuple(Membership(f"m-{key}-{room}", key, room, "owner", NOW) for room in rooms)
    return Resident(Person(key, name, phone, "owner"), rooms[0] if rooms else None, listing, stays)


REGISTER = Register.of(
    [
        resident("p1", "王建国", "b3/u1/1502", "b13/u1/101", phone="13812345678"),
        resident("p2", "李 Ming", "b3/u1/1502", phone="13800001502"),
        resident("p3", "婷婷覃", "b3/u2/1502"),
        resident("p4", "张三", listing=Listing.WATCH),
        resident("p5", "解龘", "b13/u1/101"),
    ],
    [
        Vehicle("苏M12345", "b3/u1/1502", person="p1"),
        Vehicle("苏M67890", "b3/u2/1502"),
        Vehicle("豫A99999", None, Listing.WATCH),
    ],
)
INDEX = PeopleIndex(REGISTER, PLACES)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("王建国", {"p1": Matched.NAME}),
        ("李m", {"p2": Matched.NAME}),
        ("lming", {"p2": Matched.INITIALS}),
        ("wj", {"p1": Matched.INITIALS}),
        ("ttq", {"p3": Matched.INITIALS}),
        ("xq", {"p5": Matched.INITIALS}),  # of the second character nobody knows the reading
        ("b3", {"p1": Matched.ROOM, "p2": Matched.ROOM, "p3": Matched.ROOM}),
        ("b3/u1/", {"p1": Matched.ROOM, "p2": Matched.ROOM}),
        ("3号楼 2单元", {"p3": Matched.ROOM}),
        ("1502", {"p1": Matched.ROOM, "p2": Matched.ROOM, "p3": Matched.ROOM}),
        ("3-2-1502", {"p3": Matched.ROOM}),
        ("13-1-101", {"p1": Matched.ROOM, "p5": Matched.ROOM}),
        ("unit 2", {"p3": Matched.ROOM}),
        ("苏m·123", {"p1": Matched.PLATE}),
        ("67890", {"p3": Matched.PLATE}),
        ("678", {"p1": Matched.PHONE, "p3": Matched.PLATE}),
        ("12345678", {"p1": Matched.PHONE}),
        ("1234", {"p1": Matched.PLATE}),
        ("张", {"p4": Matched.NAME}),
        ("78", {}),
        ("\n", {}),
        ("王建国\n", {"p1": Matched.NAME}),
        ("", {}),
    ],
)
def test_who_is_found_and_by_what(text, found):
    assert {each.resident.person.id: each.by for each in INDEX.find(text).people} == found


def test_the_best_come_first_and_nobody_twice():
    people = INDEX.find("1502").people
    assert [each.resident.person.id for each in people] == ["p2", "p1", "p3"]
    assert len(INDEX.everybody().people) == len(REGISTER.persons)


def test_who_holds_the_card_is_found():
    assert [each.by for each in INDEX.find("87654321", ["p1", "gone"]).people] == [Matched.CARD]


def test_rooms_are_found_too():
    assert [(room.place, room.by) for room in INDEX.find("1502").rooms] == [
        ("b3/u1/1502", Matched.ROOM),
        ("b3/u2/1502", Matched.ROOM),
    ]
    assert [(room.place, room.by) for room in INDEX.find("67890").rooms] == [("b3/u2/1502", Matched.PLATE)]


def test_any_part_of_any_name_is_found():
    chance = random.Random(3)
    names = ["".join(chance.choices("王李张建国明丽aB\u3000 ", k=chance.randrange(1, 6))) + "末" for _ in range(300)]
    index = PeopleIndex(Register.of([resident(f"p{n}", name) for n, name in enumerate(names)], []), {})
    for wanted in {name[start:end] for name in names for start in range(3) for end in range(start + 1, 5)}:
        plain = "".join(wanted.split()).casefold()
        expected = {f"p{n}" for n, name in enumerate(names) if plain and plain in "".join(name.split()).casefold()}
        named = {each.resident.person.id for each in index.find(wanted).people if each.by is Matched.NAME}
        assert named == expected


@pytest.mark.parametrize(
    ("name", "initials"),
    [("王建国", "wjg"), ("曾国藩", "zgf"), ("欧阳修", "oyx"), ("周婷婷", "ztt"), ("Li", "li"), ("龘", "?")],
)
def test_initials(name, initials):
    assert pinyin_initials.initials(name) == initials
