"""What a walk test (走线测试) asks and what it found; no I/O, time is an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model import Device, DeviceType, Signal

TESTED = frozenset({DeviceType.ZONE, DeviceType.SENSOR, DeviceType.HOME})
"""What a walk test trips unless it is told which devices."""


class Verdict(StrEnum):
    OK = "ok"
    LATE = "late"
    NO_ALERT = "no_alert"
    UNHEARD = "unheard"
    SKIPPED = "skipped"


@dataclass(slots=True)
class Trial:
    """One zone. Seconds are counted from the moment it was tripped, or from its signal where nobody timed that.

    `others` are devices that rang instead or as well: wires that were swapped show here.
    """

    device: Device
    within: float
    tripped_at: float | None = None
    heard_after: float | None = None
    rang_after: float | None = None
    kind: str = ""
    others: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        if self.tripped_at is None:
            return Verdict.SKIPPED
        if self.heard_after is None:
            return Verdict.UNHEARD
        if self.rang_after is None:
            return Verdict.NO_ALERT
        return Verdict.OK if self.rang_after <= self.within else Verdict.LATE

    @property
    def is_over(self) -> bool:
        return self.rang_after is not None


class Tour:
    """Feed it what the record says; `has_rung` tells whether a signal belongs to an alert on record by now."""

    def __init__(self, devices: Iterable[Device], within: float, has_rung: Callable[[Signal], bool]) -> None:
        self.trials = [Trial(device, within) for device in devices]
        self._of = {trial.device.id: trial for trial in self.trials}
        self._has_rung = has_rung
        self._unrung: dict[str, Signal] = {}

    def trip(self, trial: Trial, now: float) -> None:
        """It is being tripped now; an earlier try of it is forgotten."""
        trial.tripped_at, trial.heard_after, trial.rang_after = now, None, None
        trial.others.clear()
        self._unrung.pop(trial.device.id, None)

    def see(self, signals: Iterable[Signal], now: float, current: Trial | None = None) -> None:
        """What has come since the last look. Without a `current` trial every zone is timed from its own signal."""
        for signal in signals:
            if signal.is_alarm:
                self._see(signal, now, current)
        for device_id, signal in list(self._unrung.items()):
            if self._has_rung(signal):
                trial = self._of[device_id]
                assert trial.tripped_at is not None
                trial.rang_after = now - trial.tripped_at
                del self._unrung[device_id]

    def _see(self, signal: Signal, now: float, current: Trial | None) -> None:
        trial = self._of.get(signal.device)
        if current is not None and trial is not current:
            if signal.device not in current.others:
                current.others.append(signal.device)
            return
        if trial is None or trial.heard_after is not None:
            return
        trial.tripped_at = now if trial.tripped_at is None else trial.tripped_at
        trial.heard_after, trial.kind = now - trial.tripped_at, signal.kind
        self._unrung[signal.device] = signal

    @property
    def is_over(self) -> bool:
        return all(trial.is_over for trial in self.trials)

    def count(self, verdict: Verdict) -> int:
        return sum(trial.verdict is verdict for trial in self.trials)
