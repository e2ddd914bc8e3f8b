"""What a guard may read is in both languages: why a line is lost, why a command is refused."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOLD = {"CommandFailed", "LinkLost", "LoginRefused"}
NO_GUARD_READS = {
    "gateway/links/http_push.py",  # its caller, the web, has words of its own for the device
    "gateway/links/listen.py",  # one caller of many hung up: only the log is told
    "gateway/vision/slot.py",  # as the next: the live view's own words are shown
    "gateway/vision/view/views.py",
}


def _texts(node: ast.expr) -> Iterator[ast.expr]:
    """Where an argument is a text in one language, whichever way it comes about."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def _in_one_language(file: Path) -> list[int]:
    calls = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
    told = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in TOLD]
    return [text.lineno for call in told for argument in call.args for text in _texts(argument)]


@pytest.mark.parametrize("folder", ["drivers", "gateway/app", "gateway/flow", "gateway/links", "gateway/vision"])
def test_every_reason_is_in_both_languages(folder: str) -> None:
    files = {file.relative_to(ROOT).as_posix(): file for file in sorted((ROOT / folder).rglob("*.py"))}
    found = {name: _in_one_language(file) for name, file in files.items() if name not in NO_GUARD_READS}
    assert {name: lines for name, lines in found.items() if lines} == {}
