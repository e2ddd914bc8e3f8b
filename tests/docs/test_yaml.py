"""Every YAML block of the pages is a configuration without a mistake, or says why not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from gateway.config import load
from gateway.config.access import AccessSettings
from gateway.config.desk import DeskSettings
from gateway.config.residents import ResidentsSettings
from gateway.errors import ConfigError
from tests.docs.blocks import Block, all_blocks

BLOCKS = [block for block in all_blocks("yaml") if not block.reason]
OPTIONAL = {
    "desk": {*DeskSettings.model_fields, "notifiers"},
    "access": set(AccessSettings.model_fields),
    "residents": set(ResidentsSettings.model_fields),
}
"""The optional files by their keys."""
ANY_SECRET = "00112233445566778899aabbccddeeff"
PLACES = {"gate": "北门", "gate/east": "东门", "guardroom": "门卫室", "wall": "围墙", "wall/n1": "北围墙1段"}
BASE: Mapping[str, object] = {
    "name": "西子御园",
    "mqtt": {
        "endpoint": {"listen": "127.0.0.1:1883"},
        "accounts": [{"user": "doors", "password": "!secret doors"}, {"user": "homes", "password": "!secret homes"}],
        "broker": {"host": "192.168.1.10"},
    },
    "buildings": [{"id": "b1", "name": "1号楼", "units": 2, "floors": 18, "rooms": 2}],
    "places": PLACES,
}


def folder_with(block: Block, folder: Path) -> Path:
    """A configuration made of the block: devices.yaml, rules.yaml, an optional file, or keys of compound.yaml."""
    keys = set(re.findall(r"^(\w+):", block.text, re.MULTILINE))
    devices = block.text if "devices" in keys else "devices: []\n"
    if {"devices", "doors"} <= keys:  # access.yaml, after the devices that it is about
        devices, doors, access = block.text.partition("doors:\n")
        (folder / "access.yaml").write_text(doors + access, "utf-8")
    rules = block.text if "rules" in keys else "rules: []\n"
    compound = dict(BASE)
    optional = next((name for name, known in OPTIONAL.items() if keys <= known), None)
    if optional is not None:
        (folder / f"{optional}.yaml").write_text(block.text, "utf-8")
    elif not keys & {"devices", "rules"}:
        compound |= _loaded(block.text)
    yaml = YAML()
    with (folder / "compound.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(compound, file)
    text = (folder / "compound.yaml").read_text("utf-8")
    (folder / "compound.yaml").write_text(re.sub(r"'!secret ([\w-]+)'", r"!secret \1", text), "utf-8")
    (folder / "devices.yaml").write_text(devices, "utf-8")
    (folder / "rules.yaml").write_text(rules, "utf-8")
    names = {"doors", "homes", *re.findall(r"!secret +([\w-]+)", block.text)}
    secrets = folder / "secrets.yaml"
    secrets.write_text("".join(f"{name}: '{ANY_SECRET}'\n" for name in sorted(names)), "utf-8")
    secrets.chmod(0o600)
    return folder


def _loaded(text: str) -> dict[str, object]:
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("!secret", lambda _, node: f"!secret {node.value}")
    loaded: dict[str, object] = yaml.load(text)
    return loaded


@pytest.mark.parametrize("block", BLOCKS, ids=str)
@pytest.mark.usefixtures("acme")
def test_a_yaml_block_has_no_mistakes(block: Block, tmp_path: Path) -> None:
    try:
        load(folder_with(block, tmp_path))
    except ConfigError as error:
        pytest.fail("\n".join(f"{m.file.name}:{m.line}: {m.what}, {m.mend}" for m in error.mistakes), pytrace=False)
