"""Lists that nobody expected: read, or refused with each mistake by line; no cell changes on its way out and in."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.people import workbook
from gateway.people.list_columns import COLUMNS, as_text, from_text
from gateway.people.list_mistakes import ListRefused
from gateway.people.roster import read_roster

ZONE = ZoneInfo("Asia/Shanghai")
CHINESE = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
CELL = st.text(st.one_of(st.characters(exclude_categories=("Cs",)), CHINESE, st.sampled_from("=+-@\t\"',;0123456789")))
LIKELY = st.one_of(
    CELL,
    st.sampled_from(
        ["b3/u1/1502", "王建国", "13812345678", "业主", "苏M12345", "2026-11-30", "6E6180", "0012", "watch"]
    ),
)
LINES = st.lists(st.lists(LIKELY, min_size=1, max_size=len(COLUMNS)), max_size=8)


def read(data: bytes, name: str = "list.csv"):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_bytes(data)
        try:
            return read_roster(file, None, ZONE), ()
        except ListRefused as refused:
            return None, refused.lines


def as_csv(rows, encoding="utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


@settings(max_examples=60, deadline=None)
@given(LINES, st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]), st.permutations(list(COLUMNS)))
def test_each_line_is_taken_or_has_its_mistake(lines, encoding, columns):
    data = as_csv([columns, *lines], encoding)
    last = data.decode(encoding).count("\n") + data.decode(encoding).count("\r") + 1
    roster, mistakes = read(data)
    assert (roster is None) == bool(mistakes)
    assert all(1 <= each.line <= last and each.what.zh and each.fix.zh for each in mistakes)
    assert [each.line for each in mistakes] == sorted(each.line for each in mistakes)
    if roster is not None:
        assert all(each.name for each in roster.persons)
        people = range(len(roster.persons))
        facts = [*roster.memberships, *roster.vehicles.values(), *roster.credentials.values()]
        assert all(fact.person is None or fact.person in people for fact in facts)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["list.csv", "list.yaml", "list.xlsx"]))
def test_any_bytes_are_read_or_refused(data, name):
    for content in (data, b"PK\x03\x04" + data, b"place,name\n" + data, b"people:\n- " + data):
        roster, mistakes = read(content, name)
        assert (roster is None) == bool(mistakes)


@settings(max_examples=60, deadline=None)
@given(CELL)
def test_no_cell_of_a_csv_is_a_formula_and_none_is_changed(text):
    cell = as_text(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert from_text(cell) == text


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=40),
                         min_size=1, max_size=5), min_size=1, max_size=5))  # fmt: skip
def test_a_workbook_keeps_every_text_as_text(rows):
    heading = ["x"] * 5
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "list.xlsx")
        workbook.write_workbook(file, heading, rows)
        read_back = [cells for _line, cells in workbook.read_cells(file)]
    wanted = [heading, *([*row, *[""] * (5 - len(row))] for row in rows)]
    while wanted and not any(wanted[-1]):
        wanted.pop()
    assert read_back == wanted
