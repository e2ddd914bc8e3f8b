"""What a driver reports through: for its own device and its parts, and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol

from gateway.flow.intake import Intake
from gateway.flow.quarantine_quota import QuarantineQuota
from gateway.limits import RefusalLog
from gateway.model import Health, Signal, Text, Words
from gateway.store import Store
from gateway.store.quarantine import record
from gateway.store.quarantine_trim import trim_quarantine

_STATES = {
    "device.online": Health.ONLINE,
    "device.offline": Health.OFFLINE,
    "device.silent": Health.SILENT,
    "device.refused": Health.REFUSED,
}
TRIM_EVERY = 20
"""Pieces of a device between two checks of how much it has in quarantine."""
MAX_BYTES = 64 * 1024
"""Of one piece in quarantine. Longer ones are cut, and the reason says so."""


class Quarantine:
    """Commits bytes that could not be read, for the installer to see; each device has a quota."""

    def __init__(self, store: Store, now: Callable[[], datetime], refusals: RefusalLog | None = None) -> None:
        self._quota = QuarantineQuota(refusals or RefusalLog())
        self._pieces: Counter[str] = Counter()
        self._store = store
        self._now = now
        self.count = 0

    async def keep(self, device: str, why: Text, data: bytes) -> None:
        """Commit `data` with the reason. Beyond the quota it is counted only; the device is answered all the same.

        Raises NotRecorded.
        """
        if not self._quota.admits(device, min(len(data), MAX_BYTES)):
            return
        why = self._quota.with_count(device, why)
        at, size = self._now(), len(data)
        if size > MAX_BYTES:
            reason = Words.of(why)
            zh, en = f"（共 {size} 字节，只存前 {MAX_BYTES}）", f" (first {MAX_BYTES} of {size} bytes)"
            why, data = Words(reason.zh + zh, reason.en + en), data[:MAX_BYTES]
        await self._store.write(lambda connection: record(connection, at, device, why, data))
        self.count += 1
        await self._make_room(device)

    async def _make_room(self, device: str) -> None:
        # Every so often is enough: the hourly quota bounds what comes in between.
        if self._pieces[device] % TRIM_EVERY == 0:
            recorded = device.encode(errors="replace").decode()  # the id as it is in the database
            while await self._store.write(lambda connection: trim_quarantine(connection, recorded)):
                pass
        self._pieces[device] += 1


class DeviceReports(Protocol):
    """Receives what a driver reports about its device besides signals; `DeviceState` is it."""

    def heard(self, device: str) -> None:
        """It gave a sign of life."""

    def returned(self) -> None:
        """The line is back, and nothing was heard of the device yet."""

    def lost(self, device: str, why: Text) -> None:
        """It does not answer."""

    def refused(self, device: str, why: Text) -> None:
        """It answers, and what it says is not accepted."""

    def signal_committed(self, device: str) -> None:
        """A signal of it is committed."""

    def status_reported(self, device: str, health: Health) -> None:
        """It, or its bridge, reported its status itself; that signal is committed."""


class Emitter:
    """The `Emit` of the driver contract, for one device and its parts."""

    def __init__(
        self,
        intake: Intake,
        quarantine: Quarantine,
        device: str,
        speaks_for: Collection[str],
        window: timedelta,
        reports: DeviceReports,
    ) -> None:
        self._intake = intake
        self._quarantine = quarantine
        self._device = device
        self._speaks_for = frozenset(speaks_for) | {device}
        self._window = window
        self._reports = reports

    async def __call__(self, signal: Signal, *, remembered: bool = False) -> int:
        """See `Emit`."""
        self._checked(signal.device)
        number = await self._intake.accept(signal, self._window)
        if signal.kind in _STATES:
            self._reports.status_reported(signal.device, _STATES[signal.kind])
        elif not remembered:
            self._reports.signal_committed(signal.device)
        return number

    def heard(self, part: str | None = None) -> None:
        """See `Emit`."""
        self._reports.heard(self._checked(part or self._device))

    def returned(self) -> None:
        """For links that several devices share: the line is back, and nothing was heard of this device yet."""
        self._reports.returned()

    def lost(self, part: str, why: Text) -> None:
        """See `Emit`."""
        self._reports.lost(self._checked(part), why)

    def refused(self, part: str | None, why: Text) -> None:
        """See `Emit`."""
        self._reports.refused(self._checked(part or self._device), why)

    async def quarantine(self, why: Text, data: bytes) -> None:
        """See `Emit`."""
        await self._quarantine.keep(self._device, why, data)

    def _checked(self, device: str) -> str:
        if device not in self._speaks_for:
            raise ValueError(f"the driver of {self._device} reported for {device}, which is not its device")
        return device
