"""A damaged database: the gateway starts, everybody gets in, every alert stands, and what can be read comes back."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta

import pytest

from gateway.app import store_monitor
from gateway.app.store_monitor import StoreMonitor
from gateway.auth.passwords import Passwords
from gateway.auth.users import Users
from gateway.desk import DecisionOnEvent, Desk, rows
from gateway.model import Clear, Raise, Role, Severity, Signal, Words
from gateway.people import People
from gateway.people.roster_facts import ListedMembership, ListedPerson, Roster
from gateway.people.roster_import import import_roster
from gateway.store import Store, audit, integrity, journal, register_copy
from gateway.store.salvage import damaged_folder
from tests.support.database_damage import overwrite, pages_of

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SIGNALS = 2000
OF_PANELS = "SELECT count(*) FROM journal WHERE entry = 'signal' AND device LIKE 'p%'"
ALERTS = 40


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    """Made once: a folder to copy, and its alerts."""
    folder = tmp_path_factory.mktemp("furnished") / "data"
    return folder, asyncio.run(_furnish(folder))


@pytest.fixture
def before(furnished, tmp_path):
    """The alerts of a gateway's life, whose data folder is `tmp_path`."""
    folder, alerts = furnished
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return alerts


async def _furnish(folder):
    """Signals, alerts in every state, accounts, residents, sessions."""
    async with Store.open(folder, repair=True) as store:
        desk = Desk(store, lambda: NOW)

        def many(connection):
            for n in range(SIGNALS):
                at = NOW + timedelta(seconds=n)
                said = Signal(
                    device=f"n{n % 9}", kind="door.opened", received=at, source_id=f"{n}", data={"text": "门" * 20}
                )
                journal.record_signal(connection, said, timedelta())

        await store.write(many)
        for n in range(ALERTS):
            await raise_one(store, desk, n)
        for alert in desk.open_alerts()[:20]:
            await desk.step(alert.id, "acknowledge", "王")
            await desk.step(alert.id, "note", "王", "看过了")
        for alert in [a for a in desk.open_alerts() if a.state == "acknowledged"][:10]:
            await desk.step(alert.id, "close", "王", data={"disposition": "false"})
        one, two, *_ = [a for a in desk.open_alerts() if a.state == "acknowledged"]
        await desk.step(one.id, "on-scene", "王")
        await desk.step(one.id, "assign", "王", data={"user": "李"})
        await desk.step(two.id, "hold", "王")
        seen = next(alert for alert in desk.open_alerts() if alert.snapshot is None)
        await desk.add_snapshot(seen.id, "cam", "f" * 64)
        await Users(store, Passwords()).add("wang", Role.GUARD, "a-long-enough-password", NOW)
        await import_roster(
            store,
            Roster([ListedPerson(1, "r1", "陈", "13812345678")], [ListedMembership(1, 0, "b1/u1/101", "owner")]),
            NOW,
        )
        await store.write(
            lambda c: (
                c.execute("INSERT INTO web_sessions (token, user, created_at, expires_at) VALUES (x'00', 'wang', 1, 2)")
                and None
            )
        )
        return await look(store)


async def raise_one(store, desk, n, kind="panic.pressed"):
    at = NOW + timedelta(seconds=SIGNALS + n)
    said = Signal(device=f"p{n}", kind=kind, received=at, data={"snapshot": f"{n:064x}"} if n % 3 == 0 else {})
    number = (await store.write(lambda c: journal.record_signal(c, said, timedelta()))).number
    event = Signal(device=said.device, kind=kind, received=at, id=said.id, number=number, data=said.data)
    key = f"k{n % 30}" if n < ALERTS else f"x{n}"
    decision = Raise(key, Severity(1 + n % 4), "b1", Words(f"报警{n}", f"alarm {n}"))
    await desk.decide([DecisionOnEvent("home", decision, event)])
    if n % 7 == 0:
        await desk.decide([DecisionOnEvent("home", Clear(key, Words("好", "well")), event)])


async def look(store):
    def all_alerts(connection):
        return sorted(rows.page(connection, [], None, 10_000), key=lambda alert: alert.id)

    return await store.read(all_alerts)


@asynccontextmanager
async def cared_for(folder, monkeypatch):
    """The store as the gateway has it, with what looks after it; gives the desk too."""
    monkeypatch.setattr(store_monitor, "PAUSE_S", 0)
    monkeypatch.setattr(store_monitor, "SMALL_CHECK_INTERVAL_S", 0.05)
    monkeypatch.setattr(store_monitor, "FIRST_FULL_CHECK_S", 0.05)
    async with Store.open(folder, repair=True) as store:
        desk = Desk(store, lambda: NOW)
        await desk.load()

        async def say(signal):
            kept = await store.write(lambda c: journal.record_signal(c, _received(signal), timedelta()))
            return kept.number

        async with asyncio.TaskGroup() as tasks:
            caring = tasks.create_task(StoreMonitor(store, desk, say, lambda: NOW).run())
            yield store, desk
            caring.cancel()


def _received(signal):
    return Signal(device=signal.device, kind=signal.kind, received=NOW, id=signal.id, data=signal.data)


async def brought_over(store):
    async with asyncio.timeout(30):
        while not store.is_whole():
            await asyncio.sleep(0.02)


def told(desk):
    return {alert.key: alert for alert in desk.open_alerts() if alert.rule == "storage"}


TABLES = (
    "journal decisions steps alerts alert_signals web_users web_sessions persons progress commands quarantine"
    " sqlite_sequence sqlite_master _sqlite_migrations"
).split()
INDEXES = "journal_source journal_kind alerts_state alert_signals_journal sqlite_autoindex_web_users_1".split()


@pytest.mark.parametrize("name", [*TABLES, *INDEXES])
@pytest.mark.parametrize("which", ["root", "all"])
async def test_a_broken_page_hides_no_alert_and_locks_nobody_out(tmp_path, before, monkeypatch, name, which):
    pages = pages_of(tmp_path / "anju.db", name)
    overwrite(tmp_path / "anju.db", pages if which == "all" else pages[:1])
    async with cared_for(tmp_path, monkeypatch) as (store, desk):
        open_before = {a.id for a in before if a.state != "closed"}
        assert open_before <= {a.id for a in desk.open_alerts()}
        assert [user.name for user in await Users(store, Passwords()).all()] == ["wang"]
        [resident] = await People(store).persons(NOW)
        assert resident.person.phone == "13812345678"
        await raise_one(store, desk, ALERTS + 60)
        await brought_over(store)
        fault = told(desk)["damaged"]
        [folder] = tmp_path.glob("damaged-*")
        assert fault.severity is Severity.CRITICAL
        assert folder.name in fault.reason.zh
        assert folder.name in fault.reason.en
        if name != "decisions" or which == "root":
            after = {alert.id: alert for alert in await look(store)}
            assert [after.get(alert.id) for alert in before if after.get(alert.id) != alert] == []
        kept = await store.read(lambda c: c.execute("SELECT count(*) FROM journal").fetchone()[0])
        assert kept >= (SIGNALS if (name, which) not in {("journal", "all"), ("journal", "root")} else 0)
        assert await store.inspect(lambda c: c.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"


async def test_one_leaf_of_the_journal_costs_its_own_rows_alone(tmp_path, before, monkeypatch):
    pages = pages_of(tmp_path / "anju.db", "journal")
    overwrite(tmp_path / "anju.db", [pages[len(pages) // 2]], os.urandom(4096))
    digest = (tmp_path / "anju.db").read_bytes()
    async with cared_for(tmp_path, monkeypatch) as (store, desk):
        await brought_over(store)
        kept = await store.read(
            lambda c: c.execute("SELECT count(*) FROM journal WHERE kind = 'door.opened'").fetchone()[0]
        )
        assert SIGNALS - 60 < kept < SIGNALS
        assert str(SIGNALS - kept) in told(desk)["damaged"].reason.zh, "it says how many are missing"
        [folder] = tmp_path.glob("damaged-*")
        assert (folder / "anju.db").read_bytes() == digest, "the damaged file is kept as it was"
        assert await store.read(audit.broken_at) is None


@pytest.mark.parametrize("junk", [b"", b"hello", os.urandom(50_000), b"SQLite format 3\0" + bytes(5000)], ids=len)
async def test_something_else_in_the_databases_place_is_set_aside(tmp_path, before, monkeypatch, junk):
    (tmp_path / "anju.db").write_bytes(junk)
    async with cared_for(tmp_path, monkeypatch) as (store, desk):
        assert [user.name for user in await Users(store, Passwords()).all()] == ["wang"]
        await raise_one(store, desk, 1)
        await brought_over(store)
        assert "damaged" in told(desk)
        numbers = await store.read(lambda c: c.execute("SELECT min(number) FROM journal").fetchone()[0])
        assert numbers > SIGNALS, "no number is given twice"


async def test_a_file_that_never_was_a_database_is_set_aside(tmp_path, monkeypatch):
    (tmp_path / "anju.db").write_bytes(os.urandom(9000))
    async with cared_for(tmp_path, monkeypatch) as (store, desk):
        await raise_one(store, desk, 1)
        await brought_over(store)
        assert "damaged" in told(desk)


async def test_a_move_that_a_power_cut_ended_is_finished(tmp_path, before, monkeypatch):
    folder = damaged_folder.new_folder(tmp_path, NOW)
    damaged_folder.write_note(
        folder, damaged_folder.SalvageNote("a bad page", {"journal": SIGNALS + ALERTS, "decisions": 99, "steps": 99})
    )
    (tmp_path / "anju.db").replace(folder / "anju.db")
    async with cared_for(tmp_path, monkeypatch) as (store, desk):
        assert {a.id for a in before if a.state != "closed"} <= {a.id for a in desk.open_alerts()}
        await brought_over(store)
        kept = await store.read(
            lambda c: c.execute("SELECT count(*) FROM journal WHERE kind = 'door.opened'").fetchone()[0]
        )
        assert kept == SIGNALS


async def test_bringing_over_goes_on_where_a_restart_ended_it(tmp_path, before, monkeypatch):
    overwrite(tmp_path / "anju.db", pages_of(tmp_path / "anju.db", "alerts_state"))
    monkeypatch.setattr("gateway.store.salvage.essential_rows.RECENT_ROWS", 10)
    async with Store.open(tmp_path, repair=True) as store:
        assert not store.is_whole()
    async with cared_for(tmp_path, monkeypatch) as (store, _):
        await brought_over(store)
        kept = await store.read(
            lambda c: c.execute("SELECT count(*) FROM journal WHERE kind = 'door.opened'").fetchone()[0]
        )
        assert kept == SIGNALS
        links = "SELECT count(DISTINCT alert) FROM alert_signals"
        assert await store.read(lambda c: c.execute(links).fetchone()[0]) >= 30


# --- while it runs


@pytest.mark.parametrize(
    "name", ["journal", "alerts", "decisions", "web_users", "sqlite_master", "journal_device", "steps"]
)
async def test_pages_broken_while_it_runs_hide_no_alarm(tmp_path, before, monkeypatch, name):
    async with cared_for(tmp_path, monkeypatch) as (store, desk):
        standing = {alert.id for alert in desk.open_alerts()}
        await store.write(lambda c: c.execute("PRAGMA user_version") and None)
        overwrite(tmp_path / "anju.db", pages_of(tmp_path / "anju.db", name))
        for n in range(3):
            await raise_one(store, desk, 100 + n)
        async with asyncio.timeout(30):  # a page that is written again is whole again
            while "damaged" not in told(desk) and await found(store):
                await asyncio.sleep(0.02)
        await brought_over(store)
        await raise_one(store, desk, 110)
        shown = {alert.id for alert in desk.open_alerts()}
        assert standing < shown
        assert len([a for a in shown - standing if a in {x.id for x in desk.open_alerts() if x.rule == "home"}]) == 4
        listed, _ = await desk.page(["new", "acknowledged", "on_scene", "on_hold"], None, 1000)
        assert {alert.id for alert in listed} == shown
        assert all(alert.on_record for alert in listed)
        kept = {alert.id for alert in await store.read(rows.open_alerts)}
        assert (kept - shown, shown - kept) == (set(), set())
        assert [user.name for user in await Users(store, Passwords()).all()] == ["wang"]


async def found(store):
    try:
        return await store.inspect(integrity.check_pages)
    except sqlite3.DatabaseError as error:
        return error


@pytest.mark.parametrize("gone", [["anju.db"], ["anju.db-wal"], ["anju.db", "anju.db-wal", "anju.db-shm"]], ids=str)
async def test_files_removed_while_it_runs_cost_nothing(tmp_path, before, monkeypatch, gone):
    async with cared_for(tmp_path, monkeypatch) as (store, desk):
        await raise_one(store, desk, 100)
        for name in gone:
            (tmp_path / name).unlink()
        async with asyncio.timeout(10):
            while "damaged" not in told(desk):
                await asyncio.sleep(0.02)
        await raise_one(store, desk, 101)
    async with Store.open(tmp_path, repair=True) as store:
        alerts = {alert.id for alert in await look(store)}
        assert {alert.id for alert in before} < alerts
        count = await store.read(
            lambda c: c.execute("SELECT count(*) FROM journal WHERE entry = 'signal' AND device LIKE 'p%'").fetchone()[
                0
            ]
        )
        assert count == ALERTS + 2
        assert store.faults.empty()


async def test_a_machine_that_spoils_every_file_is_given_up_and_alarms_still_show(tmp_path, before, monkeypatch):
    async with cared_for(tmp_path, monkeypatch) as (store, desk):
        for _ in range(3):
            await store.report_damage(store.generation, "another bad page")
        await store.write(lambda c: c.execute("SELECT 1") and None)
        generation = store.generation
        await store.report_damage(generation, "and another")
        assert store.generation == generation
        async with asyncio.timeout(10):
            while "again" not in told(desk):
                await asyncio.sleep(0.02)
    assert len(list(tmp_path.glob("damaged-*"))) == 3


# --- the second copy


async def test_the_second_copy_follows_what_changes_and_holds_no_phone(tmp_path, before):
    path = tmp_path / register_copy.NAME
    assert path.stat().st_mode & 0o077 == 0
    assert b"13812345678" not in path.read_bytes()
    stamp = path.stat().st_mtime_ns
    async with Store.open(tmp_path) as store:
        await raise_one(store, Desk(store, lambda: NOW), 5)
    assert path.stat().st_mtime_ns == stamp, "nothing that it holds has changed"
    async with Store.open(tmp_path) as store:
        await Users(store, Passwords()).remove("wang")
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("SELECT count(*) FROM web_users").fetchone() == (0,), "who was removed must not come back"


@pytest.mark.parametrize("seed", range(48))
async def test_a_sector_overwritten_anywhere_ends_nothing(tmp_path, before, monkeypatch, seed):
    """512 bytes within a page: what is in them may still look like rows."""
    chance = random.Random(seed)
    path = tmp_path / "anju.db"
    with path.open("r+b") as file:
        for _ in range(4):
            file.seek(512 * chance.randrange(path.stat().st_size // 512))
            file.write(chance.choice([chance.randbytes(512), bytes(512), b"\xff" * 512]))
    async with cared_for(tmp_path, monkeypatch) as (store, desk):
        await raise_one(store, desk, 100)
        async with asyncio.timeout(30):
            while await found(store):
                await asyncio.sleep(0.02)
        await brought_over(store)
        assert {a.key for a in before if a.state != "closed"} <= {a.key for a in desk.open_alerts()}
        listed, _ = await desk.page([], None, 1000)
        assert len(listed) >= len(before)
        for alert in listed:
            await desk.steps(alert.id)
            await desk.signals_of(alert.id, 50)
        await store.read(lambda c: journal.signals(c, limit=5000))
        assert [user.name for user in await Users(store, Passwords()).all()] == ["wang"]


async def test_a_row_of_alerts_that_nobody_wrote_is_made_anew(tmp_path, before, monkeypatch):
    with closing(sqlite3.connect(tmp_path / "anju.db")) as connection:
        connection.execute("UPDATE alerts SET severity = 77, state = 'nëw' WHERE id = ?", (before[-1].id,))
        connection.commit()
    async with cared_for(tmp_path, monkeypatch) as (store, desk):
        assert await desk.alert(before[-1].id) == before[-1]
        await brought_over(store)
        assert "damaged" in told(desk)
