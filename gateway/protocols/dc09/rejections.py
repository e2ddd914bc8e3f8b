"""Whose reports are refused, and how the guard is told: panels of ours by name, strangers as the receiver's fault.

A stranger most often is a panel of ours whose account number was mistyped at one of the two ends. Its alarms are
lost as well; but anybody who reaches the port can claim any number, so strangers change no panel's state.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from gateway.driver import Emit
from gateway.errors import NotRecorded
from gateway.links.rate_limit import allowance
from gateway.links.state_file import StateFile
from gateway.model import Signal, Words, as_data
from gateway.protocols.dc09.message import read_header
from gateway.protocols.dc09.settings import AlarmAccount
from gateway.protocols.unreadable import UnreadableBytes

DAMAGED_IN_A_ROW = 3
"""Damaged frames of a panel, without a good one between, before that is told: one is noise, and is sent again."""
MAX_NAMED = 5
UNKNOWN_ACCOUNTS = "strangers"
"""The note that the guard was told of some: another driver may have to tell that there are none any more."""
UNKNOWN_CLEAR_S = 600.0
"""Without one."""
_CLAIMED = re.compile(rb"#([0-9A-Za-z]{3,16})[\[|]")
_DAMAGED = Words(
    "上报数据损坏（校验和或长度不对）；请检查线路，以及主机的通信协议是否为 SIA DC-09",
    "its reports arrive damaged (checksum or length): check the line, and that the panel speaks SIA DC-09",
)


class RejectionReporter:
    """Of one receiver."""

    def __init__(self, receiver: str, accounts: Sequence[AlarmAccount], emit: Emit, notes: StateFile) -> None:
        self._receiver, self._emit, self._notes = receiver, emit, notes
        self._ids = {each.account: each.id for each in accounts}
        self._unheard = dict(self._ids)
        self._damaged: Counter[str] = Counter()
        self._why: dict[str, Words] = {}
        self._strangers: list[str] = []
        self._told_of_strangers = UNKNOWN_ACCOUNTS in notes.read()
        self._stranger_at = asyncio.get_running_loop().time()
        self._tell = allowance(burst=3, seconds=60.0)

    def refused(self, account: str, why: Words) -> None:
        """A report of an account of ours was turned away. A clock's reading changes; what is wrong does not."""
        known = self._why.get(account)
        if known is None or _gist(known) != _gist(why):
            self._why[account] = known = why
        self._emit.refused(self._ids[account], known)

    async def accepted(self, account: str) -> None:
        """A report of it was taken."""
        for known in (self._damaged, self._why, self._unheard):
            known.pop(account, None)
        now = asyncio.get_running_loop().time()
        if self._told_of_strangers and now - self._stranger_at > UNKNOWN_CLEAR_S:
            self._strangers.clear()
            await self._say("device.restored", told=False)

    def damaged(self, item: UnreadableBytes) -> None:
        """It claims to be from an account of ours, as far as can be seen."""
        claimed = _CLAIMED.search(item.data)
        account = claimed[1].decode("ascii").upper() if claimed else ""
        if account in self._ids:
            self._damaged[account] += 1
            if self._damaged[account] >= DAMAGED_IN_A_ROW:
                self.refused(account, _DAMAGED)

    async def stranger(self, body: bytes) -> None:
        """A whole frame of an account that is not in the YAML: told once each, some at most."""
        header = read_header(body)
        account, now = header.account if header else "", asyncio.get_running_loop().time()
        self._stranger_at = now
        if not account or account in self._strangers or len(self._strangers) >= MAX_NAMED:
            return
        if not self._tell.admits():
            return
        self._strangers.append(account)
        names = ", ".join(self._strangers)
        why = Words(
            f"账号 {names} 不在配置中，其上报被拒、报警收不到；请补入配置，或改正主机的账号{self._hint('zh')}",
            f"account {names} is not in the YAML, and its reports are refused: add it, or correct the number at the"
            f" panel{self._hint('en')}",
        )
        await self._say("device.faulted", told=True, why=as_data(why))

    async def _say(self, kind: str, *, told: bool, **data: object) -> None:
        """In the receiver's own name, which is no sign that a panel lives."""
        with suppress(NotRecorded, OSError):
            await self._emit(Signal(device=self._receiver, kind=kind, data=data, fresh=True), remembered=True)
            self._told_of_strangers = told
            await asyncio.to_thread(self._notes.write, {UNKNOWN_ACCOUNTS} if told else frozenset())

    def _hint(self, language: str) -> str:
        """Which of ours it may be."""
        if not 0 < len(self._unheard) <= MAX_NAMED:
            return ""
        names = ", ".join(self._unheard)
        return f"（{names} 尚未收到过上报）" if language == "zh" else f" ({names}: never heard yet)"


def _gist(why: Words) -> str:
    """Without its numbers: what a clock shows, and by how much it is off."""
    return re.sub(r"[0-9][0-9.:-]*", "", why.en)
