"""Every page of config/examples is a devices.yaml that works: it is the installer's page for its driver.

Each is checked as the devices.yaml of a compound made of config/compound.yaml, with everything there taken
out of its comments. A secret is what secrets.yaml.example says, or 32 hexadecimal digits.
"""

from __future__ import annotations

import pkgutil
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from gateway.config import load
from gateway.config.kinds import find_driver
from gateway.config.schema import schemas
from gateway.errors import ConfigError

CONFIG = Path(__file__).resolve().parents[2] / "config"
EXAMPLES = sorted((CONFIG / "examples").glob("*.yaml"))
ANY_SECRET = "00112233445566778899aabbccddeeff"
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)


def written(text: str) -> object:
    """As an editor sees it: a `!secret` is a string."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("!secret", lambda _, node: node.value)
    return yaml.load(text)


def compound() -> str:
    """config/compound.yaml with MQTT taken out of its comments: from `#mqtt:` to the empty line."""
    text = (CONFIG / "compound.yaml").read_text("utf-8")
    start = text.index("#mqtt:")
    end = text.index("\n\n", start)
    return text[:start] + re.sub(r"^#", "", text[start:end], flags=re.MULTILINE) + text[end:]


def secrets(*texts: str) -> str:
    known = written((CONFIG / "secrets.yaml.example").read_text("utf-8"))
    assert isinstance(known, dict)
    names = {name for text in texts for name in re.findall(r"!secret\s+([\w.-]+)", text)}
    return "".join(f"{name}: '{known.get(name, ANY_SECRET)}'\n" for name in sorted(names))


def folder_with(tmp_path: Path, example: Path) -> Path:
    devices = example.read_text("utf-8")
    (tmp_path / "compound.yaml").write_text(compound(), "utf-8")
    (tmp_path / "devices.yaml").write_text(devices, "utf-8")
    (tmp_path / "rules.yaml").write_text("rules: []\n", "utf-8")
    file = tmp_path / "secrets.yaml"
    file.write_text(secrets(compound(), devices), "utf-8")
    file.chmod(0o600)
    return tmp_path


@each_example
def test_an_example_has_no_mistakes(tmp_path: Path, example: Path) -> None:
    try:
        configuration = load(folder_with(tmp_path, example))
    except ConfigError as error:
        pytest.fail("\n".join(f"{example.name}:{m.line}: {m.what}, {m.mend}" for m in error.mistakes), pytrace=False)
    assert configuration.devices


@each_example
def test_an_example_begins_with_the_kind_it_is_named_for(example: Path) -> None:
    tree = written(example.read_text("utf-8"))
    assert isinstance(tree, dict)
    assert tree["devices"][0]["kind"] == example.stem


def test_every_kind_has_its_page() -> None:
    kinds = {module.name for module in pkgutil.iter_modules([str(CONFIG.parent / "drivers")])}
    assert {example.stem for example in EXAMPLES} == kinds


@each_example
def test_an_editor_finds_no_mistake_in_an_example(example: Path) -> None:
    text = example.read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=../schema/devices.json\n")
    validator = Draft202012Validator(schemas()["devices"])
    assert [error.message for error in validator.iter_errors(written(text))] == []


@each_example
def test_an_example_names_every_key_of_its_driver(example: Path) -> None:
    """In a comment at least: it is the page where an installer looks for what there is."""
    text = example.read_text("utf-8")
    keys = [field.alias or name for name, field in find_driver(example.stem).Settings.model_fields.items()]
    assert [key for key in keys if not re.search(rf"\b{key}:", text)] == []
