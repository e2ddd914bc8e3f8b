"""The pipeline's stage that tells the console, notifiers and uplink of every alert and incident that changed."""

from __future__ import annotations

from gateway.desk.changed_alerts import ChangedAlerts
from gateway.desk.incidents import alone
from gateway.flow.listeners import AlertListener


class Tell:
    """Empties `changed`, whatever made the change: a rule, a person, the gateway itself."""

    def __init__(self, changed: ChangedAlerts, *listeners: AlertListener) -> None:
        self._changed = changed
        self._listeners = listeners

    def tell(self) -> None:
        """Tell every listener of all changes so far."""
        for alert in self._changed.take():
            for listener in self._listeners:
                listener.alert_changed(alert)
                if not alert.incident:  # only the memory holds it: it is an incident of its own
                    listener.incident_changed(alone(alert))
        for incident in self._changed.take_incidents():
            for listener in self._listeners:
                listener.incident_changed(incident)
        for silence in self._changed.take_silences():
            for listener in self._listeners:
                listener.silence_changed(silence)

    async def run(self) -> None:
        """Tell of changes that come between two batches, as people's steps and pictures do; runs until cancelled."""
        while True:
            await self._changed.wait()
            self.tell()
