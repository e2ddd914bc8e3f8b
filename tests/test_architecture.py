"""The layers and the arrows of DESIGN §3: who may import whom, and no circles.

Imports inside functions and under TYPE_CHECKING count too: to know a type is to depend on it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP = ("gateway", "drivers", "rules")

BASE = {"errors", "model"}
"""What any package may import: the vocabulary, and the errors that are raised on purpose."""

LAYERS: tuple[Mapping[str, set[str]], ...] = (
    {
        "gateway": set(),  # gateway/__init__.py: the version
        "model": set(),
        "masking": set(),
        "clock": set(),
        "errors": {"masking", "model"},
        "logs": {"masking"},
        "limits": BASE,
        "tasks": BASE,
        "backoff": set(),
        "sha256": set(),
    },
    {
        "driver": BASE,
        "rule": BASE,
        "notifier": BASE,
        "settings": BASE | {"masking", "rule", "sha256"},
    },
    {
        "links": BASE | {"backoff", "driver", "limits", "settings", "tasks"},
        "protocols": BASE | {"backoff", "driver", "limits", "links", "settings"},
        "vision": BASE | {"backoff", "masking", "settings", "sha256"},
        "store": BASE,
    },
    {
        "drivers": BASE | {"driver", "limits", "links", "protocols", "settings", "vision"},
        "rules": BASE | {"rule", "settings"},
        "notifiers": BASE | {"notifier", "settings"},
        "config": BASE | {"driver", "links", "masking", "notifier", "rule", "settings", "vision"},
    },
    {
        "auth": BASE | {"limits", "store"},
        "access": BASE | {"config", "flow", "people", "store"},
        "notify": BASE | {"backoff", "config", "notifier", "settings", "store", "tasks"},
        "desk": BASE | {"config", "store"},
        "figures": BASE | {"store"},
        "history": BASE | {"desk", "store"},
        "people": BASE | {"config", "store", "vision"},
        "handover": BASE | {"config", "desk", "flow", "store"},
        "door_plate": BASE | {"config", "desk", "people", "store"},
        "plan": BASE | {"config"},
        "passes": BASE | {"config", "store"},
        "patrol": BASE | {"config", "rule", "store"},
        "care": BASE | {"config", "privacy", "rule", "store"},
        "homes": BASE | {"config", "limits", "notify", "rule", "store"},
        "privacy": BASE | {"config", "desk", "history", "settings", "store"},
        "residents": BASE | {"auth", "config", "limits", "people", "store"},
        "recording": BASE | {"desk", "sha256", "store", "vision"},
        "flow": BASE | {"backoff", "clock", "config", "desk", "driver", "limits", "rule", "store", "tasks"},
    },
    {
        "web": BASE
        | {
            "access",
            "auth",
            "config",
            "desk",
            "door_plate",
            "figures",
            "flow",
            "handover",
            "history",
            "limits",
            "links",
            "notify",
        }
        | {"care", "homes", "passes", "patrol"}
        | {"people", "plan", "privacy", "protocols", "recording", "residents", "store", "vision"},
    },
    {
        "app": BASE
        | {
            "access",
            "backoff",
            "clock",
            "config",
            "desk",
            "door_plate",
            "figures",
            "flow",
            "gateway",
            "handover",
            "history",
            "limits",
            "links",
            "notify",
            "passes",
            "patrol",
            "people",
            "plan",
            "protocols",
            "recording",
            "residents",
            "rule",
            "settings",
        }
        | {"store", "tasks", "vision", "web"}
        | {"care", "homes", "privacy"},
        "cli": BASE
        | {
            "access",
            "app",
            "auth",
            "config",
            "door_plate",
            "gateway",
            "logs",
            "notifier",
            "notify",
            "patrol",
            "people",
            "protocols",
        }
        | {"recording", "residents", "settings", "simulator"}
        | {"store", "vision", "web"}
        | {"homes", "privacy"},
        # Beside the layers: the devices' side of the wire. It may share a sans-I/O codec whose independent proof is
        # elsewhere; a twin that shared more would agree with our own mistakes.
        "simulator": {"protocols"},
        # Shipped for others' tests, and used by ours.
        "testing": BASE | {"driver", "rule"},
    },
)
ARROWS: Mapping[str, set[str]] = {package: arrows for layer in LAYERS for package, arrows in layer.items()}
LAYER = {package: number for number, layer in enumerate(LAYERS) for package in layer}
STANDARD_LIBRARY_ONLY = ("model", "masking", "errors", "clock")
LOADED_BY_NAME = ("drivers", "rules")


def _modules() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for top in TOP:
        for file in sorted((ROOT / top).rglob("*.py")):
            if "node_modules" in file.parts:
                continue
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


MODULES = _modules()


def package_of(module: str) -> str:
    """The name in the table that a module belongs to: `gateway.flow.intake` → `flow`, `rules.video` → `rules`."""
    first, *rest = module.split(".")
    return rest[0] if first == "gateway" and rest else first


def imports(module: str) -> Iterator[str]:
    """The modules of Anju that a file imports, wherever in the file."""
    file = MODULES[module]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            for alias in node.names:
                name = f"{base}.{alias.name}"
                if name in MODULES or base in MODULES:
                    yield name if name in MODULES else base


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{node.module}" if node.module else package


IMPORTS: Mapping[str, frozenset[str]] = {module: frozenset(imports(module)) - {module} for module in MODULES}
PAIRS = [(module, other) for module, others in IMPORTS.items() for other in sorted(others)]


def test_every_package_is_in_the_table() -> None:
    assert {package_of(module) for module in MODULES} == set(ARROWS)


def test_the_table_itself_points_down() -> None:
    wrong = [
        f"{package} (layer {LAYER[package]}) may import {other} (layer {LAYER[other]})"
        for package, others in ARROWS.items()
        for other in others
        if LAYER[other] > LAYER[package]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", sorted(ARROWS))
def test_a_package_imports_only_what_the_table_allows(package: str) -> None:
    wrong = [
        f"{module} imports {other}"
        for module, other in PAIRS
        if package_of(module) == package and package_of(other) not in ARROWS[package] | {package}
    ]
    assert not wrong, "\n".join(wrong)


def test_no_arrow_of_the_table_is_stale() -> None:
    used = {(package_of(module), package_of(other)) for module, other in PAIRS}
    stale = [
        f"{package} → {other}: nobody imports it any more, take it out of the table"
        for package, others in ARROWS.items()
        for other in sorted(others - BASE)
        if (package, other) not in used
    ]
    assert not stale, "\n".join(stale)


@pytest.mark.parametrize("package", STANDARD_LIBRARY_ONLY)
def test_the_vocabulary_needs_the_standard_library_alone(package: str) -> None:
    for module in (name for name in MODULES if package_of(name) == package):
        tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
        named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        foreign = {top for top in (name.partition(".")[0] for name in named) if top not in sys.stdlib_module_names}
        assert foreign <= {"gateway"}, f"{module} imports {foreign}"


@pytest.mark.parametrize("package", LOADED_BY_NAME)
def test_drivers_and_rules_are_strangers_to_each_other_and_are_loaded_by_name(package: str) -> None:
    wrong = [
        f"{module} imports {other}"
        for module, other in PAIRS
        if package_of(other) == package and module.split(".")[:2] != other.split(".")[:2]
    ]
    assert not wrong, "\n".join(wrong)


def test_notifiers_are_loaded_by_name_and_none_imports_another() -> None:
    kinds = {module for module in MODULES if re.fullmatch(r"gateway\.notifiers\.[a-z]\w*", module)}
    assert kinds
    assert [f"{module} imports {other}" for module, other in PAIRS if other in kinds] == []
    outside = [module for module, other in PAIRS if package_of(other) == "notifiers" != package_of(module)]
    assert not outside


def _no_circle(graph: Mapping[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(reversed(circle.args[1])), pytrace=False)


def test_files_import_each_other_in_no_circle() -> None:
    _no_circle({module: set(others) for module, others in IMPORTS.items()})


def _folders() -> list[str]:
    return sorted({".".join(parts[:end]) for parts in (m.split(".") for m in MODULES) for end in range(1, len(parts))})


@pytest.mark.parametrize("folder", _folders())
def test_what_lies_in_one_folder_goes_in_no_circle(folder: str) -> None:
    """Files and folders beside each other: `vision/motion` and `vision/pictures.py`, as one node each."""
    graph: dict[str, set[str]] = {}
    for module, other in PAIRS:
        if module.startswith(f"{folder}.") and other.startswith(f"{folder}."):
            one, two = (name.removeprefix(f"{folder}.").partition(".")[0] for name in (module, other))
            if one != two:
                graph.setdefault(one, set()).add(two)
    _no_circle(graph)
