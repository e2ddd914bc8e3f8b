"""Signals the disk would not take: alarms show from memory at once, and are written when it can."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from gateway.desk.unpersisted import AHEAD_RULE, UnpersistedAlerts
from gateway.model import Signal, Words
from gateway.rule import Compound

log = structlog.get_logger(__name__)
MOST = 1000
"""Alarms kept for writing later; their alerts stand whether or not they fit."""
GATEWAY = "anju"
"""The gateway's own id among the devices: it speaks for the record and the residents' pages."""


class UnrecordedSignals:
    def __init__(
        self, memory: UnpersistedAlerts, compound: Callable[[], Compound], now: Callable[[], datetime]
    ) -> None:
        self._memory = memory
        self._compound = compound
        self._now = now
        self._signals: OrderedDict[str, tuple[Signal, timedelta]] = OrderedDict()
        self._failed_since: datetime | None = None
        self.count = 0

    @property
    def failing(self) -> bool:
        return self._failed_since is not None

    def add(self, signal: Signal, window: timedelta, why: str) -> None:
        """The commit of this signal failed."""
        if self._failed_since is None:
            self._failed_since = self._now()
            log.error("the record can't be written", why=why)
            self._hold(_own("storage.failed", self._now(), {"why": why}), timedelta())
        self._memory.storage_failed(why)
        if signal.is_alarm:
            self.count += 1
            self._hold(signal, window)
            place = self._compound().place_of(signal.device)
            self._memory.alarm(signal, place, self._reason(signal, place, Words("(未存档)", "(not on record)")))
        elif signal.kind == "storage.failed":
            self._hold(signal, window)

    def kept(self, signal: Signal) -> None:
        """This signal is on disk: its rule answers for it now, and the disk works."""
        if signal.is_alarm:
            self._memory.recorded(signal)
        if self._failed_since is not None:
            since, self._failed_since = self._failed_since.isoformat(), None
            log.info("the record can be written again", since=since)
            self._memory.storage_restored()
            self._hold(_own("storage.restored", self._now(), {"since": since}), timedelta())

    def show_ahead(self, signal: Signal) -> None:
        """This alarm is on disk, and its rules are still fed what they missed: the guard sees it at once."""
        place = self._compound().place_of(signal.device)
        said = Words("(规则正在恢复，先行显示)", "(shown ahead of its rules, which are still starting)")
        self._memory.alarm(signal, place, self._reason(signal, place, said), AHEAD_RULE)

    def decided(self, signal: Signal) -> None:
        """Its rules have decided on it, and that is on record."""
        self._memory.recorded(signal, AHEAD_RULE)

    def take(self) -> list[tuple[Signal, timedelta]]:
        """What is to be tried again now; what fails again comes back by `add`."""
        signals = list(self._signals.values())
        self._signals.clear()
        return signals

    def _hold(self, signal: Signal, window: timedelta) -> None:
        self._signals.setdefault(_sender(signal), (signal, window))
        if len(self._signals) > MOST:
            self._signals.popitem(last=False)

    def _reason(self, signal: Signal, place: str, said: Words) -> Words:
        name = self._compound().place_name(place)
        device = self._compound().device_name(signal.device)
        return Words(
            f"{name.zh} {device} 报警 {signal.kind}{said.zh}",
            f"{name.en}: {device} reports {signal.kind} {said.en}",
        )


def _sender(signal: Signal) -> str:
    """The same alarm sent again by its device takes the place of the first, not one beside it."""
    return f"{signal.device}\n{signal.kind}\n{signal.source_id or signal.id}"


def _own(kind: str, time: datetime, data: dict[str, str]) -> Signal:
    return Signal(device=GATEWAY, kind=kind, data=data, received=time, fresh=True)
