"""Tells people that a certificate of our own has expired or soon will: browsers and devices would turn away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from gateway.app.own_alerts import OwnAlerts
from gateway.config.certificate_validity import Validity
from gateway.config.compound import CompoundSettings, certificates_of
from gateway.model import Severity, Words

LOOK_S = 3600.0
DOORS = {
    "http.tls": Words("值班室网页（HTTPS）", "guard room (HTTPS)"),
    "mqtt.endpoint.tls": Words("设备接入（MQTT）", "devices' door (MQTT)"),
}
_RENEWED = Words("证书已更新", "it was renewed")


class CertificateWatch:
    """`settings` are those in force. By the wall clock, as browsers and devices go by theirs."""

    def __init__(self, alerts: OwnAlerts, settings: Callable[[], CompoundSettings]) -> None:
        self._alerts = alerts
        self._settings = settings
        self._told: set[str] = set()

    async def run(self) -> None:
        """Runs for good."""
        while True:
            await self.look(datetime.now(UTC))
            await asyncio.sleep(LOOK_S)

    async def look(self, now: datetime) -> None:
        """Begin and end alerts. One that a person closed comes again only when it gets worse, or after a restart."""
        standing = await asyncio.to_thread(_troubles, self._settings(), now)
        held = self._alerts.held()
        for key, (severity, words) in standing.items():
            if key not in self._told | held:
                await self._alerts.begin(key, severity, words)
        for key in held - standing.keys():
            await self._alerts.end(key, _RENEWED)
        self._told = set(standing)


def _troubles(settings: CompoundSettings, now: datetime) -> dict[str, tuple[Severity, Words]]:
    """By a key that changes when it gets worse."""
    found = {}
    for key, tls in certificates_of(settings).items():
        try:
            validity = Validity.of(tls.certificate)
        except (OSError, ValueError):
            continue  # told by who loads it
        trouble, door = validity.trouble(now), DOORS[key]
        if trouble is not None:
            bad = not validity.since <= now < validity.until
            file = tls.certificate
            words = Words(f"{door.zh}：{trouble.zh}，请更新 {file}", f"{door.en}: {trouble.en}; renew {file}")
            found[f"{key}/{'bad' if bad else 'soon'}"] = (Severity.HIGH if bad else Severity.LOW, words)
    return found
