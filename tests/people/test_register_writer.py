"""The one writer of the register: each change is on record with the value before, and unreadable without the key."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlite_utils import Database

from gateway.errors import Conflict, NotFound
from gateway.model import CredentialKind
from gateway.people import People, rows
from gateway.people.blind_index import BlindKind, digest
from gateway.people.credential_digest import credential_digest
from gateway.people.register_writer import (
    ChangedBy,
    CredentialData,
    MembershipData,
    PersonData,
    RegisterWriter,
    VehicleData,
)
from gateway.store import Store
from gateway.store.migrations import people as people_migrations

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
ROOM, OTHER_ROOM = "b3/u1/1502", "b1/u1/101"
WANG = PersonData("王建国", "13812345678", "321281198001011234", date(1980, 1, 1))


async def change(store, act, at=NOW, why="搬入"):
    return await store.write(lambda c: act(RegisterWriter(c, store.vault, at, ChangedBy("manager", why))))


async def changes(store, place=ROOM):
    found = await store.read(lambda c: rows.changes_at(c, place, 1 << 62, 100))

    def plain(value):
        return None if value is None else json.loads(store.vault.decrypt(value))

    return [(row["user"], row["why"], row["subject"], plain(row["before"]), plain(row["after"])) for row in found]


async def moved_in(store, place=ROOM, role="owner"):
    person = await change(store, lambda writer: writer.put_person(WANG))
    await change(store, lambda writer: writer.put_membership(MembershipData(person, place, role, NOW)))
    return person


async def test_a_person_of_two_rooms_has_a_role_in_each(tmp_path):
    async with Store.open(tmp_path) as store:
        person = await moved_in(store)
        later = MembershipData(person, OTHER_ROOM, "tenant", NOW + timedelta(days=1))
        await change(store, lambda writer: writer.put_membership(later))
        register = await People(store).register(NOW)
        assert register.rooms_of(person, NOW) == (ROOM,)
        assert register.rooms_of(person, NOW + timedelta(days=2)) == (ROOM, OTHER_ROOM)
        assert register.household(OTHER_ROOM) is None, "not yet"
        register = await People(store).register(NOW + timedelta(days=2))
    assert [one.role for one in register.households[ROOM].persons] == ["owner"]
    assert [one.role for one in register.households[OTHER_ROOM].persons] == ["tenant"]


async def test_a_change_says_who_when_why_and_what_it_was_before(tmp_path):
    async with Store.open(tmp_path) as store:
        person = await moved_in(store)
        await change(store, lambda w: w.put_vehicle("苏M12345", VehicleData(ROOM, person=person)))
        again = await change(
            store, lambda w: (w.put_vehicle("苏M12345", VehicleData(ROOM, person=person)), list(w.numbers))[1]
        )
        assert again == [], "the same data again is no change"
        await change(store, lambda w: w.put_vehicle("苏M12345", VehicleData(OTHER_ROOM)), why="换房")
        [moved] = await changes(store, OTHER_ROOM)
        assert moved[:3] == ("manager", "换房", "vehicle")
        assert (moved[3]["place"], moved[4]["place"]) == (ROOM, OTHER_ROOM)


async def test_what_is_sealed_is_found_by_its_digest_alone(tmp_path):
    async with Store.open(tmp_path) as store:
        person = await moved_in(store)
        for kind, value in ((BlindKind.NAME, "王 建国"), (BlindKind.PHONE, "+86 138-1234-5678")):
            found = digest(store.vault, kind, value)
            assert await store.read(lambda c, k=kind, d=found: rows.persons_by_digest(c, k, d)) == [person]
        await change(store, lambda w: w.put_person(PersonData("王建国", "13900000000"), person))
        old = digest(store.vault, BlindKind.PHONE, "13812345678")
        assert await store.read(lambda c: rows.persons_by_digest(c, BlindKind.PHONE, old)) == []
    everything = b"".join(file.read_bytes() for file in tmp_path.rglob("anju.db*"))
    for secret in ("王建国", "13812345678", "5678", "321281198001011234", "1980-01-01"):
        assert secret.encode() not in everything, secret


async def test_a_card_is_in_use_once_and_may_be_handed_out_again(tmp_path):
    async with Store.open(tmp_path) as store:
        person = await moved_in(store)
        card = CredentialData(CredentialKind.CARD, "00:12 ab", ROOM, person)
        first = await change(store, lambda w: w.add_credential(card))
        with pytest.raises(Conflict):
            await change(store, lambda w: w.add_credential(card))
        await change(store, lambda w: w.end_credential(first, "遗失"))
        second = await change(store, lambda w: w.add_credential(card))
        register = await People(store).register(NOW)
        key = CredentialKind.CARD, credential_digest(store.vault, CredentialKind.CARD, "0012AB")
        assert [one.id for one in register.credentials[key]] == [second]
        with pytest.raises(NotFound):
            await change(store, lambda w: w.end_credential("k-nobody", "x"))


async def test_who_is_removed_takes_everything_along(tmp_path):
    async with Store.open(tmp_path) as store:
        person = await moved_in(store)
        await change(store, lambda w: w.add_credential(CredentialData(CredentialKind.PIN, "2580", ROOM, person)))
        await change(store, lambda w: w.remove_person(person))
        register = await People(store).register(NOW)
        assert (register.persons, register.credentials, register.households) == ({}, {}, {})
        count = await store.read(lambda c: c.execute("SELECT count(*) FROM blind_index").fetchone()[0])
        assert count == 0


async def test_names_of_an_older_version_are_sealed_at_the_start(tmp_path):
    async with Store.open(tmp_path) as store:
        await store.write(
            lambda c: c.execute("INSERT INTO persons (id, name, list) VALUES ('p1', '王建国', 'resident')").rowcount
        )
        assert await People(store).seal_names() == 1
        assert await People(store).seal_names() == 0
        found = digest(store.vault, BlindKind.NAME, "王建国")
        assert await store.read(lambda c: rows.persons_by_digest(c, BlindKind.NAME, found)) == ["p1"]
        [person] = await People(store).persons(NOW)
        assert person.person.name == "王建国"


def test_rooms_and_roles_of_an_older_version_become_memberships(tmp_path):
    database = Database(tmp_path / "old.db")
    steps = people_migrations.migrations.pending(database)
    for step in steps[:2]:
        step.fn(database)
    database.conn.execute(
        "INSERT INTO persons (id, place, name, role, list) VALUES ('p1', 'b1/u1/101', '王', 'owner', 'resident'),"
        " ('p2', NULL, '张', '', 'watch')"
    )
    for step in steps[2:]:
        step.fn(database)
    found = database.conn.execute("SELECT person, place, role, until FROM memberships").fetchall()
    assert [tuple(row) for row in found] == [("p1", "b1/u1/101", "owner", None)]
