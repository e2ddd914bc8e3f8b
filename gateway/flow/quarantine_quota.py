"""How much one device may have kept of what can't be read: it must fill neither the disk nor the installer's list."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from gateway.limits import RateLimit, Refusal, RefusalLog
from gateway.model import Said, Words

HOUR = timedelta(hours=1)
PIECES, BYTES = 200, 2 * 1024 * 1024
"""Of one device: so many at once, and as many again within each hour; more are counted, and one now and then kept."""
HELD_BACK = Words(
    "发来的无法识别的内容太多，只抽样保存；请检查该设备的设置和线路",
    "sends so much that can't be read that only samples are kept: check its settings and its line",
)


class QuarantineQuota:
    def __init__(self, refusals: RefusalLog) -> None:
        self._refusals = refusals
        self._pieces, self._bytes = RateLimit(PIECES, HOUR), RateLimit(BYTES, HOUR)
        self._held_back: Counter[str] = Counter()

    def admits(self, device: str, size: int) -> bool:
        """Whether a piece of that many bytes may be kept; what may not is counted and told."""
        if self._pieces.wait_for(device) or self._bytes.wait_for(device, size):
            self._held_back[device] += 1
            self._refusals.note(Refusal(device, HELD_BACK, grave=True), bytes=str(size))
            return False
        self._pieces.count(device)
        self._bytes.count(device, size)
        return True

    def and_before(self, device: str, why: Said) -> Said:
        """Why, with how many were not kept since the last one that was."""
        held_back = self._held_back.pop(device, 0)
        if not held_back:
            return why
        said = Words.of(why)
        return Words(
            f"{said.zh}（之前另有 {held_back} 条未存）", f"{said.en} (and {held_back} before it were not kept)"
        )
