"""The store: committed means on disk, and one unit's fault is its own."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.app import housekeeping
from gateway.config.compound import Retention
from gateway.errors import NotRecorded
from gateway.model import Signal
from gateway.store import Store, journal, retention
from gateway.store.media import PictureFiles
from tests.support.database_damage import damage_table

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LOOK_UP = "SELECT * FROM journal WHERE device = 'door' AND source_id = '7'"


def said(**more) -> Signal:
    return Signal(**{"device": "door", "kind": "door.opened", "source_id": "7", "received": NOW, **more})


async def record(store: Store, signal: Signal, window: timedelta = DAY) -> journal.Recorded:
    return await store.write(lambda connection: journal.record_signal(connection, signal, window))


async def test_a_written_signal_reads_back_as_it_was(tmp_path):
    signal = said(at=NOW - timedelta(seconds=3), data={"门": "东门", "n": [1, 2.5, None]})
    async with Store.open(tmp_path) as store:
        kept = await record(store, signal)
        [read] = await store.read(lambda connection: journal.signals(connection, device="door"))
    assert read == replace(signal, number=kept.number)


async def test_the_same_id_and_body_within_the_window_is_a_duplicate(tmp_path):
    async with Store.open(tmp_path) as store:
        first = await record(store, said())
        again = await record(store, said(received=NOW + timedelta(hours=1)))
    assert again == journal.Recorded(first.number, duplicate=True)


@pytest.mark.parametrize(
    "other",
    [
        said(data={"another": "body"}),
        said(received=NOW + timedelta(days=2)),
        said(fresh=True),
        said(device="gate"),
        said(source_id="8"),
        said(kind="door.closed"),
    ],
    ids=["another body", "long after", "vouched fresh", "another device", "another id", "another kind"],
)
async def test_what_is_not_a_duplicate_is_a_new_signal(tmp_path, other):
    async with Store.open(tmp_path) as store:
        await record(store, said())
        assert not (await record(store, other)).duplicate


async def test_a_failing_unit_takes_no_neighbour_with_it(tmp_path):
    def broken(_connection: sqlite3.Connection) -> None:
        raise ValueError("mine alone")

    async with Store.open(tmp_path) as store:
        outcomes = await asyncio.gather(
            record(store, said(source_id="a")),
            store.write(broken),
            record(store, said(source_id="b")),
            return_exceptions=True,
        )
        kept = await store.read(lambda connection: journal.signals(connection))
    assert isinstance(outcomes[1], ValueError)
    assert {signal.source_id for signal in kept} == {"a", "b"}


async def test_units_that_queue_share_a_commit(tmp_path):
    async with Store.open(tmp_path) as store:
        await asyncio.gather(*(record(store, said(source_id=str(n))) for n in range(500)))
        assert store.writer.units == 500
        assert store.writer.commits < 100


async def test_urgent_units_overtake_the_queue(tmp_path):
    async with Store.open(tmp_path, group=1) as store:
        ordinary = [record(store, said(source_id=str(n))) for n in range(50)]
        alarm = store.write(lambda c: journal.record_signal(c, said(kind="fire.alarm"), DAY), urgent=True)
        *_, urgent = await asyncio.gather(*ordinary, alarm)
    assert urgent.number < 10


async def test_closing_writes_what_has_queued(tmp_path):
    async with Store.open(tmp_path) as store:
        waiting = [
            store.writer.submit(lambda c, n=n: journal.record_signal(c, said(source_id=str(n)), DAY)) for n in range(20)
        ]
    async with Store.open(tmp_path) as store:
        assert len(await store.read(lambda connection: journal.signals(connection))) == 20
    del waiting


async def test_a_spoilt_file_is_a_record_that_can_not_be_written_or_read(tmp_path):
    async with Store.open(tmp_path):
        pass
    damage_table(tmp_path / "anju.db", "journal_source")
    async with Store.open(tmp_path) as store:
        with pytest.raises(NotRecorded, match="can't be written: database disk image is malformed"):
            await record(store, said())
        with pytest.raises(NotRecorded, match="can't be read: database disk image is malformed"):
            await store.read(lambda c: c.execute(LOOK_UP).fetchall())
        with pytest.raises(sqlite3.IntegrityError):
            await store.write(lambda c: c.execute("INSERT INTO progress (rule) VALUES (NULL)"))


async def test_the_vault_reads_only_what_it_wrote(tmp_path):
    async with Store.open(tmp_path) as store:
        sealed = store.vault.encrypt("陈先生 0523".encode())
        assert store.vault.decrypt(sealed).decode() == "陈先生 0523"
        assert store.vault.mac("plates", b"x") != store.vault.mac("sessions", b"x")
        with pytest.raises(Exception, match="another key"):
            store.vault.decrypt(sealed[:-1] + bytes([sealed[-1] ^ 1]))


async def test_pictures_are_named_by_what_they_show(tmp_path):
    async with Store.open(tmp_path) as store:
        name = store.media.keep(b"\xff\xd8 a picture")
        assert store.media.keep(b"\xff\xd8 a picture") == name
        assert store.media.path(name).read_bytes() == b"\xff\xd8 a picture"
        assert store.media.path("../../etc/passwd") is None


def test_of_a_picture_that_the_disk_would_not_take_nothing_stays(tmp_path):
    """Without a store: the limit holds for the whole process, so that its writer would meet it as well."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            PictureFiles(tmp_path).keep(bytes(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_all_old_pictures_go_however_many_and_with_them_what_a_power_cut_left(tmp_path):
    async with Store.open(tmp_path) as store:
        names = [store.media.keep(str(n).encode()) for n in range(600)]
        old, held, young = [store.media.path(name) for name in names], names[7], names[8]
        draft = old[9].parent / "tmp_draft"
        draft.write_bytes(b"")
        for path in {draft, *old} - {store.media.path(young)}:
            os.utime(path, (0, 0))
        gone = [store.media.purge(folder, NOW, frozenset({held})) for folder in store.media.subfolders()]
        assert sum(gone) == 599
        assert {path.stem for path in (tmp_path / "media").rglob("*") if path.is_file()} == {held, young}


async def test_old_signals_go_batch_by_batch_and_those_behind_an_alert_stay(tmp_path, monkeypatch):
    """However many stay: each look goes on where the last one ended."""
    monkeypatch.setattr(retention, "SCAN_ROWS", 10)
    monkeypatch.setattr(retention, "BATCH_ROWS", 3)
    monkeypatch.setattr(housekeeping, "BATCH_PAUSE_S", 0)
    async with Store.open(tmp_path) as store:
        old, young = NOW - timedelta(days=40), NOW - timedelta(days=1)
        times = [old] * 35 + [young] * 3
        numbers = [(await record(store, said(received=at, fresh=True))).number for at in times]
        behind = {*numbers[:20], numbers[25]}
        rows = [("a", number) for number in behind]
        await store.write(lambda c: c.executemany("INSERT INTO alert_signals VALUES (?, ?)", rows).rowcount)
        await housekeeping._purge_rows(store, NOW, Retention(signals=timedelta(days=30)))
        left = await store.read(lambda c: {row["number"] for row in c.execute("SELECT number FROM journal")})
    assert left == behind | set(numbers[-3:])


async def test_pictures_that_alerts_show_are_asked_for_shelf_by_shelf(tmp_path):
    async with Store.open(tmp_path) as store:
        names = [f"{shelf}{'0' * 62}" for shelf in ("aa", "ab", "b0")]

        def raise_alerts(connection):
            for name in names:
                connection.execute(
                    "INSERT INTO alerts VALUES (?, 'r', 'k', 1, 'new', '', NULL, '', '', 0, 0, 1, NULL, NULL, NULL, ?, '')",  # noqa: E501
                    (name, name),
                )

        await store.write(raise_alerts)
        assert await store.read(lambda c: retention.snapshots_of_alerts(c, "ab")) == {names[1]}
