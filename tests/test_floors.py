"""The house keeps its plan: nothing imports from a floor above its own, and nothing goes in circles.

The table is DESIGN §3. A room is found by the longest name that fits, so a new file needs no entry
unless it is a new room. What is imported inside functions counts too, and what is imported under TYPE_CHECKING:
to know a type is to know the room. Only between files of one room may a type's name run in a circle.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "gateway": 0,  # only its version
    "gateway.model": 0,
    "gateway.masking": 0,
    "gateway.errors": 0,
    "gateway.clock": 0,
    "gateway.logs": 0,  # where log lines go
    "gateway.limits": 0,  # quotas of what comes from outside
    "gateway.tasks": 0,  # asyncio tasks whose end is noticed
    "gateway.driver": 1,
    "gateway.rule": 1,
    "gateway.settings": 1,
    "gateway.links": 1,
    "gateway.vision": 1,
    "drivers": 2,
    "rules": 2,
    "gateway.store": 3,
    "gateway.desk": 3,
    "gateway.clips": 3,
    "gateway.people": 3,
    "gateway.cases": 3,
    "gateway.flow": 3,
    "gateway.web": 4,
    "gateway.console": 4,
    "gateway.app": 5,
    "gateway.cli": 5,
    "gateway.simulator": 5,
}
VOCABULARY = {"gateway", "gateway.model", "gateway.masking", "gateway.errors", "gateway.clock"}
MAY_ONLY_KNOW = {
    "gateway.model": {"gateway.model"},
    "gateway.masking": {"gateway.masking"},
    "gateway.errors": {"gateway.errors", "gateway.model", "gateway.masking"},
    "gateway.clock": {"gateway.clock"},
    "gateway.driver": {"gateway.driver", *VOCABULARY},
    "gateway.rule": {"gateway.rule", *VOCABULARY},
    "rules": {"rules", "gateway.rule", "gateway.settings", *VOCABULARY},
    # beside the house: the devices' side of the wire. It may share a sans-I/O codec of links/ whose
    # independent proof is elsewhere; a twin that shared more would agree with our own mistakes.
    "gateway.simulator": {"gateway.simulator", "gateway.links", *VOCABULARY},
}
SIMULATOR_IS_KNOWN_TO = {"gateway.simulator", "gateway.cli"}
STRANGERS = ("drivers", "rules")  # loaded by name: none of their files knows another of them


def modules() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for package in ("gateway", "drivers", "rules"):
        for file in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" in file.parts:
                continue
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


MODULES = modules()


def room(module: str) -> str:
    while module not in FLOORS:
        module, dot, _ = module.rpartition(".")
        assert dot, f"{module} is in no room of the table"
    return module


def imports(module: str, *, types: bool = True) -> Iterator[str]:
    """The modules of this house that a file names in an import, wherever the import stands.

    Without `types` those under TYPE_CHECKING are left out.
    """
    file = MODULES[module]
    for node in _walk(ast.parse(file.read_text(encoding="utf-8"), file), types=types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            for alias in node.names:
                name = f"{base}.{alias.name}"
                if name in MODULES or base in MODULES:
                    yield name if name in MODULES else base


def _walk(node: ast.AST, *, types: bool) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if types or not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield from _walk(child, types=types)


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{node.module}" if node.module else package


IMPORTS: Mapping[str, frozenset[str]] = {module: frozenset(imports(module)) - {module} for module in MODULES}
ARROWS = [(module, other) for module, others in IMPORTS.items() for other in sorted(others)]


def test_every_room_of_ours_has_a_floor() -> None:
    homeless = {".".join(module.split(".")[:2]) for module in MODULES if module.startswith("gateway.")} - set(FLOORS)
    assert not homeless, f"give {sorted(homeless)} a floor in the table"


def test_no_arrow_runs_up() -> None:
    wrong = [
        f"{module} (floor {FLOORS[room(module)]}) imports {other} (floor {FLOORS[room(other)]})"
        for module, other in ARROWS
        if FLOORS[room(module)] < FLOORS[room(other)]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("known_room", sorted(MAY_ONLY_KNOW))
def test_a_room_knows_no_more_than_it_may(known_room: str) -> None:
    wrong = [
        f"{module} imports {other}"
        for module, other in ARROWS
        if room(module) == known_room and room(other) not in MAY_ONLY_KNOW[known_room]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_vocabulary_needs_the_standard_library_alone() -> None:
    for name in ("gateway.model", "gateway.masking", "gateway.errors", "gateway.clock"):
        tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
        named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        foreign = {top for top in (name.partition(".")[0] for name in named) if top not in sys.stdlib_module_names}
        assert foreign <= {"gateway"}, f"{name} imports {foreign}"


@pytest.mark.parametrize("package", STRANGERS)
def test_drivers_and_rules_are_strangers_to_each_other(package: str) -> None:
    wrong = [
        f"{module} imports {other}"
        for module, other in ARROWS
        if module.startswith(f"{package}.")
        and other.partition(".")[0] in STRANGERS
        and other.split(".")[:2] != module.split(".")[:2]
    ]
    assert not wrong, "\n".join(wrong)


def test_drivers_and_rules_are_loaded_by_name() -> None:
    wrong = [f"{m} imports {o}" for m, o in ARROWS if m.startswith("gateway") and room(o) in STRANGERS]
    assert not wrong, "\n".join(wrong)


def test_only_commands_know_the_simulator() -> None:
    wrong = [
        f"{module} imports {other}"
        for module, other in ARROWS
        if room(other) == "gateway.simulator" and room(module) not in SIMULATOR_IS_KNOWN_TO
    ]
    assert not wrong, "\n".join(wrong)


def _no_circle(graph: Mapping[str, frozenset[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(reversed(circle.args[1])), pytrace=False)


def test_files_go_in_no_circle() -> None:
    _no_circle({module: frozenset(imports(module, types=False)) - {module} for module in MODULES})


def test_rooms_go_in_no_circle() -> None:
    rooms: dict[str, frozenset[str]] = {}
    for module, other in ARROWS:
        if room(module) != room(other):
            rooms[room(module)] = rooms.get(room(module), frozenset()) | {room(other)}
    _no_circle(rooms)
