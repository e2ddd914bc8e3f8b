import json

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from gateway.config.schema import as_text, schemas

STEMS = ["compound", "desk", "devices", "plan", "rules"]


def written(text):
    """As an editor sees it: a `!secret` is a string."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("!secret", lambda _, node: node.value)
    return yaml.load(text)


def mistakes(stem, text):
    return [error.message for error in Draft202012Validator(schemas()[stem]).iter_errors(written(text))]


@pytest.mark.parametrize("stem", STEMS)
def test_the_committed_schema_is_the_models(root, stem):
    committed = (root / "config" / "schema" / f"{stem}.json").read_text("utf-8")
    assert committed == as_text(schemas()[stem]), "run: anju check --schema config/schema"


@pytest.mark.parametrize("stem", STEMS)
def test_a_schema_is_one(stem):
    Draft202012Validator.check_schema(schemas()[stem])


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("folder", ["config", "config/demo"])
def test_what_we_ship_is_valid(root, folder, stem):
    assert mistakes(stem, (root / folder / f"{stem}.yaml").read_text("utf-8")) == []


@pytest.mark.parametrize("stem", STEMS)
def test_the_starting_point_names_its_schema(root, stem):
    first = (root / "config" / f"{stem}.yaml").read_text("utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=schema/{stem}.json"


PANEL = "id: w, kind: perimeter_panel, name: 主机, place: gate, port: /dev/ttyS0"


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        (PANEL, False),
        (f"{PANEL}, cadence: 30s", False),
        (f"{PANEL}, cadense: 30s", True),
        (f"{PANEL}, cadence: 30", True),
        (f"{PANEL}, source: x", True),
        (f"{PANEL}, zones: [{{number: 1, id: z, name: 防区, place: wall}}]", False),
        (f"{PANEL}, zones: [{{number: 1, id: z, nam: 防区}}]", True),
        ("id: w, kind: perimeter_panel, name: 主机, place: gate", True),
        ("id: w, kind: perimeter_panle, name: 主机, place: gate", True),
        ("id: w, kind: acme.panel, name: 主机, place: gate, anything: goes", False),
    ],
)
def test_an_editor_knows_each_kinds_keys(entry, wrong):
    assert bool(mistakes("devices", f"devices: [{{{entry}}}]")) is wrong


def test_names_of_models_of_two_drivers_do_not_meet():
    definitions = json.loads(as_text(schemas()["devices"]))["$defs"]
    assert all("." in name for name in definitions if name != "DeviceType")
