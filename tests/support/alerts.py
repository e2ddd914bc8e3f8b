"""What the desk would have the console told."""

from __future__ import annotations

from gateway.desk.changed_alerts import ChangedAlerts
from gateway.model import Alert


class RecordedChanges(ChangedAlerts):
    """Keeps every change in `alerts`, also those that a later one has replaced."""

    def __init__(self) -> None:
        super().__init__()
        self.alerts: list[Alert] = []

    def add(self, alert: Alert) -> None:
        self.alerts.append(alert)
        super().add(alert)
