"""An alert before a certificate expires, a graver one after, and an end when it is renewed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.app.certificate_watch import CertificateWatch
from gateway.app.system_alerts import SystemAlerts
from gateway.config.compound import CompoundSettings
from gateway.desk import Desk
from gateway.model import Severity
from gateway.store import Store, journal
from tests.config.test_hints import write_certificate

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
async def watch(tmp_path):
    tls = {"certificate": tmp_path / "door.pem", "key": tmp_path / "door.key"}
    settings = CompoundSettings.model_validate({"name": "x", "http": {"tls": tls}})
    async with Store.open(tmp_path / "data") as store:

        async def report(signal):
            taken = replace(signal, received=NOW)
            return (await store.write(lambda c: journal.record_signal(c, taken, timedelta(hours=1)))).number

        desk = Desk(store, lambda: NOW)
        alerts = SystemAlerts("certificate", "certificate.failing", "certificate.restored", desk, report, lambda: NOW)
        yield CertificateWatch(alerts, lambda: settings), desk


def valid_until(folder, until):
    write_certificate(folder, NOW - timedelta(days=300), until)


async def test_soon_then_expired_then_renewed(watch, tmp_path):
    looking, desk = watch
    valid_until(tmp_path, NOW + timedelta(days=90))
    await looking.check(NOW)
    assert desk.open_alerts() == []
    later = NOW + timedelta(days=70)
    await looking.check(later)
    await looking.check(later)
    [soon] = desk.open_alerts()
    assert (soon.severity, soon.count) == (Severity.LOW, 1)
    assert "expires in 20 days" in soon.reason.en
    assert "还有 20 天到期" in soon.reason.zh
    assert "door.pem" in soon.reason.zh
    await looking.check(NOW + timedelta(days=91))
    worst = desk.open_alerts()[0]
    assert worst.severity is Severity.HIGH
    assert "expired on" in worst.reason.en
    valid_until(tmp_path, NOW + timedelta(days=400))
    await looking.check(NOW + timedelta(days=92))
    assert all(alert.restored_at for alert in desk.open_alerts())


async def test_what_a_person_closed_does_not_come_again_the_next_hour(watch, tmp_path):
    looking, desk = watch
    valid_until(tmp_path, NOW + timedelta(days=5))
    await looking.check(NOW)
    [soon] = desk.open_alerts()
    for action, data in (("acknowledge", {}), ("close", {"disposition": "real"})):
        await desk.step(soon.id, action, "u", data=data)
    await looking.check(NOW + timedelta(hours=1))
    assert desk.open_alerts() == []
    await looking.check(NOW + timedelta(days=6))
    assert [alert.severity for alert in desk.open_alerts()] == [Severity.HIGH]
