"""A WAL that is damaged, cut short or deleted is noticed and said, and what is behind the damage is read."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.model import Signal
from gateway.store import Store, journal, wal, watermark
from gateway.store.faults import StoreUnusable

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
GROUPS = 60


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A data folder as `kill -9` leaves it: all rows in the WAL."""
    folder = tmp_path_factory.mktemp("wal")
    asyncio.run(_write(folder / "data", folder / "killed"))
    return folder / "killed"


async def _write(folder: Path, copy: Path) -> None:
    async with Store.open(folder):
        pass
    async with Store.open(folder) as store:
        for n in range(GROUPS):
            await record(store, n)
        shutil.copytree(folder, copy)


async def record(store: Store, n: int) -> int:
    said = Signal(device="n1", kind="door.opened", received=NOW, source_id=f"{n}", data={"n": n})
    return (await store.write(lambda c: journal.record_signal(c, said, timedelta()))).number


@pytest.fixture
def data(killed, tmp_path):
    shutil.copytree(killed, tmp_path / "data")
    return tmp_path / "data"


async def started(data: Path) -> tuple[int, dict[str, str]]:
    """How many rows there are after a start, and what was told of them."""
    async with Store.open(data, repair=True) as store:
        count = await store.read(lambda c: c.execute("SELECT count(*) FROM journal").fetchone()[0])
        told = {}
        while not store.faults.empty():
            trouble = store.faults.get_nowait()
            told[trouble.key] = f"{trouble.words.zh}\n{trouble.words.en}"
        return count, told


async def test_a_whole_one_is_told_of_nothing(data):
    assert not wal.scan(data / "anju.db-wal").damaged
    assert await started(data) == (GROUPS, {})
    assert not list(data.glob("damaged-*"))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("damage", ["bit", "page", "frame", "header"])
async def test_what_is_behind_a_damaged_frame_is_read(data, damage, seed):
    chance, path = random.Random(seed), data / "anju.db-wal"
    said = bytearray(path.read_bytes())
    frames = (len(said) - 32) // 4120
    at = 32 + 4120 * chance.randrange(1, frames // 2)
    match damage:
        case "bit":
            said[at + 24 + chance.randrange(4096)] ^= 1 << chance.randrange(8)
        case "page":
            said[at + 24 : at + 4120] = chance.randbytes(4096)
        case "frame":
            said[at : at + 4120] = chance.randbytes(4120)
        case "header":
            said[:32] = chance.randbytes(32)
    path.write_bytes(said)
    count, told = await started(data)
    assert "wal" in told
    [folder, *_] = sorted(data.glob("damaged-*"))
    assert (folder / "anju.db-wal").read_bytes() == said, "the damaged one is kept"
    assert count == GROUPS or "damaged" in told or "lost" in told
    assert count >= GROUPS - 30


@pytest.mark.parametrize("left", [0, 20, 32, 5000, 100_000, None], ids=str)
async def test_rows_that_are_gone_are_counted_and_told(data, left):
    path = data / "anju.db-wal"
    if left is None:
        path.unlink()
    else:
        os.truncate(path, left)
    count, told = await started(data)
    assert count < GROUPS
    assert f"{GROUPS - count}" in told["lost"]
    assert "事件" in told["lost"]
    again, told = await started(data)
    assert (again, told) == (count, {}), "told once"


async def test_no_number_is_given_twice_after_a_loss(data):
    (data / "anju.db-wal").unlink()
    async with Store.open(data, repair=True) as store:
        assert await record(store, 1) == GROUPS + 1


async def test_an_older_backup_in_its_place_is_told_of(data, tmp_path):
    async with Store.open(data):
        pass
    backup = (data / "anju.db").read_bytes()
    async with Store.open(data) as store:
        await record(store, GROUPS + 1)
    (data / "anju.db").write_bytes(backup)
    _, told = await started(data)
    assert "journal" in told["lost"]


async def test_a_command_leaves_a_damaged_wal_to_the_gateway(data):
    """Opened and closed, SQLite would delete it and all that is behind the damage."""
    path = data / "anju.db-wal"
    said = bytearray(path.read_bytes())
    said[60_000] ^= 1
    path.write_bytes(said)
    with pytest.raises(StoreUnusable, match="anju run"):
        async with Store.open(data):
            pass
    assert path.read_bytes() == said


async def test_a_torn_end_is_what_a_power_cut_leaves_and_no_damage(data):
    """The transaction that was under way was not acknowledged."""
    with (data / "anju.db-wal").open("ab") as file:
        file.write((data / "anju.db-wal").read_bytes()[32:5000])
    assert not wal.scan(data / "anju.db-wal").damaged
    assert await started(data) == (GROUPS, {})


async def test_the_mark_follows_every_commit_and_a_torn_one_is_none(data):
    assert watermark.read(data)["journal"] == GROUPS
    (data / watermark.NAME).write_bytes(b"garbage")
    assert watermark.read(data) == {}
    assert await started(data) == (GROUPS, {})


async def test_a_clean_end_leaves_one_file_to_copy(tmp_path):
    async with Store.open(tmp_path) as store:
        await asyncio.gather(*(record(store, n) for n in range(500)))
        await asyncio.gather(*(store.read(journal.last_number) for _ in range(4)))
    assert not (tmp_path / "anju.db-wal").exists()
    (tmp_path / "copy").mkdir()
    shutil.copy(tmp_path / "anju.db", tmp_path / "copy" / "anju.db")
    async with Store.open(tmp_path / "copy") as store:
        assert await store.read(lambda c: c.execute("SELECT count(*) FROM journal").fetchone()[0]) == 500
