"""Alerts that could not be written to disk: a full disk must not silence an alarm.

They are held in memory, marked as not on record, and removed once their signal is on disk.
The failure of the disk itself is one of them, with severity critical.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from gateway.desk.changed_alerts import ChangedAlerts
from gateway.desk.lifecycle import repeated_in_memory, stepped
from gateway.model import Alert, AlertState, Severity, Signal, Step, Words, new_id

STORAGE_RULE = "storage"
UNRECORDED_RULE = "unrecorded"
GATEWAY_RULE = "gateway"
AHEAD_RULE = "ahead"
MAX_ALERTS = 1000
"""Alerts held at once. Beyond it alarms of a device and kind that is here already are counted, others are not shown."""


class UnpersistedAlerts:
    """`changed` receives every alert that is added, changed or removed (as closed)."""

    def __init__(self, now: Callable[[], datetime], changed: ChangedAlerts) -> None:
        self._now = now
        self.changed = changed
        self._alerts: dict[str, Alert] = {}
        self._signals: dict[str, Signal] = {}

    def alerts(self) -> list[Alert]:
        """All of them, oldest first."""
        return list(self._alerts.values())

    def get(self, alert_id: str) -> Alert | None:
        """The alert with this id, None when it is not one of these."""
        return self._alerts.get(alert_id)

    def signal_of(self, alert_id: str) -> Signal | None:
        """The signal that the alert is about, which the journal does not have."""
        return self._signals.get(alert_id)

    def alarm(self, signal: Signal, place: str, reason: Words, rule: str = UNRECORDED_RULE) -> None:
        """Show an alarm that is not on disk, or (AHEAD_RULE) one whose rules are still catching up."""
        key = f"{signal.device}/{signal.kind}"
        alert = self._find(rule, key)
        if alert is None and len(self._alerts) >= MAX_ALERTS:
            return
        alert = self._show(rule, key, place, signal.device, reason, alert)
        self._signals[alert.id] = signal

    def recorded(self, signal: Signal, rule: str = UNRECORDED_RULE) -> None:
        """Remove the alert of a signal that is on disk by now (AHEAD_RULE: that its rules have decided on)."""
        alert = self._find(rule, f"{signal.device}/{signal.kind}")
        if alert is not None:
            self._drop(alert)

    def storage_failed(self, why: str) -> None:
        """Raise the alert that the disk takes no writes; `why` is the error's text."""
        alert = self._find(STORAGE_RULE, "disk")
        reason = Words(f"存储故障,新事件未存档:{why}", f"The record can't be written, new events are not kept: {why}")
        if alert is None or alert.restored_at is not None:
            self._show(STORAGE_RULE, "disk", "", None, reason, alert)

    def storage_restored(self) -> None:
        """Mark that alert as restored; a person closes it."""
        alert = self._find(STORAGE_RULE, "disk")
        if alert is not None and alert.restored_at is None:
            self._keep(replace(alert, restored_at=self._now()))

    def gateway_failed(self, task: str, reason: Words) -> None:
        """Raise an alert that a background task of the gateway ended or makes no progress."""
        alert = self._find(GATEWAY_RULE, task)
        if alert is None or alert.restored_at is not None or alert.reason != reason:
            self._show(GATEWAY_RULE, task, "", None, reason, alert)

    def gateway_restored(self, task: str) -> None:
        """Mark the task's alert as restored."""
        alert = self._find(GATEWAY_RULE, task)
        if alert is not None and alert.restored_at is None:
            self._keep(replace(alert, restored_at=self._now()))

    def step(self, step: Step) -> Alert:
        """Apply a person's step; closing removes the alert. Raises Conflict or Refused."""
        alert = stepped(self._alerts[step.alert], step)
        if alert.state is AlertState.CLOSED:
            self._drop(alert)
        else:
            self._keep(alert)
        return alert

    def _find(self, rule: str, key: str) -> Alert | None:
        return next((a for a in self._alerts.values() if a.rule == rule and a.key == key), None)

    def _show(self, rule: str, key: str, place: str, device: str | None, reason: Words, before: Alert | None) -> Alert:
        now = self._now()
        if before is not None:
            return self._keep(repeated_in_memory(before, reason, now))
        return self._keep(
            Alert(
                id=new_id("m"),
                rule=rule,
                key=key,
                severity=Severity.CRITICAL,
                state=AlertState.NEW,
                place=place,
                device=device,
                reason=reason,
                raised_at=now,
                last_at=now,
                on_record=False,
            )
        )

    def _keep(self, alert: Alert) -> Alert:
        self._alerts[alert.id] = alert
        self.changed.add(alert)
        return alert

    def _drop(self, alert: Alert) -> None:
        self._alerts.pop(alert.id, None)
        self._signals.pop(alert.id, None)
        self.changed.add(replace(alert, state=AlertState.CLOSED))
