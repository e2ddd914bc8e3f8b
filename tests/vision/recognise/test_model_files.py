from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.vision.recognise import clpr, plate_head
from gateway.vision.recognise.model_files import verify_vendored
from gateway.vision.recognise.plate_characters import ALPHABET


def test_the_vendored_recogniser_is_the_one_that_was_taken_in() -> None:
    assert verify_vendored(clpr.FOLDER / clpr.MODEL, clpr.SHA256).is_file()
    assert "Apache License" in (clpr.FOLDER / "LICENSE").read_text(encoding="utf-8")
    assert clpr.SHA256 in (clpr.FOLDER / "NOTICE").read_text(encoding="utf-8")


def test_a_damaged_model_is_named_with_the_mend(tmp_path: Path) -> None:
    """Any ONNX file loads and gives numbers; a truncated one may not even load."""
    broken = tmp_path / clpr.MODEL
    broken.write_bytes((clpr.FOLDER / clpr.MODEL).read_bytes()[:-1])
    with pytest.raises(ConfigError, match=r"damaged.*install anju-gateway again"):
        verify_vendored(broken, clpr.SHA256)


def test_a_missing_model_is_named_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="install anju-gateway again"):
        verify_vendored(tmp_path / "none.onnx", clpr.SHA256)


def test_the_kept_head_is_known_by_its_alphabet() -> None:
    """A cache of an older gateway has a head without 航, which ended in KeyError '航'."""
    assert plate_head.model_name(ALPHABET) != plate_head.model_name(ALPHABET.replace("航", ""))
    assert plate_head.model_name(ALPHABET) == plate_head.model_name(ALPHABET)
