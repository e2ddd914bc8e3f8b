"""`anju consents` and `anju people erase|data` on the data of a gateway that does not run."""

from __future__ import annotations

import asyncio
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.people.register_writer import ChangedBy, PersonData, RegisterWriter
from gateway.store import Store, audit

NAME = "欧阳建国"


def anju(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def person(tmp_path: Path) -> tuple[Path, str]:
    data = tmp_path / "data"

    async def make() -> str:
        def write(connection) -> str:
            writer = RegisterWriter(connection, store.vault, datetime.now(UTC), ChangedBy("manager", f"{NAME}登记"))
            return writer.put_person(PersonData(NAME, "13812345678"))

        async with Store.open(data) as store:
            return await store.write(write)

    return data, asyncio.run(make())


def test_a_paper_is_recorded_and_withdrawn(person):
    data, key = person
    assert "version 1" in anju("consents", "give", key, "face", "--data", data).output
    assert "in force" in anju("consents", "list", key, "--data", data).output
    assert anju("consents", "withdraw", key, "face", "--data", data).exit_code == 0
    assert "withdrawn 20" in anju("consents", "list", key, "--data", data).output
    refused = anju("consents", "give", key, "face", "--how", "law", "--basis", "协查", "--data", data)
    assert refused.exit_code == 1
    assert "a resident's data needs the resident's consent" in refused.output


def test_a_person_takes_their_data_and_is_deleted(person, tmp_path):
    data, key = person
    out = tmp_path / "my.zip"
    told = anju("people", "data", key, "--reason", "本人要求", "--out", out, "--data", data)
    assert told.exit_code == 0, told.output
    assert json.loads(zipfile.ZipFile(out).read("data.json"))["persons"][0]["name"] == NAME
    asked = anju("people", "erase", key, "--reason", "本人要求", "--data", data)
    assert asked.exit_code == 1, "nobody said yes"
    told = anju("people", "erase", key, "--reason", f"{NAME}要求", "--yes", "--data", data)
    assert told.exit_code == 0, told.output
    assert not [file for file in data.rglob("*") if file.is_file() and NAME.encode() in file.read_bytes()]
    assert anju("people", "erase", key, "--reason", "再来", "--yes", "--data", data).exit_code == 1

    async def broken() -> int | None:
        async with Store.open(data) as store:
            return await store.read(audit.broken_at)

    assert asyncio.run(broken()) is None
