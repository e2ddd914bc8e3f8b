"""`anju comply`: levels of a standard from a data file, answered from the YAML and the walk tests."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.comply import _write_assessment
from gateway.config import load
from gateway.errors import BadInput
from gateway.privacy.comply import Answer, WalkTests, check, read_standard
from gateway.privacy.comply.walk_tests import last_results, save

DEMO = Path(__file__).parents[2] / "config" / "demo"
OWN = """
standard: Our town
reading: the town's police, 2026
requirements:
  - {id: gate, level: 3, what: 门岗视频, test: {devices: camera, at: gate}}
  - {id: lift, level: 2, what: 电梯视频, test: {devices: camera, named: [电梯]}}
  - {id: zones, level: 1, what: 走线测试, test: {walk_test: all}}
  - {id: asked, level: 3, what: 联网, test: manual}
"""


@pytest.fixture(scope="module")
def demo():
    return load(DEMO)


def own(tmp_path: Path, text: str = OWN) -> Path:
    file = tmp_path / "own.yaml"
    file.write_text(text, "utf-8")
    return file


def test_a_higher_level_wants_all_that_a_lower_one_does():
    standard = read_standard()
    ids = {level: {one.id for one in standard.wanted_at(level)} for level in (1, 2, 3)}
    assert ids[3] < ids[2] < ids[1]
    assert "our reading" in standard.reading


def test_what_the_yaml_shows_is_answered(demo, tmp_path):
    answers = {each.requirement.id: each.answer for each in check(read_standard(own(tmp_path)), 1, demo, WalkTests())}
    assert answers == {
        "gate": Answer.MET,
        "lift": Answer.MISSING,
        "zones": Answer.MISSING,
        "asked": Answer.ASKED,
    }


def test_walk_tests_are_kept_and_the_last_result_counts(demo, tmp_path):
    standard = read_standard(own(tmp_path))
    zones = [device.id for device in demo.all_devices().values() if device.type.value in {"zone", "sensor", "home"}]
    save(tmp_path, datetime(2026, 11, 1, tzinfo=UTC), dict.fromkeys(zones, "ok"))
    assert {r.requirement.id: r.answer for r in check(standard, 1, demo, last_results(tmp_path))}["zones"] is Answer.MET
    save(tmp_path, datetime(2026, 11, 2, tzinfo=UTC), {zones[0]: "no_alert"})
    [failed] = [r for r in check(standard, 1, demo, last_results(tmp_path)) if r.requirement.id == "zones"]
    assert failed.answer is Answer.MISSING
    assert zones[0] in failed.why.en


def test_several_tests_must_all_be_met(demo, tmp_path):
    both = OWN.replace("{devices: camera, at: gate}", "[{devices: camera, at: gate}, {devices: intercom, at: wall}]")
    [gate, *_] = check(read_standard(own(tmp_path, both)), 3, demo, WalkTests())
    assert gate.answer is Answer.MISSING


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("level: 3", "level: 4", "level"),
        ("id: lift", "id: gate", "there twice: gate"),
        ("walk_test: all", "walked: all", "requirements"),
        ("standard: Our town", "[", "own.yaml"),
    ],
)
def test_a_mistake_in_ones_own_file_is_told(tmp_path, old, new, said):
    with pytest.raises(BadInput, match=said):
        read_standard(own(tmp_path, OWN.replace(old, new, 1)))


def test_the_command_prints_a_table_and_json(tmp_path):
    run = CliRunner()
    told = run.invoke(main, ["comply", str(DEMO), "--level", "3", "--data", str(own(tmp_path)), "--lang", "en"])
    assert told.exit_code == 0, told.output
    assert "[x] gate" in told.output
    assert "Our reading, no certificate" in told.output
    told = run.invoke(main, ["comply", str(DEMO), "--level", "2", "--data", str(own(tmp_path)), "--json"])
    assert told.exit_code == 1, "the lift has no camera"
    data = json.loads(told.output)
    assert [each["id"] for each in data["requirements"]] == ["gate", "lift", "asked"]
    shown = run.invoke(main, ["comply", str(DEMO), "--show-data"])
    assert json.loads(shown.output)["standard"] == "GB/T 21741-2021"


@pytest.mark.parametrize("ending", ["html", "md"])
async def test_the_impact_assessment_is_filled_in(life, tmp_path, ending):
    file = tmp_path / f"pia.{ending}"
    await asyncio.to_thread(_write_assessment, load(DEMO), file, life.store.folder)
    text = file.read_text("utf-8")
    for said in ("西子御园", "夜间无人值守", "1 / 100000", "30 天", "第55、56条", "（请填写）"):
        assert said in text, said


def test_an_existing_sheet_is_not_overwritten(tmp_path):
    (tmp_path / "pia.html").write_text("signed")
    told = CliRunner().invoke(main, ["comply", str(DEMO), "--assessment", str(tmp_path / "pia.html")])
    assert told.exit_code == 1
    assert (tmp_path / "pia.html").read_text() == "signed"
