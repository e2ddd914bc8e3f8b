"""Limits how much unreadable data of one device is kept: it must not fill the disk or the installer's list."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from gateway.limits import RateLimit, Refusal, RefusalLog
from gateway.model import Text, Words

HOUR = timedelta(hours=1)
PIECES, BYTES = 200, 2 * 1024 * 1024
"""Of one device: as a burst, and again per hour. More is counted, and a sample kept as the quota refills."""
TOO_MUCH = Words(
    "发来的无法识别的内容太多，只抽样保存；请检查该设备的设置和线路",
    "sends so much that can't be read that only samples are kept: check its settings and its line",
)


class QuarantineQuota:
    """Of all devices, by id."""

    def __init__(self, refusals: RefusalLog) -> None:
        self._refusals = refusals
        self._pieces, self._bytes = RateLimit(PIECES, HOUR), RateLimit(BYTES, HOUR)
        self._dropped: Counter[str] = Counter()

    def admits(self, device: str, size: int) -> bool:
        """Whether a piece of `size` bytes may be kept; one that may not is counted and reported."""
        if self._pieces.wait_for(device) or self._bytes.wait_for(device, size):
            self._dropped[device] += 1
            self._refusals.note(Refusal(device, TOO_MUCH, grave=True), bytes=str(size))
            return False
        self._pieces.count(device)
        self._bytes.count(device, size)
        return True

    def with_count(self, device: str, why: Text) -> Text:
        """The reason, with how many pieces were not kept since the last one that was."""
        dropped = self._dropped.pop(device, 0)
        if not dropped:
            return why
        reason = Words.of(why)
        return Words(
            f"{reason.zh}（之前另有 {dropped} 条未存）", f"{reason.en} (and {dropped} before it were not kept)"
        )
