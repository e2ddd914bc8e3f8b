"""What the pages quote from the screen in 「」 is what the screen says: each is part of a text of the code."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES, ROOT

HTML_AND_SCRIPTS = ("gateway/console/src", "gateway/web/pages", "gateway/people")


@cache
def texts() -> str:
    """Every string of the Python code, joined as it is when it runs, and the sources of the screens."""
    found: list[str] = []
    for top in ("gateway", "drivers", "rules"):
        for file in sorted((ROOT / top).rglob("*.py")):
            if "node_modules" not in file.parts:
                constants = (
                    node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant)
                )
                found += [constant.value for constant in constants if isinstance(constant.value, str)]
    for folder in HTML_AND_SCRIPTS:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in {".ts", ".vue", ".html"}:
                found.append(file.read_text(encoding="utf-8"))
    return "\n".join(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_quoted_from_the_screen_is_on_the_screen(page: Path) -> None:
    quoted = set(re.findall(r"「([^」]+)」", page.read_text(encoding="utf-8")))
    missing = sorted(text for text in quoted if text not in texts())
    assert not missing, f"{page.name} quotes what no screen says: {missing}"
