"""`anju residents letter`: a page for each person, with a code that signs in once."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.store import Store, audit

DEMO = Path(__file__).resolve().parents[2] / "config" / "demo"
ROOM = "b1/u1/502"


@pytest.fixture
def anju(tmp_path: Path):
    def run(*words: str, status: int = 0):
        arguments = [*words, "--config", str(DEMO), "--data", str(tmp_path / "data")]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == status, result.output
        return result

    run("people", "import", str(DEMO / "people.yaml"))
    return run


def test_a_letter_for_each_person_of_the_room_is_on_record(anju, tmp_path):
    out = tmp_path / "letters.html"
    anju("residents", "letter", ROOM, "--out", str(out))
    page = out.read_text("utf-8")
    assert re.findall(r"<b>([^<]+) 亲启", page) == ["甄示例", "贾示例"]
    assert page.count("<svg") == 2
    assert "1号楼" in page
    assert out.stat().st_mode & 0o077 == 0, "whoever has a letter can sign in"
    assert [step.data["way"] for step in asyncio.run(_steps(tmp_path / "data"))] == ["letter", "letter"]


def test_an_empty_room_gets_no_letter(anju, tmp_path):
    refused = anju("residents", "letter", "b1/u1/101", "--out", str(tmp_path / "letters.html"), status=1)
    assert "nobody is registered at b1/u1/101" in refused.output


async def _steps(data: Path):
    async with Store.open(data) as store:
        found = await store.read(lambda c: audit.page(c, audit.StepFilter(action="resident-key"), None, 9))
    return [step for _, step, _ in found]
