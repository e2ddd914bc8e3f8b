"""The state of one device and its parts: online, offline, silent or refused, each change reported once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.driver import Driver, DriverSettings
from gateway.flow.device_status import DeviceStatus
from gateway.flow.emitter import Emitter
from gateway.flow.flap_damping import Bounds, FlapDamping
from gateway.flow.listeners import ConsoleFeed
from gateway.flow.refusals import Refusals
from gateway.model import Device, Health, Json, Signal, Text, as_data

log = structlog.get_logger(__name__)
_AWAY = frozenset({Health.SILENT, Health.OFFLINE, Health.REFUSED})
_CUT_OFF = frozenset({Health.OFFLINE, Health.REFUSED})
"""Nothing is reported of parts of such a device: one loss is reported once."""
LOSSES = Bounds(free=3, hold=timedelta(seconds=10), longest=timedelta(minutes=2), soon=timedelta(minutes=2))
"""From the fourth loss within minutes on it stays lost for longer than the silence rule's grace: an alert."""


@dataclass(frozen=True, slots=True)
class SupervisedDevice:
    """One device of the YAML, ready to run. `link` makes the link that its driver gets."""

    device: Device
    driver: type[Driver]
    settings: DriverSettings
    parts: Sequence[Device]
    link: Callable[[Emitter, Callable[[], None]], Any]

    def actions(self, device_id: str) -> Mapping[str, frozenset[str]]:
        """The commands the device or a part of it takes, each with the names of its arguments."""
        if device_id == self.device.id:
            return self.driver.actions(self.settings)
        return next((part.actions for part in self.driver.parts(self.settings) if part.id == device_id), {})


class DeviceState:
    """The status of a device, and of those of its parts that have one of their own.

    A part has the status of its host, the device or part that it hangs on, until it has a cadence or its driver
    reports about it. While the host is away nothing is reported of the part: one loss is reported once.
    """

    def __init__(
        self,
        entry: SupervisedDevice,
        now: Callable[[], datetime],
        console: ConsoleFeed,
        report: Callable[[Signal], None],
        former: DeviceState | None = None,
    ) -> None:
        self.entry = entry
        self.driver: Driver | None = None
        self.is_over = False
        """The device was removed or replaced: its driver ends and is not started again, and nothing is reported."""
        self._now = now
        self._console = console
        self._report = report
        self._started = now()
        self._heard_since_start = False
        known = {status.device.id: status for status in former.away()} if former else {}
        self._own = {
            part.id: _as_known(part, known) for part in entry.parts if part.cadence is not None or part.id in known
        }
        self._parts = {part.id: part for part in entry.parts}
        self.status = _as_known(entry.device, known)
        self.before_loss: DeviceStatus | None = former.before_loss if former else None
        """The device's status when its line was lost, until it is heard again."""
        self.refusals: Refusals = former.refusals if former else Refusals()
        self.losses: FlapDamping = former.losses if former else FlapDamping(LOSSES)

    def statuses(self) -> Iterator[DeviceStatus]:
        """The device's status, then those of its parts."""
        yield self.status
        for part in self.entry.parts:
            yield self._shown(part)

    def away(self) -> Iterator[DeviceStatus]:
        """Those that are away and were reported so; the state after a change of configuration need not repeat it."""
        for status in (self.status, *self._own.values()):
            if status.health in _AWAY:
                yield status

    def clock_stepped(self, step: timedelta) -> None:
        """Move all times along, so that a clock that was set makes no device silent, and hides no silent one."""
        self._started += step
        self.refusals.clock_stepped(step)
        self.losses.clock_stepped(step)
        self.status = _moved(self.status, step)
        self._own = {part: _moved(status, step) for part, status in self._own.items()}

    def driver_starts(self) -> None:
        """The driver is about to run."""
        self._heard_since_start = False

    def heard(self, device: str) -> None:
        """The device or a part gave a sign of life; what a part hangs on is alive then, too."""
        self._hear_device()
        if device != self.entry.device.id:
            for host in self._hosts(self._parts[device]):
                if host.id in self._own:
                    self._hear_part(host.id)
            self._hear_part(device)

    def returned(self) -> None:
        """The line is back, which says nothing of the device: it gets the status it had before the loss.

        One that was online then has its whole cadence to be heard: a sensor may report once a day.
        """
        before = self.before_loss
        if before is None or self.status.health is not Health.OFFLINE or self._is_still_away(self.status):
            return
        self.before_loss = None
        self.status = replace(self.status, fault=None)
        if before.health is Health.SILENT:
            self._fall_silent(self.status)
        elif before.health is Health.REFUSED and before.fault is not None:
            self._become(replace(self.status, fault=before.fault), Health.REFUSED, {"why": as_data(before.fault)})
        else:
            self._become(self.status, Health.ONLINE, {})

    def signal_committed(self, device: str) -> None:
        """A signal of it is committed. For a part without a status of its own it counts for the device."""
        self.heard(device if device in self._own else self.entry.device.id)

    def status_reported(self, device: str, health: Health) -> None:
        """The device, or its bridge, reported its status itself; that signal is committed already."""
        status = self._status_of(device)
        if status.health is not health:
            self._show(replace(status, health=health))

    def lost(self, device: str, why: Text) -> None:
        """A part does not answer, or the device's line is lost; `why` is shown to the guard."""
        status = self._status_of(device)
        status = replace(status, fault=why)
        self._keep(status)
        if self._host_health(status.device) not in _CUT_OFF:
            self.losses.lost(device, self._now())
        if status.health is not Health.OFFLINE and self._host_health(status.device) not in _CUT_OFF:
            log.warning("a device is lost", device=device, why=str(why))
            self._become(status, Health.OFFLINE, {"why": as_data(why)})

    def refused(self, device: str, why: Text) -> None:
        """It answers, and what it says is not accepted. So it is not silent, and what it hangs on is alive."""
        self._hosts_live(device)
        now = self._now()
        status = replace(self._status_of(device), fault=why, heard_at=now)
        self._keep(status)
        is_new = self.refusals.refused(device, why, now)
        if self._host_health(status.device) in _CUT_OFF or (status.health is Health.REFUSED and not is_new):
            return
        log.warning("what a device says is refused", device=device, why=str(why))
        self._become(status, Health.REFUSED, {"why": as_data(why)})

    def driver_ended(self, why: Text) -> None:
        """The driver ended: the device is lost until the driver's restart."""
        self.driver = None
        if self.status.health is not Health.OFFLINE:
            self.before_loss = self.status
        self.status = replace(self.status, restarts=self.status.restarts + 1)
        self.lost(self.entry.device.id, why)

    def silent(self, device: str) -> None:
        """It has been silent for longer than its cadence, or its last will came due."""
        status = self._status_of(device)
        if status.health not in {Health.SILENT, Health.OFFLINE}:
            self._fall_silent(status)

    def check(self) -> None:
        """Find what is silent by now, and what has been stable for long enough to count as back."""
        now = self._now()
        for device in [*self.refusals.settled(now), *self.losses.settled(now)]:
            self._settle(device)
        for status in (self.status, *self._own.values()):
            cadence, reportable = status.device.cadence, self._host_health(status.device) in {None, Health.ONLINE}
            if cadence is not None and reportable and now - self._counts_from(status) > cadence:
                self.silent(status.device.id)

    def _counts_from(self, status: DeviceStatus) -> datetime:
        """When its silence began. After its host came back, a part has its whole cadence again."""
        return max(status.heard_at or self._started, self._shown_host(status.device).since or self._started)

    def _host_health(self, device: Device) -> Health | None:
        """The health of what it hangs on; None when it hangs on nothing."""
        return self._shown_host(device).health if device.part_of else None

    def _shown_host(self, part: Device) -> DeviceStatus:
        host = self._parts.get(part.part_of or "")
        return self._shown(host) if host else self.status

    def _hosts(self, part: Device) -> Sequence[Device]:
        """The parts it hangs on, the nearest last, without the device."""
        host = self._parts.get(part.part_of or "")
        return (*self._hosts(host), host) if host else ()

    def _hosts_live(self, device: str) -> None:
        """A part answered, if only to be refused: what it hangs on is alive, unless that is refused itself."""
        if device == self.entry.device.id:
            return
        if self.status.health is not Health.REFUSED:
            self._hear_device()
        for host in self._hosts(self._parts[device]):
            if host.id in self._own and self._own[host.id].health is not Health.REFUSED:
                self._hear_part(host.id)

    def _settle(self, device: str) -> None:
        """It gave a sign of life, and was not lost or refused again for long enough: it is back."""
        if device != self.entry.device.id:
            if device in self._own and self._own[device].health in _CUT_OFF:
                self._hear_part(device, at=self._own[device].heard_at)
        elif self.before_loss is not None:
            self.returned()
        elif self.status.health in _CUT_OFF:
            self._hear_device(at=self.status.heard_at)

    def _is_still_away(self, status: DeviceStatus) -> bool:
        """Whether it must be stable for longer before it counts as back."""
        device, now = status.device.id, self._now()
        match status.health:
            case Health.REFUSED:
                return not self.refusals.accepted(device, now)
            case Health.OFFLINE:
                return not self.losses.recovered(device, now)
        return False

    def _hear_device(self, at: datetime | None = None) -> None:
        status = self.status
        self.status = replace(status, heard_at=at or self._now())
        if status.health is Health.ONLINE and self._heard_since_start:
            return
        self.before_loss = None
        if self._is_still_away(status):
            return
        self._heard_since_start = True
        self.status = replace(self.status, fault=None)
        if status.health is not Health.ONLINE:
            self._become(self.status, Health.ONLINE, {})

    def _hear_part(self, part: str, at: datetime | None = None) -> None:
        status = replace(self._status_of(part), heard_at=at or self._now())
        if self._is_still_away(status):
            self._keep(status)
            return
        status = replace(status, fault=None)
        self._keep(status)
        if status.health is not Health.ONLINE:
            self._become(status, Health.ONLINE, {})

    def _fall_silent(self, status: DeviceStatus) -> None:
        heard = status.heard_at
        self._become(status, Health.SILENT, {"last_heard": heard.isoformat() if heard else None})

    def _become(self, status: DeviceStatus, health: Health, data: Json) -> None:
        if self.is_over:
            return  # another DeviceState took over, or the device is no longer configured
        self._show(replace(status, health=health))
        self._report(Signal(device=status.device.id, kind=f"device.{health}", data=data, fresh=True))

    def _show(self, status: DeviceStatus) -> None:
        self._keep(replace(status, since=self._now()))
        for shown in self.statuses():
            hosts = (self.entry.device, *self._hosts(shown.device), shown.device)
            if status.device in hosts:
                self._console.device_changed(shown)

    def _keep(self, status: DeviceStatus) -> None:
        if status.device.id == self.entry.device.id:
            self.status = status
        else:
            self._own[status.device.id] = status

    def _status_of(self, device: str) -> DeviceStatus:
        if device == self.entry.device.id:
            return self.status
        return self._own.get(device) or DeviceStatus(self._parts[device])

    def _shown(self, part: Device) -> DeviceStatus:
        own, host = self._own.get(part.id), self._shown_host(part)
        if own is None or host.health is not Health.ONLINE:
            return replace(host, device=part, restarts=0)
        return own


def _moved(status: DeviceStatus, step: timedelta) -> DeviceStatus:
    since, heard = status.since, status.heard_at
    return replace(status, since=since and since + step, heard_at=heard and heard + step)


def _as_known(device: Device, known: Mapping[str, DeviceStatus]) -> DeviceStatus:
    return replace(known[device.id], device=device) if device.id in known else DeviceStatus(device)
