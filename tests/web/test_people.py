"""Search, import and export of the register over HTTP: for the property alone, and each on record."""

from __future__ import annotations

import csv
import io
import json

import pytest
from openpyxl import Workbook, load_workbook

from gateway.people import rows
from gateway.store import audit
from tests.support.residents import ask as ask_for_code
from tests.support.residents import code_for, sign_in
from tests.web.conftest import NAMES, PHONES

ROOM, OTHER = "b3/u1/1502", "b3/u1/1503"


@pytest.fixture
async def office(open_client):
    """The property's browser."""
    return await open_client("property")


async def get(client, path: str, **params):
    async with client.get(path, params=params) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def take_in(client, content: str | bytes, kind="text/csv", **params):
    data = content if isinstance(content, bytes) else content.encode()
    async with client.post("/api/v1/people/import", data=data, headers={"Content-Type": kind}, params=params) as answer:
        return answer.status, await answer.json()


async def steps(anju, action: str):
    found = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(action=action), None, 50))
    return [(step.user, step.note, step.data) for _, step, _ in reversed(found)]


SEARCHES = (
    ("王建国", [NAMES[0]], "name"),
    ("秀英", [NAMES[1]], "name"),
    ("wjg", [NAMES[0]], "initials"),
    ("LXY", [NAMES[1]], "initials"),
    ("b3/u1/1502", list(NAMES), "room"),
    ("3号楼1单元1502室", list(NAMES), "room"),
    ("3-1-1502", list(NAMES), "room"),
    ("1503", ["赵敏"], "room"),
    ("苏M·99999", ["赵敏"], "plate"),
    ("m123", [NAMES[0]], "plate"),
    ("5678", [NAMES[0]], "phone"),
    ("13987654321", [NAMES[1]], "phone"),
    ("没有此人", [], ""),
    ("12", [], ""),
)


async def test_people_are_found_by_what_the_property_is_told(office):
    for text, names, matched in SEARCHES:
        found = await get(office, "/api/v1/people", q=text)
        assert sorted(each["name"] for each in found["items"]) == sorted(names), text
        assert {each["matched"] for each in found["items"]} <= {matched}, text
        assert (found["total"], found["next"]) == (len(names), None)


async def test_a_person_is_found_by_the_whole_number_of_their_card_in_any_spelling(anju, office):
    assert (await take_in(office, f"place,name,cards\n{ROOM},{NAMES[0]},0007233920\n"))[0] == 200
    for number in ("7233920", "0007233920", "723-3920"):
        [found] = (await get(office, "/api/v1/people", q=number))["items"]
        assert (found["name"], found["matched"]) == (NAMES[0], "card")
    assert (await get(office, "/api/v1/people", q="723392"))["items"] == []


async def test_a_found_person_shows_no_whole_phone_and_all_their_rooms(office):
    found = await get(office, "/api/v1/people", q="王建国")
    [person] = found["items"]
    assert person["phone_end"] == PHONES[0][-4:]
    assert PHONES[0] not in json.dumps(found)
    assert person["plates"] == ["苏M12345"]
    [stay] = person["stays"]
    assert (stay["place"], stay["role"], stay["current"], stay["until"]) == (ROOM, "owner", True, None)
    rooms = (await get(office, "/api/v1/people", q="苏M12345"))["rooms"]
    assert [(room["place"], room["matched"], room["people"]) for room in rooms] == [(ROOM, "plate", 2)]


async def test_the_list_of_everybody_is_paged(office):
    seen, after = [], "0"
    while after is not None:
        page = await get(office, "/api/v1/people", after=after, limit=2)
        seen += [each["name"] for each in page["items"]]
        after = page["next"]
    assert sorted(seen) == sorted([*NAMES, "赵敏"])


async def test_what_was_searched_is_on_record_without_its_text(anju, office):
    for text in ("王建国", "5678", "5678", "苏M12345"):
        await get(office, "/api/v1/people", q=text)
    found = await steps(anju, "people-search")
    assert [user for user, *_ in found] == ["property"] * 3, "the same search within a minute is one"
    assert [data["of"].rpartition(":")[0] for *_, data in found] == ["words:3", "digits:4", "words:7"]
    assert not any(text in str(found) for text in ("王建国", "5678", "苏M"))


async def test_a_search_has_bounds(office):
    for query in ("q=" + "x" * 61, "limit=0", "limit=201", "after=-1", "after=x", "unknown=1"):
        async with office.get(f"/api/v1/people?{query}") as answer:
            assert answer.status == 400, query


async def test_a_preview_and_then_the_import(anju, office):
    text = f"房号,姓名,电话,身份,卡号\n{ROOM},{NAMES[0]},{PHONES[0]},业主,87654321\n{OTHER},周洋,,租户,\n"
    status, preview = await take_in(office, text.encode("gb18030"), dry_run="true")
    assert (status, preview["dry_run"], preview["applied"]) == (200, True, False)
    assert (preview["people"]["added"], preview["people"]["unchanged"], preview["cards"]["added"]) == (1, 1, 1)
    assert [(each["line"], each["what"], each["label"]) for each in preview["changes"]] == [
        (3, "person", "周洋"),
        (3, "membership", "周洋"),
        (2, "card", "4321"),
    ]
    assert (await get(office, "/api/v1/people", q="周洋"))["items"] == []
    status, done = await take_in(office, text.encode("gb18030"), why="年度核对")
    assert (status, done["applied"], done["people"]) == (200, True, preview["people"])
    assert [each["name"] for each in (await get(office, "/api/v1/people", q="周洋"))["items"]] == ["周洋"]
    assert anju.register.snapshot.household(OTHER).persons
    status, again = await take_in(office, text.encode("gb18030"))
    assert (status, again["total_changes"]) == (200, 0)
    [(user, _, data)] = await steps(anju, "people-import")
    assert (user, data) == ("property", {"replace": False, "lines": 2})
    history = await anju.store.read(lambda c: rows.changes_at(c, OTHER, 1 << 62, 1))
    assert (history[0]["user"], history[0]["why"]) == ("property", "年度核对")


async def test_a_workbook_is_taken_in(office):
    book, file = Workbook(), io.BytesIO()
    book.active.append(["房号", "姓名", "电话"])
    book.active.append(["3号楼1单元1503室", "周洋", 13800000000])
    book.save(file)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    status, done = await take_in(office, file.getvalue(), kind)
    assert (status, done["people"]["added"]) == (200, 1)


@pytest.mark.parametrize(("dry_run", "expected"), [("true", 200), ("false", 400)])
async def test_mistakes_come_by_line_and_nothing_is_imported(anju, office, dry_run, expected):
    before = anju.register.snapshot
    text = f"place,name,phone\n{OTHER},周洋,\nb9/u1/1,甲,\n{OTHER},乙,12x\n"
    status, report = await take_in(office, text, dry_run=dry_run)
    assert (status, report["applied"], report["total_mistakes"], report["changes"]) == (expected, False, 2, [])
    assert [each["line"] for each in report["mistakes"]] == [3, 4]
    assert report.get("error", {}).get("code") == (None if dry_run == "true" else "mistakes")
    assert report["mistakes"][0]["what"] == "compound.yaml 中没有“b9/u1/1”"
    assert report["mistakes"][1]["fix"].startswith("5 到 15 位数字")
    await anju.register.refresh()
    assert anju.register.snapshot == before
    assert await steps(anju, "people-import") == []


async def test_a_file_that_is_too_large_is_not_read(office):
    async with office.post("/api/v1/people/import", data=io.BytesIO(b"x" * (16 * 1024 * 1024 + 1))) as answer:
        assert answer.status == 413


async def test_an_import_that_the_disk_does_not_take_changes_nothing(anju, office):
    anju.broken_disk = True
    async with office.post("/api/v1/people/import", data=f"place,name\n{OTHER},周洋\n".encode()) as answer:
        assert answer.status == 503
    anju.broken_disk = False
    assert (await get(office, "/api/v1/people", q="周洋"))["items"] == []


async def test_the_lists_as_files_need_a_reason_and_are_on_record(anju, office):
    for kind in ("csv", "xlsx"):
        async with office.get(f"/api/v1/people/export.{kind}") as answer:
            assert answer.status == 400
    async with office.get("/api/v1/people/export.csv", params={"why": "盘点", "lang": "en"}) as answer:
        assert answer.headers["Content-Disposition"].endswith('.csv"')
        content = await answer.read()
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert {line["name"] for line in lines} == {*NAMES, "赵敏"}
    assert "pin" not in lines[0]
    assert (await take_in(office, content))[1]["total_changes"] == 0
    async with office.get("/api/v1/people/export.xlsx", params={"why": "盘点", "under": OTHER}) as answer:
        sheet = load_workbook(io.BytesIO(await answer.read())).active
    assert [cell.value for cell in sheet[1]][:4] == ["编号", "类别", "房号", "姓名"]
    assert sheet.max_row == 2
    assert await steps(anju, "people-export") == [
        ("property", "盘点", {"as": "csv", "under": ""}),
        ("property", "盘点", {"as": "xlsx", "under": OTHER}),
    ]


async def test_a_resident_sees_their_own_rooms_and_no_other(anju, open_client):
    phone = await open_client()
    async with phone.get("/api/v1/household") as answer:
        assert answer.status == 401
    await ask_for_code(phone, PHONES[0])
    answer, _ = await sign_in(phone, PHONES[0], await code_for(anju, PHONES[0]))
    assert answer.status == 200
    own = await get(phone, "/api/v1/household")
    [room] = own["rooms"]
    assert (own["name"], room["place"], room["role"], room["passes"]) == (NAMES[0], ROOM, "owner", 0)
    assert [each["name"] for each in room["people"]] == list(NAMES)
    assert [each["plate"] for each in room["vehicles"]] == ["苏M12345"]
    said = json.dumps(own, ensure_ascii=False)
    assert not any(text in said for text in ("赵敏", OTHER, "苏M99999", *PHONES))
    for path in ("/api/v1/people?q=王", f"/api/v1/households/{ROOM}", "/api/v1/people/export.csv?why=x"):
        async with phone.get(path) as answer:
            assert answer.status == 401
