"""SQL is written in `gateway/store/` and in each package's `rows.py`, and nowhere else (DESIGN §3)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP = ("gateway", "drivers", "rules")
SQL = re.compile(
    r"\s*(SELECT\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|REPLACE\s+INTO\s|WITH\s+\w+\s+AS\s"
    r"|PRAGMA\s|(CREATE|ALTER|DROP)\s+(UNIQUE\s+)?(TABLE|INDEX|VIEW|TRIGGER)\s|BEGIN(\s|$)|COMMIT$|ROLLBACK$)"
)


def _files() -> Iterator[Path]:
    for top in TOP:
        yield from (file for file in sorted((ROOT / top).rglob("*.py")) if "node_modules" not in file.parts)


def _may_hold_sql(name: str) -> bool:
    return name.startswith("gateway/store/") or name.endswith("/rows.py")


def statements(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each string literal that begins like an SQL statement; f-strings by their first part."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield node.lineno, node.value.strip()


FOUND = {
    file.relative_to(ROOT).as_posix(): list(statements(file.read_text(encoding="utf-8")))
    for file in _files()
    if not _may_hold_sql(file.relative_to(ROOT).as_posix())
}


def test_sql_is_only_in_the_store_and_in_rows_files() -> None:
    wrong = [
        f"{name}:{line}: SQL belongs into gateway/store/ or the package's rows.py: {text.splitlines()[0][:80]}"
        for name, lines in FOUND.items()
        for line, text in lines
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "source",
    [
        'run("SELECT name FROM users")',
        'run(f"SELECT {columns} FROM users")',
        'run("INSERT OR IGNORE INTO users (name) VALUES (?)")',
        'run("""\n    UPDATE users SET name = ?""")',
        'run("DELETE FROM users WHERE name = ?")',
        'run("PRAGMA table_info(users)")',
        'run("CREATE UNIQUE INDEX users_name ON users (name)")',
        'run("BEGIN IMMEDIATE")',
    ],
)
def test_a_statement_is_found(source: str) -> None:
    assert len(list(statements(source))) == 1


@pytest.mark.parametrize("source", ['method = "DELETE"', 'log("select a device")', 'state = "BEGINNING"'])
def test_other_text_is_no_statement(source: str) -> None:
    assert not list(statements(source))
