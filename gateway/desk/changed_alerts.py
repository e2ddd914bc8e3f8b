"""Changed alerts, incidents and silences that nobody was told of yet: the desk adds, the `tell` stage takes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from gateway.model import Alert, Incident, SilencedSource


class ChangedAlerts:
    """One entry each: a later change takes the place of an earlier one that was not told yet."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._incidents: dict[str, Incident] = {}
        self._silences: dict[str, SilencedSource] = {}
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

    def add_silence(self, silence: SilencedSource) -> None:
        """Note a change of a silence."""
        self._silences.pop(silence.id, None)
        self._silences[silence.id] = silence
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

    def take_silences(self) -> list[SilencedSource]:
        """All changes of silences, oldest first; they are here no more."""
        silences, self._silences = list(self._silences.values()), {}
        self._clear()
        return silences

    async def wait(self) -> None:
        """Return once there is a change."""
        await self._any.wait()

    def _clear(self) -> None:
        if not (self._alerts or self._incidents or self._silences):
            self._any.clear()
