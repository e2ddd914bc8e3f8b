"""Kinds of signals are called the same on paper and on the guard room's screen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gateway
from gateway import model
from gateway.model import Words
from gateway.model.kind_words import KINDS, kind_words

SCREEN = Path(gateway.__file__).parent / "console" / "src" / "i18n"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_is_called_as_on_the_screen(language: str) -> None:
    said = (SCREEN / f"{language}.ts").read_text("utf-8")
    screen = dict(re.findall(r'^  +"([a-z_]+\.[a-z0-9_.]+)": "([^"]+)",$', said, re.MULTILINE))
    assert {kind: words[language] for kind, words in KINDS.items()} == screen
    assert screen.keys() >= model.KINDS


def test_a_third_partys_kind_is_its_own_word() -> None:
    assert kind_words("x.acme.noise") == Words("x.acme.noise", "x.acme.noise")
