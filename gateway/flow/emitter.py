"""What a driver is handed to speak through: for its device and the parts of it, and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol

from gateway.flow.intake import Intake
from gateway.flow.quarantine_quota import QuarantineQuota
from gateway.limits import RefusalLog
from gateway.model import Health, Said, Signal, Words
from gateway.store import Store
from gateway.store.quarantine import record
from gateway.store.quarantine_trim import trim_quarantine

_STATES = {
    "device.online": Health.ONLINE,
    "device.offline": Health.OFFLINE,
    "device.silent": Health.SILENT,
    "device.refused": Health.REFUSED,
}
LOOK_EVERY = 20
"""Pieces of a device between two looks at how much it has in all."""
MOST_BYTES = 64 * 1024
"""Of one piece in quarantine; the rest of it is cut and the cut is told."""


class Quarantine:
    """Bytes that could not be read, committed, for the installer to see: of each device within its quota."""

    def __init__(self, store: Store, now: Callable[[], datetime], refusals: RefusalLog | None = None) -> None:
        self._quota = QuarantineQuota(refusals or RefusalLog())
        self._kept: Counter[str] = Counter()
        self._store = store
        self._now = now
        self.count = 0

    async def keep(self, device: str, why: Said, data: bytes) -> None:
        """Beyond its quota a device's bytes are counted, and not kept: it is answered as if they were."""
        if not self._quota.admits(device, min(len(data), MOST_BYTES)):
            return
        why = self._quota.and_before(device, why)
        at, size = self._now(), len(data)
        if size > MOST_BYTES:
            said = Words.of(why)
            zh, en = f"（共 {size} 字节，只存前 {MOST_BYTES}）", f" (first {MOST_BYTES} of {size} bytes)"
            why, data = Words(said.zh + zh, said.en + en), data[:MOST_BYTES]
        await self._store.write(lambda connection: record(connection, at, device, why, data))
        self.count += 1
        await self._make_room(device)

    async def _make_room(self, device: str) -> None:
        """Now and then: the quota of an hour bounds what comes in between."""
        if self._kept[device] % LOOK_EVERY == 0:
            known = device.encode(errors="replace").decode()  # as it is on record
            while await self._store.write(lambda connection: trim_quarantine(connection, known)):
                pass
        self._kept[device] += 1


class DeviceReports(Protocol):
    """Who is told how devices are, besides what they signal: the supervisor's watch over one entry."""

    def heard(self, device: str) -> None:
        """It lives."""

    def returned(self) -> None:
        """The line stands again, and nothing was heard of the device."""

    def lost(self, device: str, why: Said) -> None:
        """It does not answer."""

    def refused(self, device: str, why: Said) -> None:
        """It answers, and what it says is not taken."""

    def spoke(self, device: str) -> None:
        """A signal of it is committed."""

    def said(self, device: str, health: Health) -> None:
        """It (or its bridge) said itself how it is; that signal is committed."""


class Emitter:
    """`Emit` of the driver contract."""

    def __init__(
        self,
        intake: Intake,
        quarantine: Quarantine,
        device: str,
        speaks_for: Collection[str],
        window: timedelta,
        hears: DeviceReports,
    ) -> None:
        self._intake = intake
        self._quarantine = quarantine
        self._device = device
        self._speaks_for = frozenset(speaks_for) | {device}
        self._window = window
        self._hears = hears

    async def __call__(self, signal: Signal, *, remembered: bool = False) -> int:
        self._own(signal.device)
        number = await self._intake.accept(signal, self._window)
        if signal.kind in _STATES:
            self._hears.said(signal.device, _STATES[signal.kind])
        elif not remembered:
            self._hears.spoke(signal.device)
        return number

    def heard(self, part: str | None = None) -> None:
        self._hears.heard(self._own(part or self._device))

    def returned(self) -> None:
        """Said by a link that devices share: it stands again, and has yet to hear of this one."""
        self._hears.returned()

    def lost(self, part: str, why: Said) -> None:
        self._hears.lost(self._own(part), why)

    def refused(self, part: str | None, why: Said) -> None:
        self._hears.refused(self._own(part or self._device), why)

    async def quarantine(self, why: Said, data: bytes) -> None:
        await self._quarantine.keep(self._device, why, data)

    def _own(self, device: str) -> str:
        if device not in self._speaks_for:
            raise ValueError(f"the driver of {self._device} spoke for {device}, which is not its device")
        return device
