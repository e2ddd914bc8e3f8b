"""Positions put into plan.yaml: comments, order and everything else stay as they are."""

import pytest
from ruamel.yaml import YAML

from gateway.plan.yaml_edit import YAMLError, with_positions

FILE = """\
# yaml-language-server: $schema=schema/plan.json
drawings:
  - id: site        # the whole compound
    file: plan/site.svg
    name: {zh: "小区", en: 'Compound'}

# Where they are.
devices:
  gate: {drawing: site, x: 10, y: 20, direction: 90, range: 30}   # above the door
  # the two beams
  wall-n1: {drawing: site, x: 1, y: 2}
  lane:
    drawing: site   # one key a line
    x: 5
    y: 6
    view: 40        # a narrow lens

  wall-n2: {drawing: site, x: 3, y: 4}

# Outlines.
places:
  b1: {drawing: site, outline: [[0, 0], [9, 0], [9, 9]]}
"""
GOLDEN = """\
# yaml-language-server: $schema=schema/plan.json
drawings:
  - id: site        # the whole compound
    file: plan/site.svg
    name: {zh: "小区", en: 'Compound'}

# Where they are.
devices:
  gate: {drawing: site, x: 11.5, y: 20, direction: 45, range: 30} # above the door
  # the two beams
  lane:
    drawing: site   # one key a line
    x: 5
    y: 7

  wall-n2: {drawing: site, x: 3, y: 4}
  siren: {drawing: site, x: 7, y: 8}

# Outlines.
places:
  b1: {drawing: site, outline: [[0, 0], [9, 0], [9, 9]]}
"""


def test_only_what_was_changed_is_changed():
    changes = {
        "gate": {"drawing": "site", "x": 11.5, "y": 20, "direction": 45, "range": 30},
        "wall-n1": None,
        "lane": {"drawing": "site", "x": 5, "y": 7},
        "siren": {"drawing": "site", "x": 7, "y": 8},
    }
    assert with_positions(FILE, changes) == GOLDEN


def test_the_same_positions_change_nothing():
    assert with_positions(FILE, {"wall-n2": {"drawing": "site", "x": 3, "y": 4}, "unknown": None}) == FILE


@pytest.mark.parametrize("name", ["config/plan.yaml", "config/demo/plan.yaml"])
def test_the_shipped_files_keep_every_other_line(root, name):
    before = (root / name).read_text("utf-8")
    after = with_positions(before, {"siren-gate": {"drawing": "site", "x": 1, "y": 2}})
    gone = [line for line in before.splitlines() if line not in after.splitlines()]
    assert len(gone) == 1
    assert gone[0] in {"devices: {}", "  siren-gate: {drawing: site, x: 1400, y: 430}"}
    assert YAML(typ="safe").load(after)["devices"]["siren-gate"] == {"drawing": "site", "x": 1, "y": 2}


@pytest.mark.parametrize("text", ["", "# only comments\n", "drawings: []\n", "devices: {}\n# end\n", "devices:\n"])
def test_a_file_without_devices_gets_them(text):
    after = with_positions(text, {"gate": {"drawing": "site", "x": 1, "y": 2}})
    assert YAML(typ="safe").load(after)["devices"] == {"gate": {"drawing": "site", "x": 1, "y": 2}}
    assert all(line in after for line in text.splitlines() if line.startswith("#"))


def test_the_last_device_can_leave():
    after = with_positions("devices:\n  a: {drawing: site, x: 1, y: 2}\nplaces: {}\n", {"a": None})
    assert YAML(typ="safe").load(after) == {"devices": {}, "places": {}}


def test_line_ends_stay():
    after = with_positions(
        "devices:\r\n  a: {drawing: site, x: 1, y: 2}\r\n", {"a": {"drawing": "site", "x": 2, "y": 2}}
    )
    assert after == "devices:\r\n  a: {drawing: site, x: 2, y: 2}\r\n"


@pytest.mark.parametrize("text", ["- a\n", "devices: [1]\n", "a: {\n"])
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(YAMLError):
        with_positions(text, {"a": {"drawing": "site", "x": 1, "y": 2}})
