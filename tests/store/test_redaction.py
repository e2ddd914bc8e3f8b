"""Words are taken out of steps on record, and the chain still shows any other change."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from gateway.model import Step
from gateway.store import audit
from gateway.store.connection import connect
from gateway.store.migrations import migrate
from gateway.store.redaction import NewContent, redact

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
SECRET = "王建国说误报"


@pytest.fixture
def connection(tmp_path):
    made = connect(tmp_path / "anju.db")
    migrate(made)
    for number in range(1, 5):
        audit.append(made, Step(f"a-{number}", "note", "guard", NOW, SECRET if number == 2 else "好", {"n": number}))
    yield made
    made.close()


def take_out(connection: sqlite3.Connection) -> None:
    redact(connection, [NewContent(2, "[已删除]说误报", "{}")], "manager", NOW, {"person": "p-1"})


def test_the_chain_is_whole_after_a_redaction(connection):
    head = audit.head(connection)
    take_out(connection)
    assert audit.broken_at(connection) is None
    [row] = audit.rows_of(connection, "a-2")
    assert row["note"] == "[已删除]说误报"
    assert audit.has_valid_hash(row)
    assert SECRET not in str(row)
    assert connection.execute("SELECT previous FROM steps WHERE number = 5").fetchone()[0] == head
    take_out(connection)
    assert audit.broken_at(connection) is None


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE steps SET note = '什么也没发生' WHERE number = 2",
        "UPDATE steps SET note = '什么也没发生' WHERE number = 3",
        "UPDATE step_redactions SET step = 3",
        "DELETE FROM step_redactions",
        "UPDATE steps SET data = replace(data, '\"2\"', '\"3\"') WHERE number = 5",
    ],
)
def test_any_other_change_breaks_it(connection, forged):
    take_out(connection)
    connection.execute(forged)
    assert audit.broken_at(connection) is not None


def test_a_redaction_can_not_be_slipped_in_without_a_step(connection):
    take_out(connection)
    row = dict(connection.execute("SELECT * FROM steps WHERE number = 3").fetchone()) | {"note": "无事"}
    connection.execute("UPDATE steps SET note = '无事' WHERE number = 3")
    connection.execute("INSERT INTO step_redactions VALUES (3, 5, ?)", (audit.content_hash(row),))
    assert audit.broken_at(connection) == 3
    [found] = audit.rows_of(connection, "a-3")
    assert not audit.has_valid_hash(found)


def test_what_is_deleted_leaves_no_trace_in_the_file(connection, tmp_path):
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert SECRET.encode() in (tmp_path / "anju.db").read_bytes()
    take_out(connection)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert SECRET.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
