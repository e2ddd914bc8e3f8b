"""Whatever stands in the files, `load` returns or tells mistakes at lines that exist."""

import random
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gateway.config import load
from gateway.errors import ConfigError

STEMS = ["compound", "desk", "devices", "plan", "rules"]
ODD = [None, True, -1, 3.5, 10**40, float("nan"), "", "x", "\0", "\ud800", "a/b", [], [1], {}, {"a": 1}, {"id": []}]


def mistakes(folder):
    try:
        load(folder)
    except ConfigError as error:
        return error.mistakes
    return []


def spots(tree):
    for key, below in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield tree, key
        yield from spots(below)


def spoil(tree, chance):
    """Change, take out or rename one thing somewhere in the tree."""
    holder, key = chance.choice(list(spots(tree)) or [({}, "id")])
    match chance.randrange(4):
        case 0 if isinstance(holder, dict):
            holder.pop(key, None)
        case 1 if isinstance(holder, dict):
            holder[f"{key}x"] = holder.pop(key, None)
        case _:
            holder[key] = deepcopy(chance.choice(ODD))


@pytest.fixture(scope="module")
def shipped(root):
    read = YAML(typ="safe", pure=True).load
    return {stem: (root / "config/demo" / f"{stem}.yaml").read_text("utf-8") for stem in STEMS}, read


@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_a_spoilt_configuration_is_told(tmp_path_factory, shipped, seed):
    chance = random.Random(seed)
    texts, read = shipped
    folder = tmp_path_factory.mktemp("spoilt")
    for stem, text in texts.items():
        tree = read(text)
        for _ in range(chance.randrange(4)):
            spoil(tree, chance)
        with (folder / f"{stem}.yaml").open("w", encoding="utf-8", errors="surrogateescape") as file:
            YAML(typ="safe", pure=True).dump(tree, file)
    for mistake in mistakes(folder):
        lines = (folder / mistake.file.name).read_text("utf-8").count("\n") + 1
        assert 1 <= mistake.line <= lines
        assert "\n" not in str(mistake)


@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_a_garbled_file_is_told(tmp_path_factory, shipped, seed):
    chance = random.Random(seed)
    texts, _ = shipped
    folder = tmp_path_factory.mktemp("garbled")
    for stem, text in texts.items():
        garbled = bytearray(text.encode())
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(garbled))
            garbled[at : at + chance.randrange(3)] = bytes(chance.choices(b"\n\t :-{}[]&*!'\"#x\xff\x00", k=2))
        (folder / f"{stem}.yaml").write_bytes(garbled)
    for mistake in mistakes(folder):
        assert mistake.line >= 1
        assert mistake.mend
