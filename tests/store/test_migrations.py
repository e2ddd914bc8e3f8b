"""A data folder of an older version opens: its rows stay, and what came since can be written."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlite_utils import Database

from gateway.model import Action
from gateway.store import Store, journal
from gateway.store.migrations import flow

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)


async def test_a_journal_from_before_peoples_actions_takes_them(tmp_path):
    old = Database(tmp_path / "anju.db")
    flow.migrations.apply(old, stop_before="m007_actions")
    values = "'signal', 's-1', 'd', 'zone.alarm', 1, '{}'"
    old.conn.execute(f"INSERT INTO journal (entry, id, device, kind, received, data) VALUES ({values})")
    old.conn.commit()
    assert "'action'" not in old["journal"].schema
    old.close()
    async with Store.open(tmp_path) as store:
        action = Action(kind="user.signed_in", user="王", time=NOW)
        assert await store.write(lambda c: journal.record_action(c, action)) == 2
        assert [signal.id for signal in await store.read(lambda c: journal.signals(c))] == ["s-1"]
        assert await store.read(lambda c: c.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"
    async with Store.open(tmp_path) as store:
        wanted = journal.EventFilter({}, journal.NEVER, 0)
        [found] = await store.read(lambda c: journal.events(c, wanted, 0, 99, 9))
        assert (found.kind, found.user, found.number) == ("user.signed_in", "王", 2)
