"""Why bytes lie in quarantine, in the languages its author has."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

from gateway.flow.emitter import Quarantine
from gateway.model import Words
from gateway.store import Store
from gateway.store.rows import why_of
from gateway.store.tail import Tail

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


async def test_why_bytes_are_in_quarantine_is_followed_in_the_languages_its_author_has(tmp_path):
    async with Store.open(tmp_path) as store:
        tail, quarantine = Tail(tmp_path), Quarantine(store, lambda: NOW)
        await quarantine.keep("siren", "a line of no known word", b"HELLO")
        await quarantine.keep("door", Words("不是 JSON", "not JSON"), b"{")
        said = [(each.device, each.why) for each in tail.unreadable()]
        tail.close()
    assert said == [("siren", "a line of no known word"), ("door", Words("不是 JSON", "not JSON"))]


async def test_what_an_older_gateway_kept_in_quarantine_is_still_read(tmp_path):
    async with Store.open(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "anju.db")) as older, older:
        older.execute("ALTER TABLE quarantine DROP COLUMN why_zh")
        older.execute("DELETE FROM _sqlite_migrations WHERE name = 'm004_quarantine_in_chinese'")
        older.execute("INSERT INTO quarantine (at, device, why, data) VALUES (1, 'door', 'not JSON', x'7b')")
    async with Store.open(tmp_path) as store:
        [row] = await store.read(lambda connection: connection.execute("SELECT * FROM quarantine").fetchall())
    assert why_of(row) == "not JSON"
