"""Reports rejected connections and messages: in the log once a minute, to guards when a quota is used up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.errors import NotRecorded
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.limits import RefusalLog
from gateway.model import Signal, Words, as_data

log = structlog.get_logger(__name__)
CHECK_INTERVAL_S = 5.0
QUIET_S = 600.0
"""After this long without a rejection the fault is over."""
EmitSignal = Callable[[Signal], Awaitable[int]]


async def report_refusals(refusals: RefusalLog, emit: EmitSignal) -> None:
    """Report until cancelled, then log what is still pending."""
    alerts = RefusalAlerts(refusals, emit)
    try:
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            refusals.tell()
            await alerts.check()
    finally:
        refusals.tell(at_once=True)  # at shutdown: counts since the last minute would be lost


class RefusalAlerts:
    """Emits `device.faulted` of the gateway while a quota is used up; again only when the reason changes."""

    def __init__(self, refusals: RefusalLog, emit: EmitSignal) -> None:
        self._refusals = refusals
        self._emit = emit
        self._reported: Words | None = None

    async def check(self) -> None:
        """Emit a signal if the fault has begun, ended or changed."""
        why = self._why()
        if why == self._reported:
            return
        signal = (
            Signal(device=GATEWAY, kind="device.faulted", data={"why": as_data(why)}, fresh=True)
            if why
            else Signal(device=GATEWAY, kind="device.restored", fresh=True)
        )
        try:
            await self._emit(signal)
        except NotRecorded as error:
            log.error("the signal that a quota is used up could not be stored", why=str(error))
        else:  # not stored: try again at the next check
            self._reported = why

    def _why(self) -> Words | None:
        """The oldest recent reason: it stays until it is over, so that several do not alternate."""
        grave = [refusal for refusal in self._refusals.recent(QUIET_S) if refusal.grave]
        if not grave:
            return None
        why = Words.of(grave[0].why)
        return Words(f"{grave[0].door}：{why.zh}", f"{grave[0].door}: {why.en}")
