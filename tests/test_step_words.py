"""What the audit chain's rows are called: every name that a step can have has words, on the screen and on paper."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway
from gateway import homes
from gateway.care import service
from gateway.desk import lifecycle
from gateway.desk.procedures import entries
from gateway.model import ACTION_KINDS
from gateway.web import view_audit
from gateway.web.pages.incident_report_texts import step_words

ROOT = Path(gateway.__file__).parent
WORDS = ROOT / "console" / "src" / "audit" / "words.ts"
SILENCES = {kind for kind in ACTION_KINDS if kind.startswith("silence.")}
COMPUTED = {
    ("desk/desk.py", "action"): set(lifecycle.ACTION_OF_STEP),
    ("desk/incident_desk.py", "action"): set(lifecycle.ACTION_OF_STEP),
    ("desk/replay/replay.py", "_STEP_OF_ACTION[kind]"): set(lifecycle.ACTION_OF_STEP),
    ("desk/silence_desk.py", "kind"): SILENCES,
    ("desk/procedures/procedure_desk.py", "what"): set(entries.ACTION_KINDS_OF),
    ("web/view_audit.py", "action"): set(view_audit._NAMES),
    ("flow/commands.py", "f'command:{command.action}'"): {"command"},
    ("care/service.py", "STEPS[kind]"): set(service.STEPS.values()),
    ("homes/areas.py", "STEPS[ask.what]"): set(homes.areas.STEPS.values()),
    ("store/audit.py", "row['action']"): set(),
}
"""Names that a program works out, by file and expression: those that come of it."""
OF_INCIDENTS = {"desk/incident_desk.py", "desk/incident_clock.py", "desk/shift_change.py", "desk/desk.py"}


def names() -> Iterator[tuple[str, str]]:
    """File and name of each step that the gateway makes."""
    for path in sorted(ROOT.rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "Step" and len(call.args) > 1:
                yield from ((file, name) for name in _names(file, call.args[1]))


def _names(file: str, given: ast.expr) -> set[str]:
    if isinstance(given, ast.Constant):
        return {str(given.value)}
    if (file, ast.unparse(given)) in COMPUTED:
        return COMPUTED[file, ast.unparse(given)]
    module = importlib.import_module("gateway." + file.removesuffix(".py").replace("/", "."))
    return {getattr(module, ast.unparse(given))}


def on_screen(language: str) -> dict[str, str]:
    chinese, english = WORDS.read_text("utf-8").split("export const en")
    said = (chinese if language == "zh" else english).split("  actions: {", 1)[1].split("\n  }", 1)[0]
    return dict(re.findall(r'^ +"?([\w.-]+)"?: "([^"]+)",$', said, re.MULTILINE))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_step_has_a_name_on_the_screen(language: str) -> None:
    made = {name for _, name in names()}
    assert {"escalate", "ring", "remind", "reminder", "merge", "snapshot", "handover", "plan"} < made, "they are found"
    assert made == set(on_screen(language))


def test_what_stands_in_a_story_has_a_name_on_paper() -> None:
    told = {
        name for file, name in names() if file in OF_INCIDENTS or file.startswith(("recording/", "desk/procedures/"))
    }
    assert {name for name in told if name in {step_words(name).zh, step_words(name).en}} == set()
