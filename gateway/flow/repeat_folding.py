"""Folds the repeats of a device that reports the same thousands of times; alarms are never folded.

A chattering contact or faulty firmware must not fill the journal. After a burst of BURST signals a device may send
RATE a second. What comes faster is held for a second, and a repeat replaces what it repeats. Folded signals are
counted and reported.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from gateway.limits import RateLimit, Refusal, RefusalLog
from gateway.model import Signal, Words
from gateway.store.columns import to_json

BURST, RATE = 20_000, 10
"""Signals of one device at once, and per second in the long run: 860,000 rows or 260 MB a day."""
MAX_HELD = 50
"""Different signals of one device held at once; with one more the oldest is folded."""
FOLDED = Words(
    "上报太频繁，重复内容已合并（报警不受影响）；请检查是否有触点抖动或固件异常",
    "reports so often that repeats are folded (alarms never): look for a chattering contact or a firmware gone wild",
)
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """A signal that is held back. Its driver waits for `number`: the journal's, or 0 when it was folded."""

    signal: Signal
    window: timedelta
    number: asyncio.Future[int]


class RepeatFolding:
    """Holds signals of devices that exceed their rate."""

    def __init__(self, refusals: RefusalLog) -> None:
        self._refusals = refusals
        self._limit = RateLimit(BURST, timedelta(seconds=BURST / RATE))
        self._held: OrderedDict[_Key, Held] = OrderedDict()
        self._of_device: Counter[str] = Counter()

    def holds(self, signal: Signal) -> bool:
        """Whether to hold it: its device exceeds the rate, or has signals held that came before it."""
        return not signal.is_alarm and (bool(self._of_device[signal.device]) or not self._limit.admits(signal.device))

    def hold(self, signal: Signal, window: timedelta) -> asyncio.Future[int]:
        """Hold it, in place of one with the same kind and data; returns the future of its number."""
        key = signal.device, signal.kind, to_json(signal.data)
        if key in self._held:
            self._fold(key)
        elif self._of_device[signal.device] >= MAX_HELD:
            self._fold(next(each for each in self._held if each[0] == signal.device))
        held = Held(signal, window, asyncio.get_running_loop().create_future())
        self._held[key] = held
        self._of_device[signal.device] += 1
        return held.number

    def release(self, device: str | None = None) -> list[Held]:
        """Remove and return what is held, of one device or of all, in order of arrival."""
        keys = [key for key in self._held if device in {None, key[0]}]
        return [self._take(key) for key in keys]

    def _fold(self, key: _Key) -> None:
        held = self._take(key)
        self._refusals.note(Refusal(held.signal.device, FOLDED, grave=True), kind=held.signal.kind)
        if not held.number.done():
            held.number.set_result(0)

    def _take(self, key: _Key) -> Held:
        self._of_device[key[0]] -= 1
        if not self._of_device[key[0]]:
            del self._of_device[key[0]]
        return self._held.pop(key)
