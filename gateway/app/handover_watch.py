"""A shift that nobody handed over in time: an alert, and what was acknowledged in it rings again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from gateway.app.system_alerts import SystemAlerts
from gateway.desk import Desk
from gateway.desk.incident_clock import SHIFT_OVER
from gateway.desk.limits.limits import IN_HAND
from gateway.errors import NotRecorded
from gateway.handover import Handovers, UnsignedShift
from gateway.model import Severity, Words

log = structlog.get_logger(__name__)
CHECK_S = 10.0
KEY = "unsigned"
_SIGNED = Words("交接班已签字", "The shift has been handed over")


class HandoverWatch:
    """The alert ends when somebody signs, or when the next shift has ended."""

    def __init__(self, alerts: SystemAlerts, desk: Desk, handovers: Handovers, now: Callable[[], datetime]) -> None:
        self._alerts = alerts
        self._desk = desk
        self._handovers = handovers
        self._now = now

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            try:
                await self.check()
            except NotRecorded as error:
                log.error("whether the shift was handed over can't be checked", why=str(error))
            await asyncio.sleep(CHECK_S)

    async def check(self) -> None:
        """Raise or end the alert. Raises NotRecorded."""
        unsigned = await self._handovers.unsigned()
        overdue = unsigned if unsigned is not None and self._now() >= unsigned.due_at else None
        held = KEY in self._alerts.held()
        if overdue is None:
            if held:
                await self._alerts.end(KEY, _SIGNED)
            return
        if not held:
            name = overdue.period.shift.name
            await self._alerts.begin(
                KEY, Severity.MEDIUM, Words(f"{name}未交接班签字", f"The shift {name} was not handed over")
            )
        await self._ring(overdue)

    async def _ring(self, overdue: UnsignedShift) -> None:
        """Acknowledgements end with the shift; one that came after its end is the next shift's own."""
        for incident in list(self._desk.state.incidents.values()):
            since = incident.acknowledged_at
            if incident.state in IN_HAND and since is not None and since < overdue.period.ended:
                await self._desk.clock.ring_again(incident.id, SHIFT_OVER)
