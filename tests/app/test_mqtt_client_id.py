"""What the gateway calls itself at a broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.app.mqtt_client_id import FILE, gateway_client_id


def test_it_is_the_same_at_every_start_and_another_in_every_folder(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    names = [gateway_client_id(folder) for folder in folders]
    assert len(set(names)) == 2
    assert [gateway_client_id(folder) for folder in folders] == names
    assert all(len(name) <= 23 for name in names)


@pytest.mark.parametrize("content", [b"", b"anju", b"\xff\xfe", b"anju-xyz\n"])
def test_a_file_that_is_spoilt_still_gives_one_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert gateway_client_id(tmp_path) == gateway_client_id(tmp_path)


def test_a_disk_that_takes_nothing_gives_one_name(tmp_path: Path) -> None:
    folder = tmp_path / "is-not-there"
    assert gateway_client_id(folder) == gateway_client_id(folder)
    assert gateway_client_id(folder) != gateway_client_id(tmp_path / "another")
