"""Alerts about the gateway itself, raised without a rule in rules.yaml."""

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
class SystemAlerts:
    """Alerts under the rule name `rule`; each begins with a signal of kind `failing` and ends with one of `restored`.

    `emit` puts a signal through the intake and returns its number in the journal. `now` gives rule time.
    """

    rule: str
    failing: str
    restored: str
    desk: Desk
    emit: Callable[[Signal], Awaitable[int]]
    now: Callable[[], datetime]

    def held(self) -> frozenset[str]:
        """Keys of the alerts that are open and not restored."""
        return self.desk.held(self.rule)

    async def begin(self, key: str, severity: Severity, words: Words) -> None:
        """Raise the alert. It is shown even when the database takes nothing."""
        await self._decide(Raise(key, severity, "", words, GATEWAY), self.failing, words)

    async def end(self, key: str, words: Words) -> None:
        """Clear the alert with this key; `words` says what has ended."""
        await self._decide(Clear(key, words), self.restored, words)

    async def _decide(self, decision: Raise | Clear, kind: str, words: Words) -> None:
        signal = Signal(device=GATEWAY, kind=kind, data={"why": as_data(words)}, fresh=True)
        number = None
        try:
            number = await self.emit(signal)
        except NotRecorded as error:
            log.error("a signal of the gateway itself could not be stored", kind=kind, why=str(error))
        event = replace(signal, received=self.now(), number=number)
        await self.desk.decide([DecisionOnEvent(self.rule, decision, event)])
