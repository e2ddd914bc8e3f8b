"""Alerts of the gateway itself, which no rule of rules.yaml has to be there for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from gateway.desk import DecisionOnEvent, Desk
from gateway.errors import NotRecorded
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Clear, Raise, Severity, Signal, Words, as_data

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OwnAlerts:
    """Under the rule name `rule`; each begins with a signal `failing` and ends with one `restored`.

    `say` puts a signal through the intake and returns its number.
    """

    rule: str
    failing: str
    restored: str
    desk: Desk
    say: Callable[[Signal], Awaitable[int]]
    now: Callable[[], datetime]

    def held(self) -> frozenset[str]:
        """Keys of the alerts that stand."""
        return self.desk.held(self.rule)

    async def begin(self, key: str, severity: Severity, words: Words) -> None:
        """Show it, on record or not."""
        await self._decide(Raise(key, severity, "", words, GATEWAY), self.failing, words)

    async def end(self, key: str, words: Words) -> None:
        await self._decide(Clear(key, words), self.restored, words)

    async def _decide(self, decision: Raise | Clear, kind: str, words: Words) -> None:
        signal = Signal(device=GATEWAY, kind=kind, data={"why": as_data(words)}, fresh=True)
        number = None
        try:
            number = await self.say(signal)
        except NotRecorded as error:
            log.error("what the gateway says of itself is not on record", kind=kind, why=str(error))
        event = replace(signal, received=self.now(), number=number)
        await self.desk.decide([DecisionOnEvent(self.rule, decision, event)])
