"""Keeping what can't be read, at a bounded rate: noise on a line must not fill the disk."""

from __future__ import annotations

from gateway.driver import Emit
from gateway.errors import NotRecorded
from gateway.limits import RateLimit
from gateway.model import Text, Words


def unreadable_notice(why: Text) -> Words:
    """For `emit.refused`: tells the guard that a device reports what can't be read, which may have been an alarm."""
    words = Words.of(why)
    return Words(
        f"上报无法识别（{words.zh}），请现场查看并通知安装员；原文在“未识别”页",
        f"what it reports can't be read ({words.en}): look at the place, and tell the installer; quarantine has it",
    )


class UnreadableCounter:
    """Reports a line on which everything is unreadable.

    Only `threshold` unreadable frames in a row count: a single one may be noise.
    """

    def __init__(self, emit: Emit, threshold: int = 3) -> None:
        self._emit, self._threshold = emit, threshold
        self._count = 0

    def unreadable(self, why: Text, part: str | None = None) -> None:
        """Count one more, from the device or from this part of it."""
        self._count += 1
        if self._count >= self._threshold:
            words = Words.of(why)
            en = f"nothing that it sends can be read: {words.en}; check its settings and the line"
            self._emit.refused(part, Words(f"其数据全部无法识别：{words.zh}；请检查设备设置和线路", en))

    def readable(self) -> None:
        """Something was read: start counting again."""
        self._count = 0


class LimitedQuarantine:
    """A driver's quarantine with a rate limit of its own."""

    def __init__(self, emit: Emit, limit: RateLimit | None = None) -> None:
        self._emit = emit
        self._limit = limit or RateLimit.on_loop_clock()
        self._suppressed = 0

    async def put(self, why: Text, data: bytes) -> bool:
        """Whether it was committed: only then may its sender be acknowledged."""
        if not self._limit.admits():
            self._suppressed += 1
            return False
        # The next one that is kept carries the number of those that were not.
        why, self._suppressed = with_suppressed(why, self._suppressed), 0
        try:
            await self._emit.quarantine(why, data)
        except NotRecorded:
            return False
        return True

    async def refuse(self, why: Text, data: bytes) -> bool:
        """Like `put`, for what may have been an alarm: also tells the guard that this device can't be read."""
        kept = await self.put(why, data)
        self._emit.refused(None, unreadable_notice(why))
        return kept


def with_suppressed(why: Text, suppressed: int) -> Text:
    """`why`, with the number of similar messages that were not kept before it."""
    if not suppressed:
        return why
    words = Words.of(why)
    return Words(
        f"{words.zh}（之前另有 {suppressed} 条类似的未存）", f"{words.en} (and {suppressed} more like it before)"
    )
