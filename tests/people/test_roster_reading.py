"""The office's list: read in the forms offices keep it, every mistake with its line."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from gateway.model import Listing, Place, Words
from gateway.people import workbook
from gateway.people.list_mistakes import ListRefused
from gateway.people.number_plates import is_plate, normalized_plate
from gateway.people.roster import read_roster

HEAD = "place,name,phone,role,plates,list\n"
PLACES = {"b3/u1/1502": Place("b3/u1/1502", Words("3号楼1单元1502室", "Building 3 Unit 1 Room 1502"))}
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def listed(tmp_path: Path):
    def read(text: str | bytes, name: str = "people.csv", places=None):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_roster(file, places, ZONE)

    return read


def mistakes(listed, text, *more) -> list[str]:
    with pytest.raises(ListRefused) as refused:
        listed(text, *more)
    for mistake in refused.value.lines:
        assert mistake.what.zh
        assert mistake.fix.zh
    return [f"{mistake.line}: {mistake.what}, {mistake.fix}" for mistake in refused.value.lines]


def test_a_csv(listed):
    roster = listed(
        HEAD
        + "b3/u1/1502,王建国,138 1234-5678,owner,苏M·12345;苏MD12345,\n"
        + "b3/u1/1502,王建国,138 1234-5678,,,\n"
        + "\n"
        + ",张三,,,豫A99999,watch\n"
        + 'b3/u1/1503,,,,"苏M00001、苏M00002",\n'
    )
    owner, watched = roster.persons
    assert (owner.name, owner.phone, owner.listing, owner.id) == ("王建国", "13812345678", Listing.RESIDENT, "")
    assert (watched.name, watched.listing) == ("张三", Listing.WATCH)
    [stay] = roster.memberships
    assert (stay.person, stay.place, stay.role) == (0, "b3/u1/1502", "owner")
    assert [(each.plate, each.place, each.person, each.listing.value) for each in roster.vehicles.values()] == [
        ("苏M12345", "b3/u1/1502", 0, "resident"),
        ("苏MD12345", "b3/u1/1502", 0, "resident"),
        ("豫A99999", None, 1, "watch"),
        ("苏M00001", "b3/u1/1503", None, "resident"),
        ("苏M00002", "b3/u1/1503", None, "resident"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_spreadsheet_with_chinese_headings_however_it_was_saved(listed, encoding):
    text = "房号,姓名,手机号,身份,车牌号,名单\r\nb3/u1/1502,王建国,13812345678,业主,苏M12345,\r\n"
    roster = listed(text.encode(encoding))
    assert [each.name for each in roster.persons] == ["王建国"]
    assert [each.role for each in roster.memberships] == ["owner"]
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
    assert [each.id for each in roster.persons] == ["", "suspect-7"]
    assert list(roster.vehicles) == ["苏M12345", "苏M54321"]


def test_a_workbook_as_excel_would_save_it(listed):
    """Phones and card numbers as numbers, dates as dates, an empty line above the heading and one between."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([])
    sheet.append(["房号", "姓名", "电话", "入住日期", "结束日期", "卡号", None, None])
    sheet.append(["b3/u1/1502", "王建国", 13812345678, datetime(2026, 11, 30), "2027/12/31", 7233920])
    sheet.append([])
    sheet.append(["b3/u1/1503", " 李\n秀英 ", "138-0000-0000", None, None, "6E6180；110:24960"])
    saved = io.BytesIO()
    book.save(saved)
    roster = listed(saved.getvalue(), "whatever.csv")
    assert [(each.line, each.name, each.phone) for each in roster.persons] == [
        (3, "王建国", "13812345678"),
        (5, "李 秀英", "13800000000"),
    ]
    assert roster.memberships[0].since == datetime(2026, 11, 29, 16, tzinfo=UTC)
    assert roster.memberships[0].until == datetime(2027, 12, 31, 16, tzinfo=UTC)  # its last day counts
    assert [each.value for each in roster.credentials.values()] == ["7233920", "6E6180", "110,24960"]


def test_a_number_with_more_digits_than_a_spreadsheet_keeps_is_no_card(listed):
    book = openpyxl.Workbook()
    book.active.append(["place", "name", "id_number"])
    book.active.append(["b3/u1/1502", "王建国", 3.2128219800501001e17])
    saved = io.BytesIO()
    book.save(saved)
    [mistake] = mistakes(listed, saved.getvalue())
    assert mistake.startswith("2: no valid identity number")


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read(listed, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_UNPACKED_BYTES", 1 << 20)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (2 << 20))
    assert len(packed.getvalue()) < 10_000
    assert "unpacks to more than" in mistakes(listed, packed.getvalue())[0]


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + b"0" * 500])
def test_a_broken_workbook(listed, content):
    assert mistakes(listed, content)[0].startswith("1: the workbook can't be read")


def test_places_by_their_full_names(listed):
    roster = listed(HEAD + "3号楼 1单元 1502室,王建国,,,,\n", "people.csv", PLACES)
    assert [stay.place for stay in roster.memberships] == ["b3/u1/1502"]


def test_every_mistake_of_every_line(listed):
    text = (
        HEAD
        + "b9/u1/101,王建国,13812345678,owner,苏M12345,\n"
        + "b3/u1/1502,李四,twelve,king,苏MI2345,grey\n"
        + "b3/u1/1502,王五,,,,,x\n"
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
        "3: role 'king' is not known, write owner, family, tenant, carer, resident, staff, other",
        "3: '苏MI2345' can't be a number plate, write it as 苏M12345 (0 and 1, no O or I), several with ; between",
        "4: 7 cells for 6 columns, quote what has commas",
        "5: neither a name nor a plate nor a card, give at least one of them",
        "6: a resident without a place, give the room, such as b3/u1/1502, or list: watch",
        "8: 钱七 is there twice with different data, keep one line, or give each an id",
        "9: plate 苏M00001 is at two places or on two lists, keep one of them",
    ]


def test_mistakes_of_dates_cards_pins_and_identities(listed):
    text = (
        "place,name,id_number,born,since,until,cards,pin,kind\n"
        "b3/u1/1,甲,321282198005010012,,,,,,\n"
        "b3/u1/1,乙,,1980-13-01,,,,,\n"
        "b3/u1/1,丙,,,2026-11-31,,,,\n"
        "b3/u1/1,丁,,,2026-11-30,2026-11-28,,,\n"
        "b3/u1/1,戊,,,,,12,,\n"
        "b3/u1/1,己,,,,,,12x4,\n"
        "b3/u1/1,庚,,,,,0011223,0012,\n"
        "b3/u1/1,辛,,,,,0011223,0012,\n"
        "b3/u1/1,壬,,,,,,,boat\n"
        "b3/u1/1,癸,,,,,,,card\n"
    )
    assert [each.partition(",")[0] for each in mistakes(listed, text)] == [
        "2: no valid identity number",
        "3: no valid day of birth",
        "4: '2026-11-31' is no date",
        "5: it ends before it begins",
        "6: no valid card number",
        "7: no valid PIN",
        "9: the same card is there twice",
        "10: kind 'boat' is not known",
        "11: no card",
    ]


def test_a_person_of_two_rooms_and_one_who_came_back(listed):
    roster = listed(
        "place,name,phone,role,since,until\n"
        "b3/u1/1,王建国,13812345678,owner,,\n"
        "b3/u1/2,王建国,13812345678,owner,,\n"
        "b3/u1/3,王建国,13800000000,owner,,\n"
        "b3/u1/4,李四,,tenant,2024-01-01,2024-12-31\n"
        "b3/u1/4,李四,,tenant,2026-01-01,\n"
    )
    assert [(each.person, each.place) for each in roster.memberships] == [
        (0, "b3/u1/1"),
        (0, "b3/u1/2"),
        (1, "b3/u1/3"),
        (2, "b3/u1/4"),
        (2, "b3/u1/4"),
    ]


def test_lines_of_vehicles_and_cards_alone_make_nobody_a_resident(listed):
    roster = listed(
        "kind,id,place,name,plates,cards,until\n"
        "vehicle,p1,b3/u1/1,王建国,苏M12345,,2027-01-01\n"
        "卡,p1,b3/u1/1,王建国,,6E6180,\n"
    )
    assert roster.memberships == []
    assert [each.person for each in (*roster.vehicles.values(), *roster.credentials.values())] == [0, 0]


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


def test_no_mistake_repeats_a_phone_a_card_or_an_identity(listed):
    text = "place,name,phone,cards,id_number,pin\nb3/u1/1502,王,1381234x,98765!,32128219800501001Y,765x\n"
    said = str(mistakes(listed, text))
    assert not any(secret in said for secret in ("1381234", "98765", "321282", "765x"))


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
