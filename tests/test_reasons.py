"""What people may read is in both languages: why a line is lost, a command is refused, bytes can't be read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOLD = {"CommandFailed", "LinkLost", "LoginRefused"}
QUARANTINED = {"BadInput", "Malformed", "Turned", "Unreadable"}
PUTS_ASIDE = {"self.emit.quarantine", "self._aside.put", "self._aside.keep", "self._put_aside", "self._throw"}
"""What is handed why something is kept in quarantine."""
NOBODY_READS = {
    "gateway/links/capture.py",  # the command line's own
    "gateway/links/http_push.py",  # its caller, the web, has words of its own for the device
    "gateway/links/listen_peers.py",  # one caller of many hung up: only the log is told
    "gateway/vision/camera_slot.py",  # as the next: the live view's own words are shown
    "gateway/vision/view/view_client.py",
}


def _texts(node: ast.expr) -> Iterator[ast.expr]:
    """Where an argument is a text in one language, whichever way it comes about."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def _in_one_language(file: Path, told: set[str], by: set[str]) -> list[int]:
    calls = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
    telling = [
        call
        for call in calls
        if (isinstance(call.func, ast.Name) and call.func.id in told) or ast.unparse(call.func) in by
    ]
    return [text.lineno for call in telling for argument in call.args for text in _texts(argument)]


def _found(folder: str, told: set[str], by: set[str]) -> dict[str, list[int]]:
    files = {file.relative_to(ROOT).as_posix(): file for file in sorted((ROOT / folder).rglob("*.py"))}
    found = {name: _in_one_language(file, told, by) for name, file in files.items() if name not in NOBODY_READS}
    return {name: lines for name, lines in found.items() if lines}


@pytest.mark.parametrize("folder", ["drivers", "gateway/app", "gateway/flow", "gateway/links", "gateway/vision"])
def test_every_reason_is_in_both_languages(folder: str) -> None:
    assert _found(folder, TOLD, set()) == {}


@pytest.mark.parametrize("folder", ["drivers", "gateway/links"])
def test_why_bytes_are_in_quarantine_is_in_both_languages(folder: str) -> None:
    assert _found(folder, QUARANTINED, PUTS_ASIDE) == {}
