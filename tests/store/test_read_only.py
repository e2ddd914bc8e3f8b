"""A disk that can't be written: what is on record is read, nothing is acknowledged, and it goes on when it can."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import NotRecorded
from gateway.model import Signal
from gateway.store import Store, database, journal, writer

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def disk(tmp_path):
    """Gives a function that remounts it, `ro` or `rw`."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a filesystem can't be mounted here (it needs CAP_SYS_ADMIN): {done.stderr.strip()}")

    def remount(mode):
        subprocess.run(["mount", "-o", f"remount,{mode}", str(folder)], check=True)

    remount.folder = folder
    yield remount
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def record(store, n):
    said = Signal(device="n1", kind="door.opened", received=NOW, source_id=f"{n}")
    return (await store.write(lambda c: journal.record_signal(c, said, timedelta()))).number


async def count(store):
    return await store.read(lambda c: c.execute("SELECT count(*) FROM journal").fetchone()[0])


@pytest.mark.parametrize("end", ["clean", "killed"])
async def test_what_is_on_record_is_read_and_written_on_when_it_can(tmp_path, disk, monkeypatch, end):
    monkeypatch.setattr(writer, "RETRY_INTERVAL_S", 0.0)
    async with Store.open(tmp_path / "made") as store:
        for n in range(50):
            await record(store, n)
        if end == "killed":
            shutil.copytree(tmp_path / "made", disk.folder, dirs_exist_ok=True)
    if end == "clean":
        shutil.copytree(tmp_path / "made", disk.folder, dirs_exist_ok=True)
    disk("ro")
    async with Store.open(disk.folder, repair=True) as store:
        trouble = store.faults.get_nowait()
        assert trouble.key == "unwritable"
        assert "remount,rw" in trouble.words.zh
        assert await count(store) == 50, "what a killed gateway had in its WAL is read too"
        for n in range(3):
            with pytest.raises(NotRecorded):
                await record(store, 100 + n)
        assert await count(store) == 50
        generation = store.generation
        disk("rw")
        number = await record(store, 200)
        assert number == 51
        assert store.generation > generation
        assert await count(store) == 51
        async with asyncio.timeout(5):
            assert (await store.faults.get()).over
    async with Store.open(disk.folder) as store:
        assert await count(store) == 51


async def test_a_damaged_database_on_a_disk_that_takes_nothing_is_read_in_memory(tmp_path, disk):
    async with Store.open(tmp_path / "made") as store:
        for n in range(50):
            await record(store, n)
    shutil.copytree(tmp_path / "made", disk.folder, dirs_exist_ok=True)
    with (disk.folder / "anju.db").open("r+b") as file:
        file.write(b"\xff" * 4096)
    disk("ro")
    async with Store.open(disk.folder, repair=True) as store:
        assert await count(store) == 50
        with pytest.raises(NotRecorded):
            await record(store, 100)


async def test_a_fresh_database_that_can_not_be_made_is_not_tried_with_every_signal(tmp_path, monkeypatch):
    async with Store.open(tmp_path, repair=True) as store:
        tried = []

        def fail(*_):
            tried.append(1)
            raise OSError(28, "no space left")

        monkeypatch.setattr(database, "replace_damaged", fail)
        for _ in range(5):
            await store.report_damage(store.generation, "a bad page")
    assert len(tried) == 1
