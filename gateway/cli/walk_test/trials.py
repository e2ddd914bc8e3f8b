"""The state and results of a walk test (走线测试); no I/O, time is an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model import Device, DeviceType, Signal

TESTED_TYPES = frozenset({DeviceType.ZONE, DeviceType.SENSOR, DeviceType.HOME})
"""Types of devices that are tested unless devices are given."""


class TrialResult(StrEnum):
    """The result for one zone."""

    OK = "ok"
    LATE = "late"
    NO_ALERT = "no_alert"
    NO_SIGNAL = "unheard"
    SKIPPED = "skipped"


@dataclass(slots=True)
class Trial:
    """The test of one zone. Seconds count from the trip, or from the signal if the trip was not timed.

    `others`: devices that raised an alarm instead or as well, which shows swapped wires.
    """

    device: Device
    within: float
    tripped_at: float | None = None
    signal_after: float | None = None
    alert_after: float | None = None
    kind: str = ""
    others: list[str] = field(default_factory=list)

    @property
    def result(self) -> TrialResult:
        """The result so far."""
        if self.tripped_at is None:
            return TrialResult.SKIPPED
        if self.signal_after is None:
            return TrialResult.NO_SIGNAL
        if self.alert_after is None:
            return TrialResult.NO_ALERT
        return TrialResult.OK if self.alert_after <= self.within else TrialResult.LATE

    @property
    def is_over(self) -> bool:
        """Whether its alert has come."""
        return self.alert_after is not None


class WalkTest:
    """Collects the journal's signals; `has_alert` tells whether a signal belongs to a stored alert by now."""

    def __init__(self, devices: Iterable[Device], within: float, has_alert: Callable[[Signal], bool]) -> None:
        self.trials = [Trial(device, within) for device in devices]
        self._by_device = {trial.device.id: trial for trial in self.trials}
        self._has_alert = has_alert
        self._without_alert: dict[str, Signal] = {}

    def trip(self, trial: Trial, now: float) -> None:
        """Start the trial: its zone is tripped now. The result of an earlier try is discarded."""
        trial.tripped_at, trial.signal_after, trial.alert_after = now, None, None
        trial.others.clear()
        self._without_alert.pop(trial.device.id, None)

    def add_signals(self, signals: Iterable[Signal], now: float, current: Trial | None = None) -> None:
        """Add the signals since the last call. Without a `current` trial each zone counts from its signal."""
        for signal in signals:
            if signal.is_alarm:
                self._add(signal, now, current)
        for device_id, signal in list(self._without_alert.items()):
            if self._has_alert(signal):
                trial = self._by_device[device_id]
                assert trial.tripped_at is not None
                trial.alert_after = now - trial.tripped_at
                del self._without_alert[device_id]

    def _add(self, signal: Signal, now: float, current: Trial | None) -> None:
        trial = self._by_device.get(signal.device)
        if current is not None and trial is not current:  # another device answered: its wire may be swapped
            if signal.device not in current.others:
                current.others.append(signal.device)
            return
        if trial is None or trial.signal_after is not None:  # repeats of an alarm do not count
            return
        trial.tripped_at = now if trial.tripped_at is None else trial.tripped_at
        trial.signal_after, trial.kind = now - trial.tripped_at, signal.kind
        self._without_alert[signal.device] = signal

    @property
    def is_over(self) -> bool:
        """Whether every zone's alert has come."""
        return all(trial.is_over for trial in self.trials)

    def count(self, result: TrialResult) -> int:
        """The number of trials with this result."""
        return sum(trial.result is result for trial in self.trials)
