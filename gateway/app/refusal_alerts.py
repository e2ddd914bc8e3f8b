"""Who looks at what was turned away: the log once a minute, and the guard room when a quota is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.errors import NotRecorded
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.limits import RefusalLog
from gateway.model import Signal, Words, as_data

log = structlog.get_logger(__name__)
LOOK_S = 5.0
OVER_S = 600.0
"""Without a refusal for this long the matter is over."""
Say = Callable[[Signal], Awaitable[int]]


async def report_refusals(refusals: RefusalLog, say: Say) -> None:
    """Runs for good."""
    told = RefusalAlerts(refusals, say)
    try:
        while True:
            await asyncio.sleep(LOOK_S)
            refusals.flush()
            await told.look()
    finally:
        refusals.flush(at_once=True)


class RefusalAlerts:
    """The gateway's own fault as long as a quota is spent; said again only for another reason."""

    def __init__(self, refusals: RefusalLog, say: Say) -> None:
        self._refusals = refusals
        self._say = say
        self._told: Words | None = None

    async def look(self) -> None:
        why = self._why()
        if why == self._told:
            return
        signal = (
            Signal(device=GATEWAY, kind="device.faulted", data={"why": as_data(why)}, fresh=True)
            if why
            else Signal(device=GATEWAY, kind="device.restored", fresh=True)
        )
        try:
            await self._say(signal)
        except NotRecorded as error:
            log.error("that a quota is spent can't be recorded", why=str(error))
        else:
            self._told = why

    def _why(self) -> Words | None:
        """The first that there is: it stays the reason until it is over."""
        grave = [refusal for refusal in self._refusals.recent(OVER_S) if refusal.grave]
        if not grave:
            return None
        said = Words.of(grave[0].why)
        return Words(f"{grave[0].source}：{said.zh}", f"{grave[0].source}: {said.en}")
