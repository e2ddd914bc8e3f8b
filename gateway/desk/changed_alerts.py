"""Alerts and incidents that changed and that nobody was told of yet: the desk fills it, the `tell` stage empties it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from gateway.model import Alert, Incident


class ChangedAlerts:
    """One entry each: a later change takes the place of an earlier one that was not told yet."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._incidents: dict[str, Incident] = {}
        self._any = asyncio.Event()

    def add(self, alert: Alert) -> None:
        """Note a change of an alert, in the order in which alerts changed last."""
        self._alerts.pop(alert.id, None)
        self._alerts[alert.id] = alert
        self._any.set()

    def add_incidents(self, incidents: Iterable[Incident]) -> None:
        """Note changes of incidents, in the order in which they changed last."""
        for incident in incidents:
            self._incidents.pop(incident.id, None)
            self._incidents[incident.id] = incident
            self._any.set()

    def take(self) -> list[Alert]:
        """All changes of alerts, oldest first; they are here no more."""
        alerts, self._alerts = list(self._alerts.values()), {}
        self._clear()
        return alerts

    def take_incidents(self) -> list[Incident]:
        """All changes of incidents, oldest first; they are here no more."""
        incidents, self._incidents = list(self._incidents.values()), {}
        self._clear()
        return incidents

    async def wait(self) -> None:
        """Return once there is a change."""
        await self._any.wait()

    def _clear(self) -> None:
        if not self._alerts and not self._incidents:
            self._any.clear()
