"""Reports rejected messages to the guard: configured panels by name, unknown accounts as a fault of the receiver.

An unknown account is usually a panel of ours whose account number was mistyped at one end, so its alarms are lost.
But anybody who reaches the port can claim any number, so unknown accounts never change a panel's state.
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
"""Damaged frames of a panel without a good one between, before they are reported: one is line noise and is resent."""
MAX_NAMED = 5
UNKNOWN_ACCOUNTS = "strangers"
"""Entry of the state file: the fault is reported, and the next run of the gateway may have to clear it."""
UNKNOWN_CLEAR_S = 600.0
"""Seconds without an unknown account, after which the fault is cleared."""
_CLAIMED = re.compile(rb"#([0-9A-Za-z]{3,16})[\[|]")
_DAMAGED = Words(
    "上报数据损坏（校验和或长度不对）；请检查线路，以及主机的通信协议是否为 SIA DC-09",
    "its reports arrive damaged (checksum or length): check the line, and that the panel speaks SIA DC-09",
)


class RejectionReporter:
    """Reports the rejected messages of one receiver, each reason once. Build it inside the event loop."""

    def __init__(self, receiver: str, accounts: Sequence[AlarmAccount], emit: Emit, state: StateFile) -> None:
        self._receiver, self._emit, self._state = receiver, emit, state
        self._ids = {each.account: each.id for each in accounts}
        self._never_heard = dict(self._ids)
        self._damaged: Counter[str] = Counter()
        self._why: dict[str, Words] = {}
        self._unknown: list[str] = []
        self._unknown_reported = UNKNOWN_ACCOUNTS in state.read()
        self._last_unknown_at = asyncio.get_running_loop().time()
        self._limit = allowance(burst=3, seconds=60.0)

    def report_rejected(self, account: str, why: Words) -> None:
        """Report that a message of a configured account was rejected.

        A reason that differs from the last one only in its numbers counts as the same: a wrong clock shows another
        time in every message.
        """
        known = self._why.get(account)
        if known is None or _without_numbers(known) != _without_numbers(why):
            self._why[account] = known = why
        self._emit.refused(self._ids[account], known)

    async def report_accepted(self, account: str) -> None:
        """Note that a message of the account was accepted; clear the receiver's fault when it is due."""
        for by_account in (self._damaged, self._why, self._never_heard):
            by_account.pop(account, None)
        now = asyncio.get_running_loop().time()
        if self._unknown_reported and now - self._last_unknown_at > UNKNOWN_CLEAR_S:
            self._unknown.clear()
            await self._report_receiver("device.restored", reported=False)

    def report_damaged(self, item: UnreadableBytes) -> None:
        """Count a damaged frame for the configured account that it seems to be from, if any."""
        claimed = _CLAIMED.search(item.data)
        account = claimed[1].decode("ascii").upper() if claimed else ""
        if account in self._ids:
            self._damaged[account] += 1
            if self._damaged[account] >= DAMAGED_IN_A_ROW:
                self.report_rejected(account, _DAMAGED)

    async def report_unknown_account(self, body: bytes) -> None:
        """Report a valid frame of an account that is not configured: each account once, at most MAX_NAMED of them."""
        header = read_header(body)
        account, now = header.account if header else "", asyncio.get_running_loop().time()
        self._last_unknown_at = now
        if not account or account in self._unknown or len(self._unknown) >= MAX_NAMED:
            return
        # Anybody can send frames of ever new accounts, so the journal entries are rate-limited.
        if not self._limit.admits():
            return
        self._unknown.append(account)
        names = ", ".join(self._unknown)
        why = Words(
            f"账号 {names} 不在配置中，其上报被拒、报警收不到；请补入配置，或改正主机的账号{self._hint('zh')}",
            f"account {names} is not in the YAML, and its reports are refused: add it, or correct the number at the"
            f" panel{self._hint('en')}",
        )
        await self._report_receiver("device.faulted", reported=True, why=as_data(why))

    async def _report_receiver(self, kind: str, *, reported: bool, **data: object) -> None:
        # `remembered`: this signal is the receiver's own and does not show that a panel is alive.
        with suppress(NotRecorded, OSError):
            await self._emit(Signal(device=self._receiver, kind=kind, data=data, fresh=True), remembered=True)
            self._unknown_reported = reported
            await asyncio.to_thread(self._state.write, {UNKNOWN_ACCOUNTS} if reported else frozenset())

    def _hint(self, language: str) -> str:
        """Name the configured accounts that never reported: the unknown one may be one of them."""
        if not 0 < len(self._never_heard) <= MAX_NAMED:
            return ""
        names = ", ".join(self._never_heard)
        return f"（{names} 尚未收到过上报）" if language == "zh" else f" ({names}: never heard yet)"


def _without_numbers(why: Words) -> str:
    return re.sub(r"[0-9][0-9.:-]*", "", why.en)
