"""A notifier that proves nothing, and messages that were lost, stand in the guard room as alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.app.system_alerts import SystemAlerts
from gateway.desk import Desk
from gateway.errors import BadInput, LinkLost
from gateway.model import Severity, Words
from gateway.store import Store, journal
from tests.notify.conftest import Bench, World
from tests.support.notifications import message


@pytest.fixture
async def bench(tmp_path):
    async with Store.open(tmp_path) as store:
        bench = Bench(store, World())

        async def report(signal):
            taken = replace(signal, received=bench.now)
            return (await store.write(lambda c: journal.record_signal(c, taken, timedelta(hours=1)))).number

        desk = Desk(store, lambda: bench.now)
        alerts = SystemAlerts("notifier", "notifier.failing", "notifier.restored", desk, report, lambda: bench.now)
        bench.outbox._alerts._alerts = alerts
        yield bench, desk


async def test_an_hour_without_proof_rings_and_a_proof_ends_it(bench):
    bench, desk = bench
    await bench.use(bench.world.entry("guards"))
    bench.world.fault = LinkLost(Words("连不上", "can't be reached"))
    await bench.work("guards")
    bench.advance(hours=1)
    await bench.watch()
    [alert] = desk.open_alerts()
    assert (alert.rule, alert.severity, alert.restored_at) == ("notifier", Severity.HIGH, None)
    assert alert.reason.zh == "通知渠道 guards 已一小时未能证明可以送达：连不上"
    bench.world.fault = None
    bench.advance(minutes=1)
    await bench.work("guards")
    await bench.watch()
    [alert] = desk.open_alerts()
    assert alert.restored_at == bench.now


async def test_lost_messages_ring_and_stay_until_a_person_closes_them(bench):
    bench, desk = bench
    await bench.use(bench.world.entry("guards"))
    bench.world.faults["Matter 1"] = BadInput(Words("拒收", "refused"), b"")
    await bench.enqueue(message(1, "guards"), message(2, "guards"))
    await bench.work("guards")
    await bench.watch()
    bench.advance(minutes=5)
    await bench.watch()
    [alert] = desk.open_alerts()
    assert alert.reason.en == "1 not delivered by guards: refused"
    assert alert.restored_at is None
