"""`anju users`, `anju people`, `anju door-plates` and `anju checkpoints`, as they are typed."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.config import load
from gateway.store import Store, journal

PASSWORD = "correct horse battery"


@pytest.fixture
def anju(tmp_path: Path):
    def run(*words: str, say: str | None = None, status: int = 0):
        result = CliRunner().invoke(main, [*words, "--data", str(tmp_path / "data")], input=say)
        assert result.exit_code == status, result.output
        return result

    return run


@pytest.fixture
def demo(root: Path) -> Path:
    return root / "config" / "demo"


def users(tmp_path: Path) -> list[tuple]:
    with sqlite3.connect(tmp_path / "data" / "anju.db") as connection:
        return connection.execute("SELECT name, role, password FROM web_users").fetchall()


def test_the_first_account(anju, tmp_path):
    anju("users", "add", "zhang", "--role", "guard", say=f"{PASSWORD}\n{PASSWORD}\n")
    [(name, role, hashed)] = users(tmp_path)
    assert (name, role) == ("zhang", "guard")
    assert hashed.startswith("$argon2id$")
    assert anju("users", "list").output.startswith("zhang\tguard\t")


def test_a_password_from_standard_input(anju):
    anju("users", "add", "zhang", "--role", "manager", "--password-stdin", say=f"{PASSWORD}\n")
    anju("users", "password", "zhang", "--password-stdin", say="another long one\n")


@pytest.mark.parametrize(
    ("say", "says"),
    [
        (f"{PASSWORD}\nanother\n", "the two passwords differ"),
        ("short\nshort\n", "it has 5 characters, 8 is the minimum"),
        ("zhang-2026\nzhang-2026\n", "too easy to guess"),
        ("\n", "it has 0 characters"),
    ],
)
def test_a_password_that_can_not_be_used(anju, say, says):
    assert says in anju("users", "add", "zhang", "--role", "guard", say=say, status=1).output


def test_what_can_not_be_done_is_said(anju):
    anju("users", "add", "zhang", "--role", "guard", "--password-stdin", say=PASSWORD)
    twice = anju("users", "add", "zhang", "--role", "guard", "--password-stdin", say=PASSWORD, status=1)
    assert "there is a user 'zhang' already" in twice.output
    assert "no user 'li'" in anju("users", "remove", "li", status=1).output
    assert "no user 'li'" in anju("users", "token", "li", status=1).output
    assert (
        "use 1 to 40 letters"
        in anju("users", "add", "a b", "--role", "guard", "--password-stdin", say=PASSWORD, status=1).output
    )
    anju("users", "add", "li", "--role", "king", status=2)


def test_a_token_is_printed_alone_and_can_be_made_void(anju):
    anju("users", "add", "cctv", "--role", "manager", "--password-stdin", say=PASSWORD)
    token = anju("users", "token", "cctv").output
    assert re.fullmatch(r"anju_[\w-]{43}\n", token)
    assert "1 token of cctv revoked" in anju("users", "token", "cctv", "--revoke").output
    anju("users", "remove", "cctv")
    assert anju("users", "list").output == ""


def test_the_offices_list(anju, tmp_path, demo):
    file = tmp_path / "people.csv"
    file.write_text("place,name,phone,plates\n3号楼1单元1502室,王建国,13812345678,苏M12345\n", encoding="utf-8")
    preview = anju("people", "import", str(file), "--config", str(demo), "--dry-run").output
    assert f"{file}:2: person 王建国 added" in preview
    assert anju("people", "list").output == ""
    assert "vehicles: 1 added" in anju("people", "import", str(file), "--config", str(demo)).output
    again = anju("people", "import", str(file), "--config", str(demo)).output
    assert "persons: 0 added, 0 changed, 1 unchanged" in again
    said = anju("people", "list", "--place", "b3").output
    assert "王建国" in said
    assert "13812345678" not in said
    person = said.split("\t")[0]
    anju("people", "remove", person)
    anju("people", "remove", "苏M·12345")
    assert anju("people", "list").output == ""
    anju("people", "remove", "苏M12345", status=1)


def test_a_room_and_who_moves_out_of_it(anju, tmp_path, demo):
    file = tmp_path / "people.csv"
    file.write_text(
        "place,name,phone,plates,cards\nb3/u1/1502,王建国,13812345678,苏M12345,87654321\n", encoding="utf-8"
    )
    anju("people", "import", str(file))
    person = anju("people", "find", "5678").output.split("\t")[0]
    shown = anju("people", "show", "b3/u1/1502").output
    assert "card …4321" in shown
    assert "87654321" not in shown
    out = tmp_path / "out.xlsx"
    assert "1 lines" in anju("people", "export", str(out), "--why", "盘点").output
    assert "1 unchanged" in anju("people", "import", str(out), "--dry-run").output
    anju("people", "move-out", "b3/u1/1502", "--person", "nobody", "--why", "测试", status=1)
    anju("people", "move-out", "b3/u1/1502", "--person", person, "--why", "退租")
    assert anju("people", "list", "--place", "b3").output == ""
    anju("people", "show", "b3/u9/1", status=1)


def test_a_list_with_a_mistake_is_not_taken_in_at_all(anju, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("place,name,plates\nb3/u1/1502,王建国,苏M12345\nb3/u1/1502,李四,x\n", encoding="utf-8")
    refused = anju("people", "import", str(file), status=1)
    assert f"{file}:3: 'x' can't be a number plate, write it as" in refused.output
    assert anju("people", "list").output == ""


def test_the_demos_own_people_can_be_imported(anju, demo):
    anju("people", "import", str(demo / "people.yaml"), "--config", str(demo))


def tokens(file: Path) -> dict[str, str]:
    """What each plate of the sheets says, by its room's name."""
    text = file.read_text(encoding="utf-8")
    names = [re.sub("<wbr>", "", name) for name in re.findall(r'class="room">(.*?)</p>', text)]
    return dict(zip(names, re.findall(r'<path[^>]* d="([^"]+)"', text), strict=False))


def test_door_plates_for_the_printer(anju, tmp_path, demo):
    out = tmp_path / "plates.html"
    said = anju("door-plates", "print", "--config", str(demo), "--out", str(out), "--place", "b3/u1").output
    assert "36 door plates on 5 pages" in said
    assert "phones can't open http://127.0.0.1:8080; set public_url in compound.yaml" in said
    first = tokens(out)
    assert "3号楼1单元1502室" in first
    assert len(first) == 36
    anju("door-plates", "print", str(demo), "--out", str(out), "--place", "b3/u1/")
    assert tokens(out) == first
    anju("door-plates", "reissue", "b3/u1/1502", "--config", str(demo), "--out", str(out))
    [(room, code)] = tokens(out).items()
    assert code != first[room]
    assert "1 plate revoked" in anju("door-plates", "revoke", "b3/u1/1502").output
    assert "no door plate for b3/u1/1502" in anju("door-plates", "revoke", "b3/u1/1502", status=1).output


def test_door_plates_of_another_size_and_their_states(anju, tmp_path, demo):
    out = tmp_path / "plates.html"
    words = ["door-plates", "print", "--config", str(demo), "--out", str(out), "--place", "b3"]
    said = anju(*words, "--size", "85x54", "--bleed", "3", "--batches", "building").output
    pages = int(re.search(r"door plates on (\d+) page", said)[1])
    assert pages == -(-len(tokens(out)) // 8)
    assert "江苏省泰州市海陵区春风路8号" in out.read_text(encoding="utf-8")
    assert "wider than an A4 page" in anju(*words, "--columns", "4", status=1).output
    assert "size.width" in anju(*words, "--size", "20x20", status=1).output
    anju("door-plates", "revoke", "b3/u1/1502")
    listed = anju("door-plates", "list", "--config", str(demo), "--place", "b3/u1", "--stage", "revoked").output
    assert listed == "b3/u1/1502\t3号楼1单元1502室\trevoked\n"
    assert "b3/u1/1501\t3号楼1单元1501室\tprinted\n" in anju("door-plates", "list", "--config", str(demo)).output


def test_sheets_on_standard_output(anju, demo):
    result = anju("door-plates", "print", "--config", str(demo), "--out", "-", "--place", "b1/u1/101")
    assert result.stdout.startswith("<!doctype html>")
    assert "1 door plates" in result.stderr


def test_a_place_nobody_knows(anju, demo):
    said = anju("door-plates", "print", "--config", str(demo), "--place", "b99", status=1).output
    assert "there is no such room" in said


async def test_without_config_the_gateways_last_one_is_used(tmp_path, root):
    configuration = load(root / "config" / "demo")
    data, out = tmp_path / "data", tmp_path / "plates.html"
    words = ["door-plates", "print", "--out", str(out), "--data", str(data)]

    async def run():
        return await asyncio.to_thread(CliRunner().invoke, main, words)

    refused = await run()
    assert refused.exit_code == 1
    assert "give --config DIR" in refused.output
    async with Store.open(data) as store:
        now = datetime.now(UTC)
        await store.write(lambda c: journal.record_configuration(c, now, configuration.fingerprint, configuration.text))
    printed = await run()
    assert printed.exit_code == 0, printed.output
    text = out.read_text(encoding="utf-8")
    assert "西子御园" in text
    assert text.count('class="plate"') == 188


def codes(out):
    text = out.read_text(encoding="utf-8")
    names = re.findall(r'class="name">(.*?)</p>', text)
    return dict(zip(names, re.findall(r'<path[^>]* d="([^"]+)"', text), strict=True))


def test_checkpoints_for_the_printer(anju, tmp_path, demo):
    out = tmp_path / "checkpoints.html"
    said = anju("checkpoints", "print", "--config", str(demo), "--out", str(out)).output
    assert "4 checkpoints on 1 page" in said
    assert "phones can't open http://127.0.0.1:8080" in said
    first = codes(out)
    assert list(first) == ["东门岗亭", "北围墙中段", "3号楼楼顶", "地下车库"]
    anju("checkpoints", "print", "--config", str(demo), "--out", str(out), "--size", "sticker")
    assert codes(out) == first
    anju("checkpoints", "renew", "east", "--config", str(demo), "--out", str(out))
    [(name, code)] = codes(out).items()
    assert code != first[name]
    assert "1 code revoked" in anju("checkpoints", "revoke", "east").output
    assert "no code for east" in anju("checkpoints", "revoke", "east", status=1).output
    assert "no checkpoint west" in anju("checkpoints", "print", "west", "--config", str(demo), status=1).output
