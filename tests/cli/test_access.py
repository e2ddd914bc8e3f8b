"""`anju try access` and `anju access test`, on the demo's configuration and people."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from gateway.cli.access import command
from gateway.cli.demo.seed_data import hand_out
from gateway.cli.try_access import access
from gateway.config import load
from gateway.people.roster import read_roster
from gateway.people.roster_import import import_roster
from gateway.store import Store


@pytest.fixture(scope="module")
def demo(tmp_path_factory, request):
    """The demo's YAML files and its data, without a gateway."""
    folder = tmp_path_factory.mktemp("demo")
    config = folder / "config"
    shutil.copytree(request.config.rootpath / "config" / "demo", config)
    asyncio.run(_seed(folder))
    return folder


async def _seed(folder):
    configuration, now = load(folder / "config"), datetime.now(UTC)
    async with Store.open(folder) as store:
        await import_roster(store, read_roster(folder / "config" / "people.yaml", configuration.places), now)
        await store.write(lambda connection: hand_out(connection, store.vault, now))


def tried(demo, *arguments):
    done = CliRunner().invoke(access, [*arguments, "--data", str(demo)])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_card_is_tried_with_its_reason(demo):
    found = tried(demo, "--credential", "card:1000 2208", "--door", "door-b1-u1")
    assert (found["granted"], found["code"], found["place"]) == (True, "ok", "b1/u1/502")
    assert found["reason"] == {"zh": "准许通行", "en": "Let in"}
    assert "10002208" not in json.dumps(found)
    denied = tried(demo, "--credential", "card:1", "--door", "door-b1-u1")
    assert (denied["granted"], denied["code"]) == (False, "unknown")
    assert tried(demo, "--credential", "card:1", "--door", "nowhere")["code"] == "no_door"


def test_a_time_is_by_the_compounds_clock(demo):
    for at, code in (("2030-06-12 10:00", "ok"), ("2030-06-12T15:00:00Z", "not_now"), ("2020-01-01", "not_begun")):
        found = tried(demo, "--credential", "card:10005628", "--door", "door-b3-u2", "--at", at)
        assert found["code"] == code, at


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--credential", "4711", "--door", "d"), "write its kind and value"),
        (("--credential", "cart:4711", "--door", "d"), "did you mean 'card'?"),
        (("--credential", "card:1", "--door", "d", "--at", "noon"), "'noon' is no time"),
    ],
)
def test_mistakes_are_told(demo, arguments, said):
    done = CliRunner().invoke(access, [*arguments, "--data", str(demo)])
    assert done.exit_code == 1
    assert said in done.output


def test_without_data_nobody_would_be_known(tmp_path, demo):
    done = CliRunner().invoke(
        access, ["--credential", "card:1", "--door", "d", "--config", f"{demo}/config", "--data", str(tmp_path)]
    )
    assert done.exit_code == 1
    assert "holds no gateway's data" in done.output
    assert list(tmp_path.iterdir()) == []


def run(file, demo):
    return CliRunner().invoke(command, ["test", str(file), "--data", str(demo)])


def test_the_demos_cases_are_right(demo):
    done = run(demo / "config" / "access-cases.yaml", demo)
    assert done.exit_code == 0, done.output
    assert "15 cases, all right" in done.output


def test_a_wrong_answer_is_told_with_its_line(demo):
    file = demo / "config" / "mine.yaml"
    file.write_text(
        "cases:\n"
        "  - {credential: 'card:10002208', door: door-b1-u1, expect: granted}\n"
        "  - {credential: 'card:10002208', door: door-b3-u1, expect: granted}\n",
        "utf-8",
    )
    done = run(file, demo)
    assert done.exit_code == 1
    assert f"{file}:3: expected granted, got not_here: Has no right at this door" in done.output
    assert "10002208" not in done.output


def test_a_file_that_is_no_table_is_told_with_its_lines(demo):
    file = demo / "config" / "mine.yaml"
    file.write_text("cases:\n  - {credential: '4711', door: d, expect: granted}\n  - {credential: 'pin:1', dor: d}\n")
    done = run(file, demo)
    assert done.exit_code == 1
    assert f"{file}:2: 'credential': '4711' is no credential, write its kind and value, such as card:" in done.output
    assert f"{file}:3: unknown key 'dor', did you mean 'door'?" in done.output
    file.write_text("cases:\n  - {credential: 'pin:1', door: d, expect: grantd}\n")
    assert f"{file}:2: 'grantd' is no answer, did you mean 'granted'?" in run(file, demo).output
