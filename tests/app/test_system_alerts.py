"""An alert of the gateway's own leaves what the rules' decisions owe to the disk as it is."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.app.system_alerts import SystemAlerts
from gateway.desk import DecisionOnEvent, Desk
from gateway.model import Raise, Severity, Signal, Words
from gateway.store import Store

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
WORDS = Words("报警", "alarm")


async def test_the_progress_that_is_owed_is_written_with_it(tmp_path):
    async with Store.open(tmp_path) as store:
        desk = Desk(store, lambda: NOW)

        async def report(_signal: Signal) -> int:
            return 0

        def progress(connection) -> None:
            connection.execute("INSERT INTO progress (rule, fingerprint, seen) VALUES ('home', 'x', 7)")

        trigger = "CREATE TRIGGER no BEFORE INSERT ON alerts BEGIN SELECT no_such_function(); END"
        await store.write(lambda c: c.execute(trigger) and None)
        event = Signal(device="p", kind="panic.pressed", received=NOW)
        await desk.decide([DecisionOnEvent("home", Raise("p", Severity.CRITICAL, "b1", WORDS), event)], progress)
        await store.write(lambda c: c.execute("DROP TRIGGER no") and None)
        await SystemAlerts(
            "certificate", "certificate.failing", "certificate.restored", desk, report, lambda: NOW
        ).begin("http.tls/bad", Severity.HIGH, WORDS)
        assert await store.read(lambda c: c.execute("SELECT seen FROM progress").fetchone()[0]) == 7
        assert all(alert.on_record for alert in desk.open_alerts())
