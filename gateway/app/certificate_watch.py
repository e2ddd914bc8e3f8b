"""Raises alerts for our own certificates that have expired or soon will: browsers and devices would refuse them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from gateway.app.system_alerts import SystemAlerts
from gateway.config.certificate_validity import Validity
from gateway.config.compound import CompoundSettings, certificates_of
from gateway.model import Severity, Words

CHECK_INTERVAL_S = 3600.0
ENDPOINT_NAMES = {
    "http.tls": Words("值班室网页（HTTPS）", "guard room (HTTPS)"),
    "mqtt.endpoint.tls": Words("设备接入（MQTT）", "device endpoint (MQTT)"),
}
_RENEWED = Words("证书已更新", "the certificate was renewed")


class CertificateWatch:
    """`settings` gives the current ones. Uses the wall clock, as browsers and devices do."""

    def __init__(self, alerts: SystemAlerts, settings: Callable[[], CompoundSettings]) -> None:
        self._alerts = alerts
        self._settings = settings
        self._reported: set[str] = set()

    async def run(self) -> None:
        """Check every CHECK_INTERVAL_S, until cancelled."""
        while True:
            await self.check(datetime.now(UTC))
            await asyncio.sleep(CHECK_INTERVAL_S)

    async def check(self, now: datetime) -> None:
        """Raise and clear alerts. A closed alert is raised again only when it gets worse, or after a restart."""
        faults = await asyncio.to_thread(_faults, self._settings(), now)
        held = self._alerts.held()
        for key, (severity, words) in faults.items():
            if key not in self._reported | held:
                await self._alerts.begin(key, severity, words)
        for key in held - faults.keys():
            await self._alerts.end(key, _RENEWED)
        self._reported = set(faults)


def _faults(settings: CompoundSettings, now: datetime) -> dict[str, tuple[Severity, Words]]:
    """Severity and description of each fault, by a key that changes when it gets worse."""
    found = {}
    for key, tls in certificates_of(settings).items():
        try:
            validity = Validity.of(tls.certificate)
        except (OSError, ValueError):
            continue  # reported where the certificate is loaded
        fault, endpoint = validity.fault(now), ENDPOINT_NAMES[key]
        if fault is not None:
            bad = not validity.since <= now < validity.until
            file = tls.certificate
            words = Words(f"{endpoint.zh}：{fault.zh}，请更新 {file}", f"{endpoint.en}: {fault.en}; renew {file}")
            found[f"{key}/{'bad' if bad else 'soon'}"] = (Severity.HIGH if bad else Severity.LOW, words)
    return found
