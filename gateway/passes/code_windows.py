"""Which codes have opened which doors: a code opens once, and one that turns up at two doors was passed on."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.model import Words
from gateway.passes.codes import CodeFault, VerifiedCode

SAME_PRESENTATION = timedelta(seconds=10)
"""A code that is held before one reader for so long is presented once: cameras read it in every picture."""
_MOST = 50_000


@dataclass(frozen=True, slots=True)
class CodeUse:
    """Where and when a code was used."""

    door: str
    at: datetime


class CodeWindows:
    """Remembers the codes of the last minutes. Bounded: the oldest are forgotten first, and are long expired."""

    def __init__(self) -> None:
        self._uses: OrderedDict[tuple[str, int], CodeUse] = OrderedDict()

    def fault(self, code: VerifiedCode, door: str, at: datetime) -> CodeFault | None:
        """Why the code opens this door no more. `copied`: it was used at another door; `replayed`: at this one."""
        before = self._uses.get((code.pass_id, code.window))
        if before is None:
            return None
        seconds = round(abs((at - before.at).total_seconds()))
        if before.door != door:
            zh = f"同一个访客码 {seconds} 秒前在另一处门用过，可能是转发的截屏：请等下一个码"
            en = (
                f"This very code was used at another door {seconds} s ago, perhaps from a screenshot: wait for the next"
            )
            return CodeFault("copied", Words(zh, en), code.pass_id, code.window)
        if abs(at - before.at) <= SAME_PRESENTATION:
            return None
        zh, en = "这个访客码已经用过，请等下一个码", "This code has been used: wait for the next one"
        return CodeFault("replayed", Words(zh, en), code.pass_id, code.window)

    def note(self, pass_id: str, window: int, use: CodeUse) -> None:
        """The code was used there; its first use stays."""
        self._uses.setdefault((pass_id, window), use)
        while len(self._uses) > _MOST:
            self._uses.popitem(last=False)
