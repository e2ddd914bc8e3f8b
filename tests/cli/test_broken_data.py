"""A data folder that can't be used is told of in words, with the fix, by every command."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main

PASSWORD = "a-long-enough-password\n"
LIST = "place,name,phone,role,plates,list\nb1/u1/101,陈,13812345678,owner,,\n"
COMMANDS = (
    ("users", "add", "bob", "--role", "guard", "--password-stdin"),
    ("users", "list"),
    ("people", "import", "LIST"),
    ("people", "list"),
    ("clips", "list"),
    ("watch", "--seconds", "1"),
    ("keys", "new", "--yes"),
)


def anju(data: Path, *command: str) -> Result:
    roster = data.parent / "list.csv"
    roster.write_text(LIST)
    words = [str(roster) if word == "LIST" else word for word in command]
    return CliRunner().invoke(main, [*words, "--data", str(data)], input=PASSWORD)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("furnished") / "data"
    for command in COMMANDS[:1], COMMANDS[2:3]:
        assert anju(data, *command[0]).exit_code == 0
    return data


@pytest.fixture
def data(furnished: Path, tmp_path: Path) -> Path:
    shutil.copytree(furnished, tmp_path / "data")
    return tmp_path / "data"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("junk", [b"", b"hello", os.urandom(20_000), b"SQLite format 3\0" + bytes(4080)], ids=len)
def test_a_file_that_is_no_database_is_left_to_the_gateway(data: Path, command: tuple[str, ...], junk: bytes) -> None:
    (data / "anju.db").write_bytes(junk)
    done = anju(data, *command)
    assert done.exit_code == 1, done.output
    assert "anju.db" in done.output
    assert "anju run" in done.output or command[0] == "watch"
    assert isinstance(done.exception, SystemExit), "a traceback is nothing for an installer"
    assert (data / "anju.db").read_bytes() == junk, "the file is as it was"


@pytest.mark.parametrize("command", COMMANDS[:3], ids=" ".join)
def test_a_folder_in_its_place_is_named(data: Path, command: tuple[str, ...]) -> None:
    (data / "anju.db").unlink()
    (data / "anju.db").mkdir()
    done = anju(data, *command)
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "is a folder" in done.output


@pytest.mark.parametrize("key", [b"", b"abcd", b"\xff" * 64, b"z" * 64, b"11" * 32, None], ids=str)
def test_a_wrong_key_stops_only_what_needs_it(data: Path, key: bytes | None) -> None:
    file = data / "keys" / "data.key"
    if key is None:
        file.unlink()
    else:
        file.write_bytes(key)
    assert anju(data, *COMMANDS[1]).exit_code == 0
    done = anju(data, *COMMANDS[2])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert str(file) in done.output
    assert "backup" in done.output
    assert file.exists() == (key is not None)


def test_a_new_key_begins_anew_and_keeps_the_old_file(data: Path) -> None:
    (data / "keys" / "data.key").write_text("11" * 32)
    done = anju(data, "keys", "new", "--yes")
    assert done.exit_code == 0, done.output
    assert "1 phones" in done.output
    assert anju(data, *COMMANDS[2]).exit_code == 0
    assert "1 changed" in anju(data, *COMMANDS[2]).output or "1 unchanged" in anju(data, *COMMANDS[2]).output
    assert len(list((data / "keys").glob("data.key.old-*"))) == 1


@pytest.fixture
def read_only(data: Path) -> Iterator[Path]:
    """A filesystem that takes nothing; root is kept out by it as well."""
    folder = data.parent / "read-only"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a filesystem can't be mounted here: {done.stderr.strip()}")
    try:
        shutil.copytree(data, folder, dirs_exist_ok=True)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_read_only_disk_is_told(read_only: Path, command: tuple[str, ...]) -> None:
    done = anju(read_only, *command)
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "can't be written" in done.output or command[0] == "watch"
