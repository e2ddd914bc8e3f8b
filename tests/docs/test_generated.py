"""What docs/ holds that is made from the code is what the code says now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import architecture_drawing, generated, yaml_reference
from tests.test_architecture import ARROWS, LAYER


@pytest.mark.parametrize("file", list(generated.files()), ids=lambda file: file.name)
def test_a_generated_file_is_not_stale(file: Path) -> None:
    said = file.read_text(encoding="utf-8") if file.exists() else ""
    assert said == generated.files()[file], f"{file.name} is stale: run `make docs` and commit it"


def test_every_package_has_a_few_words() -> None:
    missing = set(ARROWS) - set(architecture_drawing.PURPOSE)
    assert not missing, f"add {sorted(missing)} to PURPOSE in tests/docs/architecture_drawing.py"


def test_the_drawing_leaves_out_no_import_that_nothing_else_shows() -> None:
    """Each import of the table between drawn layers is an arrow, or follows from arrows."""
    drawn = architecture_drawing.arrows()
    for package, others in ARROWS.items():
        for other in others:
            if LAYER[other]:
                assert other in architecture_drawing.reach(drawn, package), f"{package} → {other}"


def test_every_key_of_the_yaml_has_a_meaning() -> None:
    without = [line for line in yaml_reference.page().splitlines() if line.endswith("|  |")]
    assert not without, "give these keys a description in their model:\n" + "\n".join(without)
