"""Signals that could not be written: alarms are shown from memory at once, and written when the disk works again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from gateway.desk.unpersisted import AHEAD_RULE, UnpersistedAlerts
from gateway.model import Signal, Words
from gateway.rule import Compound

log = structlog.get_logger(__name__)
MAX_HELD = 1000
"""Signals held for writing later. Alerts of alarms beyond it are still shown."""
GATEWAY = "anju"
"""The device id of the gateway itself, for signals about its storage and configuration, and residents' reports."""


class UnrecordedSignals:
    """Holds them, and has their alarms shown through `memory`."""

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
        """Whether the last write failed."""
        return self._failed_since is not None

    def add(self, signal: Signal, window: timedelta, why: str) -> None:
        """The commit of this signal failed with the error `why`."""
        if self._failed_since is None:
            self._failed_since = self._now()
            log.error("the database can't be written", why=why)
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
        """This signal is on disk: its rule decides on it now, and the disk works."""
        if signal.is_alarm:
            self._memory.recorded(signal)
        if self._failed_since is not None:
            since, self._failed_since = self._failed_since.isoformat(), None
            log.info("the database can be written again", since=since)
            self._memory.storage_restored()
            self._hold(_own("storage.restored", self._now(), {"since": since}), timedelta())

    def show_ahead(self, signal: Signal) -> None:
        """Show an alarm that is on disk while its rules are still catching up."""
        place = self._compound().place_of(signal.device)
        said = Words("(规则正在恢复，先行显示)", "(shown ahead of its rules, which are still starting)")
        self._memory.alarm(signal, place, self._reason(signal, place, said), AHEAD_RULE)

    def decided(self, signal: Signal) -> None:
        """Its rules have decided on it: remove what `show_ahead` showed."""
        self._memory.recorded(signal, AHEAD_RULE)

    def take(self) -> list[tuple[Signal, timedelta]]:
        """Remove and return the signals to write again; those that fail again come back by `add`."""
        signals = list(self._signals.values())
        self._signals.clear()
        return signals

    def _hold(self, signal: Signal, window: timedelta) -> None:
        self._signals.setdefault(_key(signal), (signal, window))
        if len(self._signals) > MAX_HELD:
            self._signals.popitem(last=False)

    def _reason(self, signal: Signal, place: str, said: Words) -> Words:
        name = self._compound().place_name(place)
        device = self._compound().device_name(signal.device)
        return Words(
            f"{name.zh} {device} 报警 {signal.kind}{said.zh}",
            f"{name.en}: {device} reports {signal.kind} {said.en}",
        )


def _key(signal: Signal) -> str:
    """The key of a held signal: an alarm that its device sends again replaces the first."""
    return f"{signal.device}\n{signal.kind}\n{signal.source_id or signal.id}"


def _own(kind: str, time: datetime, data: dict[str, str]) -> Signal:
    return Signal(device=GATEWAY, kind=kind, data=data, received=time, fresh=True)
