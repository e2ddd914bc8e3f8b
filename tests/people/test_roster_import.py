"""A list is imported as a whole or not at all, a second time without a change, and comes out as it went in."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from gateway.errors import Conflict
from gateway.model import CredentialKind, Household, Listing
from gateway.people import People, rows
from gateway.people.credential_digest import credential_digest
from gateway.people.import_plan import Subject
from gateway.people.list_mistakes import ListRefused
from gateway.people.register_writer import ChangedBy, MembershipData, PersonData, RegisterWriter
from gateway.people.roster import read_roster
from gateway.people.roster_export import BOM, Layout, csv_lines, export_rows, heading
from gateway.people.roster_import import import_roster, plan_roster
from gateway.people.stored_register import read_register
from gateway.people.workbook import write_workbook
from gateway.store import Store

HEAD = "place,name,phone,role,plates,list\n"
FULL = "id,kind,place,name,phone,id_number,born,role,since,until,plates,cards,pin,list\n"
NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ZONE = ZoneInfo("Asia/Shanghai")
BY = ChangedBy("manager", "测试")
ROOM = "b3/u1/1502"


@pytest.fixture
def listed(tmp_path: Path):
    numbers = itertools.count()

    def read(text: str | bytes):
        file = tmp_path / f"people-{next(numbers)}.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_roster(file, None, ZONE)

    return read


async def stored(store, **more):
    return await store.read(lambda c: read_register(c, store.vault, **more))


def mistakes(refused) -> list[str]:
    return [f"{each.line}: {each.what}" for each in refused.value.lines]


async def test_a_second_time_changes_nothing(tmp_path, listed):
    roster = listed(HEAD + f"{ROOM},王建国,13812345678,owner,苏M12345,\n{ROOM},李秀英,,,,\n")
    async with Store.open(tmp_path) as store:
        first = await import_roster(store, roster, NOW)
        second = await import_roster(store, roster, LATER)
        household = (await People(store).register(LATER)).household(ROOM)
    assert (first.total("added"), first.total("unchanged")) == (5, 0)
    assert (second.changes, second.total("unchanged")) == ([], 5)
    assert isinstance(household, Household)
    assert [(person.name, person.role) for person in household.persons] == [("王建国", "owner"), ("李秀英", "resident")]
    assert household.plates == ("苏M12345",)


async def test_a_preview_changes_nothing_and_says_what_would(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(HEAD + f"{ROOM},王建国,13812345678,owner,,\n"), NOW)
        before = await stored(store)
        roster = listed("place,name,phone,cards\n" + f"{ROOM},王建国,13900000000,12345678\n{ROOM},李秀英,,\n")
        plan = await plan_roster(store, roster, NOW)
        assert await stored(store) == before
    assert [(each.line, each.subject, each.change, each.label, each.fields) for each in plan.changes] == [
        (2, Subject.PERSON, "changed", "王建国", ("phone",)),
        (3, Subject.PERSON, "added", "李秀英", ()),
        (3, Subject.MEMBERSHIP, "added", "李秀英", ()),
        (2, Subject.CARD, "added", "5678", ()),
    ]


async def test_what_a_later_list_leaves_out_stays(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        await import_roster(
            store, listed(f"{FULL},,{ROOM},王建国,13812345678,,1980-01-02,owner,2020-01-01,2030-01-01,,,,\n"), NOW
        )
        await import_roster(store, listed(f"place,name,plates\n{ROOM},王建国,苏M12345\n"), LATER)
        register = await stored(store)
    [person], [stay] = register.persons.values(), register.memberships.values()
    assert (person.phone, person.born.isoformat()) == ("13812345678", "1980-01-02")
    assert (stay.role, stay.since.year, stay.until) == ("owner", 2019, datetime(2030, 1, 1, 16, tzinfo=UTC))


async def test_who_moved_out_leaves_only_when_that_is_asked_for(tmp_path, listed):
    old = listed(f"place,name,plates,cards,pin\n{ROOM},王建国,苏M12345,111111,0000\nb3/u1/1503,赵敏,,222222,\n")
    new = listed(f"place,name\n{ROOM},周洋\n")
    async with Store.open(tmp_path) as store:
        await import_roster(store, old, NOW)
        await import_roster(store, new, LATER)
        assert len((await People(store).register(LATER)).household(ROOM).persons) == 2
        plan = await import_roster(store, new, LATER, replace=True)
        register = await People(store).register(LATER)
        history = await store.read(lambda c: rows.changes_at(c, ROOM, 1 << 62, 100))
    ended = [(each.subject.value, each.line) for each in plan.changes if each.change == "ended"]
    assert ended == [("membership", None), ("vehicle", None), ("card", None), ("pin", None)]
    assert [person.name for person in register.household(ROOM).persons] == ["周洋"]
    assert register.household(ROOM).plates == ()
    assert [each.place for each in itertools.chain(*register.credentials.values())] == ["b3/u1/1503"]
    assert register.household("b3/u1/1503"), "a room that the list does not name"
    assert len(history) >= 4


async def test_somebody_of_two_rooms_is_one_person(tmp_path, listed):
    text = HEAD + f"{ROOM},王建国,13812345678,owner,,\nb1/u1/101,王建国,138-1234-5678,owner,,\n"
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(text), NOW)
        await import_roster(store, listed(HEAD + "b2/u1/101,王建国,13812345678,owner,,\n"), LATER)
        register = await People(store).register(LATER)
    [person] = register.persons
    assert set(register.rooms_of(person, LATER)) == {ROOM, "b1/u1/101", "b2/u1/101"}


async def test_who_comes_back_has_a_second_time_here(tmp_path, listed):
    roster = listed(HEAD + f"{ROOM},王建国,,,,\n")
    async with Store.open(tmp_path) as store:
        await import_roster(store, roster, NOW)
        [key] = (await stored(store)).memberships
        await store.write(lambda c: RegisterWriter(c, store.vault, LATER, BY).end_membership(key))
        back = LATER + timedelta(days=30)
        await import_roster(store, roster, back)
        register = await stored(store)
    assert len(register.persons) == 1
    assert [(stay.since, stay.until) for stay in register.memberships.values()] == [(NOW, LATER), (back, None)]


async def test_a_card_of_somebody_else_is_a_mistake_with_its_line_and_nothing_is_imported(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(f"place,name,cards\n{ROOM},王建国,12345678\n"), NOW)
        before = await stored(store)
        with pytest.raises(ListRefused) as refused:
            await import_roster(store, listed("place,name,cards\nb1/u1/101,李四,\nb1/u1/101,赵敏,12345678\n"), NOW)
        assert await stored(store) == before
    assert mistakes(refused) == ["3: this card is given to somebody else, or in another room"]


async def test_a_new_pin_ends_the_old_one_and_none_is_readable(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        for pin in ("2468", "1357", "1357"):
            plan = await import_roster(store, listed(f"place,name,pin\n{ROOM},王建国,{pin}\n"), NOW)
        assert plan.changes == []
        register = await People(store).register(NOW)
        assert set(register.credentials) == {
            (CredentialKind.PIN, credential_digest(store.vault, CredentialKind.PIN, "1357"))
        }
        lines = export_rows(await stored(store, card_numbers=True), Layout("en", ZONE, NOW))
    assert "pin" not in heading("en")
    assert not any("1357" in cell for line in lines for cell in line)


async def test_two_imports_at_once_are_one_after_the_other(tmp_path, listed):
    roster = listed(HEAD + f"{ROOM},王建国,,,,\n")
    async with Store.open(tmp_path) as store:

        async def overtaken(unit):
            if (await stored(store)).persons == {}:  # somebody else is quicker, once
                await import_roster(store, roster, NOW)
            await store.write(unit)

        plan = await import_roster(store, roster, NOW, commit=overtaken)
        assert plan.changes == []
        assert len((await stored(store)).persons) == 1


async def test_who_is_overtaken_all_the_time_is_told_so(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        numbers = itertools.count()

        async def overtaken(unit):
            await store.write(
                lambda c: RegisterWriter(c, store.vault, NOW, BY).put_person(PersonData(f"某{next(numbers)}"))
            )
            await store.write(unit)

        with pytest.raises(Conflict, match="changed by others"):
            await import_roster(store, listed(HEAD + f"{ROOM},王建国,,,,\n"), NOW, commit=overtaken)
        assert not (await stored(store)).memberships


async def test_no_part_of_an_import_is_kept_when_the_rest_fails(tmp_path, listed):
    async with Store.open(tmp_path) as store:

        async def broken(unit):
            def both(connection):
                unit(connection)
                raise RuntimeError("the disk")

            await store.write(both)

        with pytest.raises(RuntimeError):
            await import_roster(store, listed(HEAD + f"{ROOM},王建国,,,苏M12345,\n"), NOW, commit=broken)
        assert await stored(store) == await stored(store)
        assert (await stored(store)).persons == {}


async def test_names_phones_identities_and_cards_are_sealed_at_rest(tmp_path, listed):
    secrets = ["王建国", "13812345678", "321282198005010011", "1980-05-01", "0098765432", "246813"]
    text = f"place,name,phone,id_number,born,cards,pin\n{ROOM},{','.join(secrets)}\n"
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(text), NOW)
    for file in tmp_path.rglob("anju.db*"):
        content = file.read_bytes()
        assert [secret for secret in secrets if secret.encode() in content] == []


async def test_a_lost_key_costs_names_and_numbers_and_nothing_else(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(HEAD + f"{ROOM},王建国,13812345678,,,\n"), NOW)
    (tmp_path / "keys" / "data.key").unlink()
    async with Store.open(tmp_path) as store:
        household = (await People(store).register(NOW)).household(ROOM)
    assert household
    assert (household.persons[0].name, household.persons[0].phone, household.persons[0].role) == ("", "", "resident")


async def test_the_household_of_a_place_inside_a_room(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(HEAD + f"{ROOM},王建国,,,,\n,张三,,,,watch\n"), NOW)
        register = await People(store).register(NOW)
        inside = register.household("b3/u1/1502/kitchen")
        assert inside == register.household(ROOM)
        assert [register.household(place) for place in ("b3/u1", "", "gate/east")] == [None, None, None]


async def test_forgetting_somebody(tmp_path, listed):
    async with Store.open(tmp_path) as store:
        await import_roster(store, listed(HEAD + f"{ROOM},王建国,,,苏M12345,\n"), NOW)
        people = People(store)
        [owner] = await people.persons(NOW)
        assert await people.remove(owner.person.id, NOW, BY)
        assert await people.remove("苏M12345", NOW, BY)
        assert not await people.remove("苏M12345", NOW, BY)
        assert (await people.register(NOW)).household(ROOM) is None


EVERYTHING = (
    FULL
    + f"wang,,{ROOM},王建国,+8613812345678,321282198005010011,1980-05-01,业主,2020-03-01,,苏M12345;苏MD12345,98765432,"
    + "2468,\n"
    + ",,b1/u1/101,王建国,+8613812345678,,,业主,,,,,,\n"
    + f",,{ROOM},=李秀英,13000000000,,,家属,,2027-01-31,,110:24960,,\n"
    + "zhao,,b3/u1/1503,'赵敏,,,,租户,2026-01-01 08:30,2026-12-31,苏M99999,,,\n"
    + ",vehicle,b3/u1/1503,,,,,,2026-01-01,2027-06-30,苏M00001,,,\n"
    + f"zhao,card,{ROOM},'赵敏,,,,,2026-11-01,2026-12-01,,ABCDEF01,,\n"
    + ",,b3/u1/1503,,,,,,,,苏M00002,,1111,\n"
    + ",,,张三,,,,,,,豫A99999,,,布控\n"
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_an_export_that_is_imported_changes_nothing(tmp_path, listed, language, kind):
    async with Store.open(tmp_path / "data") as store:
        await import_roster(store, listed(EVERYTHING), NOW)
        at = NOW + timedelta(hours=1)
        lines = export_rows(await stored(store, card_numbers=True), Layout(language, ZONE, at))
        file = tmp_path / f"out.{kind}"
        if kind == "csv":
            file.write_bytes(BOM + csv_lines([heading(language), *lines]))
        else:
            write_workbook(file, heading(language), lines)
        for replace in (False, True):
            plan = await import_roster(store, read_roster(file, None, ZONE), at, replace=replace)
            assert plan.changes == []
        assert plan.total("unchanged") > 15
    async with Store.open(tmp_path / "other") as other:  # and it makes the same register of an empty one
        await import_roster(other, read_roster(file, None, ZONE), at)
        assert export_rows(await stored(other, card_numbers=True), Layout(language, ZONE, at)) == lines


async def test_no_cell_of_an_export_is_a_formula(tmp_path, listed):
    evil = [f"{mark}cmd|' /C calc'!A0" for mark in ("=", "+", "-", "@", "＝")]
    text = "place,name,phone\n" + "".join(f'{ROOM},"{name}",\n' for name in evil) + f"{ROOM},王,+8613812345678\n"
    async with Store.open(tmp_path / "data") as store:
        await import_roster(store, listed(text), NOW)
        lines = export_rows(await stored(store, card_numbers=True), Layout("en", ZONE, NOW))
    for line in csv_lines(lines).decode().splitlines():
        assert not any(cell.strip('"').startswith(("=", "+", "-", "@", "＝")) for cell in line.split(","))
    file = tmp_path / "out.xlsx"
    write_workbook(file, heading("en"), lines)
    cells = [cell for row in load_workbook(file).active.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.value for cell in cells} >= set(evil)


NAMES = st.sampled_from(["王建国", "李秀英", "=赵敏", "周 洋", "O'Neil"])
PLACES = st.sampled_from([ROOM, "b1/u1/101", "b1/u1/102"])
DATES = st.sampled_from(["", "2026-01-01", "2026-06-30 12:15", "2027-03-31"])
PLATES = st.sampled_from(["", "苏M12345", "苏M00001;苏M00002", "苏MD12345"])
CARDS = st.sampled_from(["", "11223344", "0011AABB", "110:24960"])
PHONES = st.sampled_from(["", "13800000001", "13800000002"])
ROLES = st.sampled_from(["", "owner", "租户", "family"])
ROWS = st.lists(st.tuples(PLACES, NAMES, PHONES, ROLES, DATES, DATES, PLATES, CARDS), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=ROWS, second=ROWS)
async def test_whatever_is_imported_once_is_the_same_twice_and_after_an_export(tmp_path_factory, listed, first, second):
    head = "place,name,phone,role,since,until,plates,cards\n"
    async with Store.open(tmp_path_factory.mktemp("data")) as store:
        for rows_ in (first, second):
            try:
                roster = listed(head + "".join(f"{','.join(row)}\n" for row in rows_))
                before = await stored(store)
                await import_roster(store, roster, NOW)
            except ListRefused as refused:
                assert refused.lines  # noqa: PT017  # either end is right
                continue
            again = await import_roster(store, roster, LATER)
            assert again.changes == [], before
        lines = export_rows(await stored(store, card_numbers=True), Layout("zh", ZONE, NOW))
        roster = listed(BOM + csv_lines([heading("zh"), *lines]))
        assert (await import_roster(store, roster, NOW)).changes == []


def test_a_listing_is_kept_by_lines_about_a_vehicle(listed):
    roster = listed("kind,place,name,plates,list\n,,张三,,watch\nvehicle,b1/u1/1,张三,苏M12345,\n")
    assert [each.listing for each in roster.persons] == [Listing.WATCH, None]
    assert MembershipData("p", "b1", "owner", NOW).until is None
