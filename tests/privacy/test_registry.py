"""Every table is on the list of gateway/privacy/registry.py, with what a deletion does with it."""

from __future__ import annotations

import sqlite3

import pytest

from gateway.privacy.registry import NOT_PERSONAL, PERSONAL, SPECIAL, PersonalTable
from gateway.store.connection import connect
from gateway.store.migrations import migrate

LISTED = {table.table: table for table in PERSONAL}
NAMING = frozenset("person persons name phone plate host holder guardian visitor resident born id_number".split())
"""Columns by which a table is about somebody."""
TEXT = frozenset("note text reason why data body report before after answer arguments reason_zh reason_en".split())
"""Columns in which somebody may be named."""


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, list[sqlite3.Row]]:
    connection = connect(tmp_path_factory.mktemp("data") / "anju.db")
    migrate(connection)
    names = [
        row["name"]
        for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not row["name"].startswith(("sqlite_", "_sqlite", "search_words_"))
    ]
    found = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in names}
    connection.close()
    return found


def columns_of(table: PersonalTable) -> set[str]:
    return {table.person, table.actor, *table.texts, *table.sealed, *table.hidden, *table.plain, *table.sealed_texts}


def test_every_table_is_listed_once(tables):
    wrong = [
        f"{name} ({', '.join(c['name'] for c in columns)}): add it to PERSONAL in gateway/privacy/registry.py, or to"
        " NOT_PERSONAL with the reason"
        for name, columns in tables.items()
        if (name in LISTED) + (name in SPECIAL) + (name in NOT_PERSONAL) != 1
    ]
    assert not wrong, "\n".join(wrong)


def test_a_table_that_names_somebody_is_not_called_impersonal(tables):
    allowed = {("web_users", "name"), ("door_plates", "token")}
    wrong = [
        f"{name}.{column['name']}"
        for name, columns in tables.items()
        if name in NOT_PERSONAL
        for column in columns
        if column["name"] in NAMING and (name, column["name"]) not in allowed
    ]
    assert not wrong, wrong


def test_texts_and_persons_of_listed_tables_are_handled(tables):
    wrong = [
        f"{name}.{column['name']}: say in the registry what a deletion does with it"
        for name, table in LISTED.items()
        for column in tables.get(name, ())
        if column["name"] in NAMING | TEXT and column["name"] not in columns_of(table)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_registry_names_only_columns_that_there_are(tables):
    wrong = []
    for name, table in LISTED.items():
        there = {column["name"] for column in tables.get(name, ())}
        named = columns_of(table) - {""}
        wrong += [f"{name}.{column}" for column in sorted(named - there) if name in tables]
    assert not wrong, wrong


def test_a_persons_rows_are_found_by_an_index(tables, tmp_path):
    connection = connect(tmp_path / "anju.db")
    migrate(connection)
    for name, table in LISTED.items():
        if table.person and name in tables and name != "resident_codes":  # codes live for minutes
            also = f" AND {table.indexed}" if table.indexed else ""
            sql = f"EXPLAIN QUERY PLAN SELECT * FROM {name} WHERE {table.person} = ?{also}"
            plan = " ".join(row["detail"] for row in connection.execute(sql, ("p",)))
            assert "SEARCH" in plan, (name, plan)
    connection.close()
