"""No look at a room goes through a table that grows with the compound or with time."""

from __future__ import annotations

import pytest

from gateway.people import rows
from gateway.people.household_record import read_history, read_household
from gateway.store import Store
from gateway.store.connection import connect


@pytest.mark.parametrize(
    "look",
    [
        lambda c, vault: read_household(c, vault, "b3/u1/1502"),
        lambda c, vault: read_history(c, vault, "b3/u1/1502", 1 << 62, 50),
        lambda c, _vault: rows.last_change(c),
        lambda c, _vault: rows.last_change_of(c, "p"),
        lambda c, _vault: rows.count_faces(c, "p"),
        lambda c, _vault: rows.set_credential_dates(c, "k", 1, 2),
    ],
)
async def test_nothing_is_read_as_a_whole(tmp_path, look):
    async with Store.open(tmp_path) as store:
        connection = connect(tmp_path / "anju.db")
        try:
            asked: list[str] = []
            connection.set_trace_callback(asked.append)
            look(connection, store.vault)
            connection.set_trace_callback(None)
            assert asked
            plans = [row[3] for sql in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
            assert [line for line in plans if line.startswith("SCAN")] == []
        finally:
            connection.close()
