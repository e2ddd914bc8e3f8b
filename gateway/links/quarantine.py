"""How much of what can't be read is kept: noise on a line must not fill the disk."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from gateway.driver import Emit
from gateway.errors import NotRecorded
from gateway.limits import RateLimit
from gateway.model import Said, Words


def allowance(burst: int = 5, seconds: float = 10.0) -> RateLimit:
    """Lets a burst through and then one in so many seconds, by the loop's clock."""
    return RateLimit(burst, timedelta(seconds=burst * seconds), lambda: asyncio.get_running_loop().time())


def unreadable_notice(why: Said) -> Words:
    """For the guard, who is told with `emit.refused` that a device says what can't be used: it may be an alarm."""
    said = Words.of(why)
    return Words(
        f"上报无法识别（{said.zh}），请现场查看并通知安装员；原文在“未识别”页",
        f"what it reports can't be read ({said.en}): look at the place, and tell the installer; quarantine has it",
    )


class UnreadableCounter:
    """Tells when a line brings nothing but what can't be read: some of it in a row, as one piece may be noise."""

    def __init__(self, emit: Emit, in_a_row: int = 3) -> None:
        self._emit, self._in_a_row = emit, in_a_row
        self._count = 0

    def unread(self, why: Said, part: str | None = None) -> None:
        """One more, of the device or of this part of it."""
        self._count += 1
        if self._count >= self._in_a_row:
            said = Words.of(why)
            en = f"nothing that it says can be read: {said.en}; check its settings and the line"
            self._emit.refused(part, Words(f"其数据全部无法识别：{said.zh}；请检查设备设置和线路", en))

    def read(self) -> None:
        """Something else came."""
        self._count = 0


class LimitedQuarantine:
    """A driver's way to the quarantine, within an allowance of its own."""

    def __init__(self, emit: Emit, limit: RateLimit | None = None) -> None:
        self._emit = emit
        self._limit = limit or allowance()
        self._held_back = 0

    async def put(self, why: Said, data: bytes) -> bool:
        """Whether it is kept and committed: only then may its sender be acknowledged."""
        if not self._limit.admits():
            self._held_back += 1
            return False
        why, self._held_back = with_suppressed(why, self._held_back), 0
        try:
            await self._emit.quarantine(why, data)
        except NotRecorded:
            return False
        return True

    async def refuse(self, why: Said, data: bytes) -> bool:
        """As `put`, for what may have been an alarm: the guard is told that this device says what can't be read."""
        kept = await self.put(why, data)
        self._emit.refused(None, unreadable_notice(why))
        return kept


def with_suppressed(why: Said, held_back: int) -> Said:
    """Why, with how many like it were not kept before it."""
    if not held_back:
        return why
    said = Words.of(why)
    return Words(f"{said.zh}（之前另有 {held_back} 条类似的未存）", f"{said.en} (and {held_back} more like it before)")
