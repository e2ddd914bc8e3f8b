"""Why bytes lie in quarantine, in the languages its author has."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

from gateway.flow.emitter import Quarantine
from gateway.model import Words
from gateway.store import Store
from gateway.store.journal_tail import JournalTail
from gateway.store.quarantine import newest

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


async def test_why_bytes_are_in_quarantine_is_followed_in_the_languages_its_author_has(tmp_path):
    async with Store.open(tmp_path) as store:
        tail, quarantine = JournalTail(tmp_path), Quarantine(store, lambda: NOW)
        await quarantine.keep("siren", "a line of no known word", b"HELLO")
        await quarantine.keep("door", Words("不是 JSON", "not JSON"), b"{")
        said = [(each.device, each.why) for each in tail.quarantined()]
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
        [found] = await store.read(lambda connection: newest(connection, None, 10, 64))
    assert (found.why, found.data) == ("not JSON", b"{")


async def test_nothing_at_all_can_be_kept_and_read(tmp_path):
    """An empty body or datagram: SQLite's `substr` makes NULL of it."""
    async with Store.open(tmp_path) as store:
        tail = JournalTail(tmp_path)
        await Quarantine(store, lambda: NOW).keep("door", "an empty body", b"")
        [found] = await store.read(lambda connection: newest(connection, None, 10, 64))
        [followed] = tail.quarantined()
        tail.close()
    assert found == followed
    assert (found.size, found.data) == (0, b"")


async def test_text_in_the_place_of_bytes_is_still_read(tmp_path):
    async with Store.open(tmp_path) as store:
        await store.write(
            lambda connection: connection.execute(
                "INSERT INTO quarantine (at, device, why, data) VALUES (1, 'door', 'w', '客厅'), (2, 'door', 'w', '')"
            )
        )
        found = await store.read(lambda connection: newest(connection, None, 10, 64))
    assert [each.data.decode() for each in found] == ["", "客厅"]


async def test_a_reason_may_hold_any_words_of_a_device(tmp_path):
    async with Store.open(tmp_path) as store:
        await Quarantine(store, lambda: NOW).keep("d\ud800", Words("半个\udc00", "half \udc00" + "x" * 10_000), b"1")
        [found] = await store.read(lambda connection: newest(connection, None, 10, 64))
    assert (found.device, found.why.zh) == ("d?", "半个?")
    assert len(found.why.en) == 2000
