"""Alerts that could not be written: a full disk must not silence an alarm.

They live in memory alone, are marked not on record, and go when their signal is on record
after all. The fault of the record itself is one of them, and critical.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from gateway.desk.lifecycle import repeated_in_memory, stepped
from gateway.model import Alert, AlertState, Severity, Signal, Step, Words, new_id

STORAGE_RULE = "storage"
UNRECORDED_RULE = "unrecorded"
GATEWAY_RULE = "gateway"
AHEAD_RULE = "ahead"
MOST = 1000
"""Alarms kept in memory at once; beyond it the oldest signals' alerts still stand, new kinds fold."""


class UnpersistedAlerts:
    def __init__(self, now: Callable[[], datetime], tell: Callable[[Alert], None]) -> None:
        self._now = now
        self._tell = tell
        self._alerts: dict[str, Alert] = {}
        self._signals: dict[str, Signal] = {}

    def alerts(self) -> list[Alert]:
        return list(self._alerts.values())

    def get(self, alert_id: str) -> Alert | None:
        return self._alerts.get(alert_id)

    def signal_of(self, alert_id: str) -> Signal | None:
        return self._signals.get(alert_id)

    def alarm(self, signal: Signal, place: str, reason: Words, rule: str = UNRECORDED_RULE) -> None:
        """Put an alarm on the screen that is not on disk, or (AHEAD_RULE) whose rules are not ready for it yet."""
        key = f"{signal.device}/{signal.kind}"
        alert = self._find(rule, key)
        if alert is None and len(self._alerts) >= MOST:
            return
        alert = self._show(rule, key, place, signal.device, reason, alert)
        self._signals[alert.id] = signal

    def recorded(self, signal: Signal, rule: str = UNRECORDED_RULE) -> None:
        """The signal is on disk after all (AHEAD_RULE: is decided on): its rule answers for it now."""
        alert = self._find(rule, f"{signal.device}/{signal.kind}")
        if alert is not None:
            self._drop(alert)

    def storage_failed(self, why: str) -> None:
        alert = self._find(STORAGE_RULE, "disk")
        reason = Words(f"存储故障,新事件未存档:{why}", f"The record can't be written, new events are not kept: {why}")
        if alert is None or alert.restored_at is not None:
            self._show(STORAGE_RULE, "disk", "", None, reason, alert)

    def storage_restored(self) -> None:
        alert = self._find(STORAGE_RULE, "disk")
        if alert is not None and alert.restored_at is None:
            self._keep(replace(alert, restored_at=self._now()))

    def gateway_failed(self, task: str, reason: Words) -> None:
        """A task of the gateway itself ended, or makes no progress."""
        alert = self._find(GATEWAY_RULE, task)
        if alert is None or alert.restored_at is not None or alert.reason != reason:
            self._show(GATEWAY_RULE, task, "", None, reason, alert)

    def gateway_restored(self, task: str) -> None:
        alert = self._find(GATEWAY_RULE, task)
        if alert is not None and alert.restored_at is None:
            self._keep(replace(alert, restored_at=self._now()))

    def step(self, step: Step) -> Alert:
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
        self._tell(alert)
        return alert

    def _drop(self, alert: Alert) -> None:
        self._alerts.pop(alert.id, None)
        self._signals.pop(alert.id, None)
        self._tell(replace(alert, state=AlertState.CLOSED))
