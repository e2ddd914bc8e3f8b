"""A device that says the same again and again, thousands of times: its repeats are folded, and its alarms never.

A contact that chatters or a firmware gone wild must not fill the journal. After MOST signals a device has RATE a
second; what comes faster waits for a second and makes room for its own repeats. What was folded is counted and told.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from gateway.limits import RateLimit, Refusal, RefusalLog
from gateway.model import Signal, Words
from gateway.store.columns import to_json

MOST, RATE = 20_000, 10
"""Signals of one device at once, and a second in the long run: a day of it is 860,000 rows, or 260 MB."""
DIFFERENT = 50
"""Signals of one device, no two alike, that wait at once; with one more the oldest is folded."""
FOLDED = Words(
    "上报太频繁，重复内容已合并（报警不受影响）；请检查是否有触点抖动或固件异常",
    "reports so often that repeats are folded (alarms never): look for a chattering contact or a firmware gone wild",
)
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """`number` is what its driver waits for: the journal's, 0 for one that was folded."""

    signal: Signal
    window: timedelta
    number: asyncio.Future[int]


class RepeatFolding:
    def __init__(self, refusals: RefusalLog) -> None:
        self._refusals = refusals
        self._limit = RateLimit(MOST, timedelta(seconds=MOST / RATE))
        self._held: OrderedDict[_Key, Held] = OrderedDict()
        self._of_device: Counter[str] = Counter()

    def holds(self, signal: Signal) -> bool:
        """Whether it has to wait: its device says too much, or has something waiting that came before it."""
        return not signal.is_alarm and (bool(self._of_device[signal.device]) or not self._limit.admits(signal.device))

    def hold(self, signal: Signal, window: timedelta) -> asyncio.Future[int]:
        """Let it wait, in place of the last that said the same."""
        key = signal.device, signal.kind, to_json(signal.data)
        if key in self._held:
            self._fold(key)
        elif self._of_device[signal.device] >= DIFFERENT:
            self._fold(next(each for each in self._held if each[0] == signal.device))
        held = Held(signal, window, asyncio.get_running_loop().create_future())
        self._held[key] = held
        self._of_device[signal.device] += 1
        return held.number

    def release(self, device: str | None = None) -> list[Held]:
        """What waits, of one device or of all, in the order in which it came; it waits no more."""
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
