"""The office's list: read in the forms offices keep it, every mistake with its line, all of it or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.model import Household, Person, Place, Words
from gateway.people import Listing, People, Vehicle
from gateway.people.number_plates import is_plate, normalized_plate
from gateway.people.register_writer import ChangedBy
from gateway.people.roster import read_roster
from gateway.people.roster_import import import_roster
from gateway.store import Store

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
BY = ChangedBy("manager", "test")
HEAD = "place,name,phone,role,plates,list\n"
PLACES = {"b3/u1/1502": Place("b3/u1/1502", Words("3号楼1单元1502室", "Building 3 Unit 1 Room 1502"))}


@pytest.fixture
def listed(tmp_path: Path):
    def write(text: str | bytes, name: str = "people.csv", places=None):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_roster(file, places)

    return write


def mistakes(listed, text, *more) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        listed(text, *more)
    return [f"{mistake.line}: {mistake.what}, {mistake.mend}" for mistake in refused.value.mistakes]


def test_a_csv(listed):
    roster = listed(
        HEAD
        + "b3/u1/1502,王建国,138 1234-5678,owner,苏M·12345;苏MD12345,\n"
        + "b3/u1/1502,王建国,138 1234-5678,owner,,\n"
        + "\n"
        + ",张三,,,豫A99999,watch\n"
        + 'b3/u1/1503,,,,"苏M00001、苏M00002",\n'
    )
    [owner, watched] = roster.residents.values()
    assert owner.person == Person("", "王建国", "13812345678", "owner")
    assert owner.place == "b3/u1/1502"
    assert (watched.place, watched.listing) == (None, Listing.WATCH)
    assert list(roster.vehicles.values()) == [
        Vehicle("苏M12345", "b3/u1/1502"),
        Vehicle("苏MD12345", "b3/u1/1502"),
        Vehicle("豫A99999", None, Listing.WATCH),
        Vehicle("苏M00001", "b3/u1/1503"),
        Vehicle("苏M00002", "b3/u1/1503"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_spreadsheet_with_chinese_headings_however_it_was_saved(listed, encoding):
    text = "房号,姓名,手机号,身份,车牌号,名单\r\nb3/u1/1502,王建国,13812345678,业主,苏M12345,\r\n"
    roster = listed(text.encode(encoding))
    [resident] = roster.residents.values()
    assert resident.person.role == "owner"
    assert list(roster.vehicles) == ["苏M12345"]


def test_a_yaml_list(listed):
    text = """# residents
people:
  - place: b3/u1/1502
    name: 王建国
    phone: "13812345678"
    plates: [苏M12345, 苏M·54321]
  - {name: 张三, list: watch, id: suspect-7}
"""
    roster = listed(text, "people.yaml")
    assert set(roster.residents) == {"b3/u1/1502\n王建国", "suspect-7"}
    assert list(roster.vehicles) == ["苏M12345", "苏M54321"]


def test_places_by_their_full_names(listed):
    roster = listed(HEAD + "3号楼 1单元 1502室,王建国,,,,\n", "people.csv", PLACES)
    assert [resident.place for resident in roster.residents.values()] == ["b3/u1/1502"]


def test_every_mistake_of_every_line(listed):
    text = (
        HEAD
        + "b9/u1/101,王建国,13812345678,owner,苏M12345,\n"
        + "b3/u1/1502,李四,twelve,king,苏MI2345,grey\n"
        + "b3/u1/1502,王五,,,,,,\n"
        + "b3/u1/1502,,,,,\n"
        + ",赵六,,,,\n"
        + "b3/u1/1502,钱七,13800000000,,苏M00001,\n"
        + "b3/u1/1502,钱七,13900000000,,,\n"
        + ",,,,苏M00001,watch\n"
    )
    assert mistakes(listed, text, "people.csv", PLACES) == [
        "2: there is no place 'b9/u1/101' in compound.yaml, correct it, or add the place there",
        "3: list 'grey' is not known, write resident or watch",
        "3: no valid phone number, use 5 to 15 digits; in a spreadsheet format the column as text",
        "3: role 'king' is not known, write owner, family, tenant, resident, staff, other",
        "3: '苏MI2345' can't be a number plate, write it as 苏M12345 (0 and 1, no O or I), several with ; between",
        "4: 8 cells for 6 columns, quote what has commas",
        "5: neither a name nor a plate, give at least one of them",
        "6: a resident without a place, give the room, such as b3/u1/1502, or list: watch",
        "8: 钱七 is there twice with different data, keep one line, or give each an id",
        "9: plate 苏M00001 is at two places or on two lists, keep one of them",
    ]


def test_a_quoted_cell_over_two_lines_does_not_shift_the_numbers(listed):
    text = HEAD + 'b3/u1/1502,"王\n建国",,,,\nb3/u1/1502,李四,x,,,\n'
    assert [said.partition(":")[0] for said in mistakes(listed, text)] == ["4"]


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("", "people.csv", "1: the file is empty"),
        ("place,nome\n", "people.csv", "1: unknown column 'nome'"),
        ("place,房号\n", "people.csv", "1: column place is there twice"),
        (b"\xff\xff\xff", "people.csv", "1: the text is neither UTF-8 nor GB 18030"),
        ('place,name\nb3,"x', "people.csv", "not CSV"),
        ("people: 7\n", "people.yaml", "1: no list of people"),
        ("people:\n  - x\n  - {nome: y}\n", "people.yaml", "2: 'x' is no entry"),
        ("people:\n  - name: [\n", "people.yaml", "not YAML"),
    ],
)
def test_a_file_that_is_none(listed, text, name, says):
    assert says in "\n".join(mistakes(listed, text, name))


def test_no_mistake_repeats_a_phone_number(listed):
    assert "1381234" not in str(mistakes(listed, HEAD + "b3/u1/1502,王,1381234x,,,\n"))


@pytest.mark.parametrize(
    "plate",
    ["苏M12345", "苏MD12345", "京A1234D", "粤B1234学", "沪A123警", "粤Z1234港", "WJ苏1234X", "使012345", "B1234XY"],
)
def test_plates(plate):
    assert is_plate(plate) is (plate != "沪A123警")


@pytest.mark.parametrize(
    "plate", ["民航A1234", "军A12345", "领123456", "川0112345", "京X1234应急", "WJ1693015", "VA30093"]
)
def test_what_the_cameras_read_can_be_registered(plate: str) -> None:
    assert is_plate(plate)


@pytest.mark.parametrize("text", ["苏M1234", "苏12345", "苏M1234567", "12", "ABCD", "苏MO2345", ""])
def test_what_is_no_plate(text):
    assert not is_plate(text)


def test_one_spelling_for_each_plate():
    assert {normalized_plate(text) for text in ("苏m·12345", "苏M 12345", "苏M-12345", "苏M・12345")} == {"苏M12345"}


async def test_taking_it_in_twice_changes_nothing_the_second_time(tmp_path, listed):
    roster = listed(HEAD + "b3/u1/1502,王建国,13812345678,owner,苏M12345,\nb3/u1/1502,李秀英,,,,\n")
    async with Store.open(tmp_path) as store:
        first = await import_roster(store, roster, NOW)
        second = await import_roster(store, roster, NOW)
        household = (await People(store).register(NOW)).household("b3/u1/1502")
    assert (first.added, second.added, second.changed, second.unchanged) == (3, 0, 0, 3)
    assert isinstance(household, Household)
    assert [person.name for person in household.persons] == ["王建国", "李秀英"]
    assert household.plates == ("苏M12345",)


async def test_what_a_later_list_leaves_out_stays(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(HEAD + "b3/u1/1502,王建国,13812345678,owner,,\n"), NOW)
        await import_roster(store, listed("place,name,plates\nb3/u1/1502,王建国,苏M12345\n"), NOW)
        household = (await People(store).register(NOW)).household("b3/u1/1502")
    assert household
    assert household.persons[0].phone == "13812345678"
    assert household.persons[0].role == "owner"


async def test_who_moved_out_goes_only_when_that_is_asked_for(tmp_path, listed):
    old = listed(HEAD + "b3/u1/1502,王建国,,,苏M12345,\nb3/u1/1503,赵敏,,,,\n")
    new = listed(HEAD + "b3/u1/1502,周洋,,,,\n")
    async with Store.open(tmp_path) as store:
        await import_roster(store, old, NOW)
        await import_roster(store, new, NOW)
        assert len(await People(store).persons(NOW)) == 3
        taken = await import_roster(store, new, NOW, replace=True)
        people = await People(store).persons(NOW)
        vehicles = await People(store).vehicles()
    assert taken.removed == 2
    assert {resident.person.name for resident in people} == {"周洋", "赵敏"}
    assert not vehicles


async def test_phones_are_sealed_at_rest(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(HEAD + "b3/u1/1502,王建国,13812345678,,,\n"), NOW)
    everything = b"".join(file.read_bytes() for file in tmp_path.rglob("anju.db*"))
    assert b"13812345678" not in everything
    assert "王建国".encode() not in everything


async def test_a_lost_key_costs_names_and_numbers_and_nothing_else(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(HEAD + "b3/u1/1502,王建国,13812345678,,,\n"), NOW)
    (tmp_path / "keys" / "data.key").unlink()
    async with Store.open(tmp_path) as store:
        household = (await People(store).register(NOW)).household("b3/u1/1502")
    assert household
    assert (household.persons[0].name, household.persons[0].phone, household.persons[0].role) == ("", "", "resident")


async def test_the_household_of_a_place_inside_a_room(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(HEAD + "b3/u1/1502,王建国,,,,\n,张三,,,,watch\n"), NOW)
        register = await People(store).register(NOW)
        inside = register.household("b3/u1/1502/kitchen")
        assert inside == register.household("b3/u1/1502")
        assert register.household("b3/u1") is None
        assert register.household("") is None
        assert register.household("gate/east") is None


async def test_forgetting_somebody(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(HEAD + "b3/u1/1502,王建国,,,苏M12345,\n"), NOW)
        people = People(store)
        [owner] = await people.persons(NOW)
        assert await people.remove(owner.person.id, NOW, BY)
        assert await people.remove("苏M12345", NOW, BY)
        assert not await people.remove("苏M12345", NOW, BY)
        assert (await people.register(NOW)).household("b3/u1/1502") is None
