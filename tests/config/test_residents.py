"""The starting point of residents.yaml: it says the defaults, and its examples are right once their '#' is gone."""

from __future__ import annotations

from ruamel.yaml import YAML

from gateway.config.residents import ResidentsSettings


def test_the_shipped_file_says_the_defaults(root, folder):
    (folder.path / "residents.yaml").write_text((root / "config/residents.yaml").read_text("utf-8"), "utf-8")
    assert folder.load().residents == ResidentsSettings()


def test_the_examples_of_homes_are_right_when_uncommented(root):
    text = (root / "config/residents.yaml").read_text("utf-8")
    lines = text[text.index("# homes:\n") :].splitlines()
    end = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    loaded = YAML(typ="safe").load("\n".join(line.removeprefix("# ") for line in lines[:end]))
    homes = ResidentsSettings.model_validate(loaded).homes
    assert [home.place for home in homes] == ["b3/u1/1502", "b3/u1/1501"]
    assert {zone.type for zone in homes[0].zones} >= {"entry", "interior", "perimeter", "24h"}
