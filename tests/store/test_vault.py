"""The key: made once, never while something is sealed with another, and missed in words."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime

import pytest

from gateway.people.door_plates import DoorPlates
from gateway.store import Store
from gateway.store.vault import VaultError

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def phone(connection: sqlite3.Connection, sealed: bytes) -> None:
    connection.execute("INSERT INTO persons (id, name, phone, list) VALUES ('p1', x'', ?, 'resident')", (sealed,))


@pytest.fixture
async def sealed(tmp_path):
    """A data folder with a phone and a door plate; gives the plate's token."""
    async with Store.open(tmp_path) as store:
        data = store.vault.encrypt(b"13812345678")
        await store.write(lambda c: phone(c, data))
        [plate] = await DoorPlates(store).issue(["b1/u1/101"], NOW)
    return plate.token


def _gone(keys):
    shutil.rmtree(keys)


def _file_gone(keys):
    (keys / "data.key").unlink()


def _other(keys):
    (keys / "data.key").write_text("11" * 32)


def _garbage(keys):
    (keys / "data.key").write_bytes(bytes(range(200, 256)) * 3)


def _short(keys):
    (keys / "data.key").write_text("abcd")


def _empty(keys):
    (keys / "data.key").write_text("")


def _folder(keys):
    _file_gone(keys)
    (keys / "data.key").mkdir()


def _dangling(keys):
    _file_gone(keys)
    (keys / "data.key").symlink_to(keys / "usb-stick" / "data.key")


@pytest.mark.parametrize("spoil", [_gone, _file_gone, _other, _garbage, _short, _empty, _folder, _dangling])
async def test_without_its_key_nothing_is_sealed_and_the_fix_is_told(tmp_path, sealed, spoil):
    keys = tmp_path / "keys"
    kept = tmp_path / "kept"
    shutil.copytree(keys, kept)
    spoil(keys)
    before = (
        sorted((path.name, path.is_file() and path.read_bytes()) for path in keys.rglob("*")) if keys.exists() else []
    )
    async with Store.open(tmp_path, repair=True) as store:
        trouble = store.faults.get_nowait()
        assert trouble.key == "keys"
        assert str(keys / "data.key") in trouble.words.zh
        assert str(keys / "data.key") in trouble.words.en
        with pytest.raises(VaultError):
            store.vault.encrypt(b"another phone")
        with pytest.raises(VaultError):
            store.vault.mac("door plate", b"x")
        assert await DoorPlates(store).place(sealed) == "b1/u1/101", "printed door plates still lead somewhere"
        assert await DoorPlates(store).place("A" * 32) is None
    after = (
        sorted((path.name, path.is_file() and path.read_bytes()) for path in keys.rglob("*")) if keys.exists() else []
    )
    assert after == before, "no key was made"
    shutil.rmtree(keys, ignore_errors=True)
    shutil.copytree(kept, keys)
    async with Store.open(tmp_path) as store:
        assert store.vault.fault is None
        assert await store.read(lambda c: store.vault.decrypt(c.execute("SELECT phone FROM persons").fetchone()[0]))
        assert await DoorPlates(store).place(sealed) == "b1/u1/101"


async def test_what_is_sealed_is_named(tmp_path, sealed):
    _gone(tmp_path / "keys")
    async with Store.open(tmp_path) as store:
        words = store.vault.fault
    assert "电话 1 条、门牌码 1 条" in words.zh
    assert "1 phones, 1 door plates" in words.en
    assert "anju keys new" in words.zh


async def test_a_key_that_opens_some_of_it_goes_on(tmp_path, sealed):
    async with Store.open(tmp_path) as store:
        await store.write(
            lambda c: c.execute("UPDATE persons SET phone = x'00112233445566778899aabbccddeeff00112233445566'")
        )
    async with Store.open(tmp_path) as store:
        assert store.vault.fault is None
        assert store.vault.encrypt(b"x")


async def test_a_folder_with_nothing_sealed_gets_a_key(tmp_path):
    async with Store.open(tmp_path):
        pass
    _gone(tmp_path / "keys")
    async with Store.open(tmp_path) as store:
        assert store.vault.decrypt(store.vault.encrypt(b"x")) == b"x"
    assert (tmp_path / "keys" / "data.key").stat().st_mode & 0o077 == 0
