"""What no driver takes: kept for the installer, committed, and only then acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.errors import AnjuError
from gateway.links.mqtt.delivery import Delivery
from gateway.links.mqtt.limits import MqttCounters
from gateway.links.mqtt.reasons import Reason
from gateway.model import Said

log = structlog.get_logger()

KeepInQuarantine = Callable[[str, Said, bytes], Awaitable[None]]
"""Keeps what can't be used: account or device, why, bytes. Returns once committed, or raises NotRecorded."""


class UnroutedMessages:
    """Quarantine for a door; its tasks are the door's."""

    def __init__(self, quarantine: KeepInQuarantine, counters: MqttCounters) -> None:
        self._quarantine = quarantine
        self._counters = counters

    def put(self, tasks: asyncio.TaskGroup, delivery: Delivery, whose: str, why: Said) -> None:
        """Keep a message that nobody may say aside, and settle it."""
        tasks.create_task(self._put(delivery, whose, why))

    async def keep(self, whose: str, why: Said, data: bytes) -> bool:
        """Whether it was kept; a disk in trouble is told, and ends nothing here."""
        try:
            await self._quarantine(whose, why, data)
        except AnjuError as error:
            log.warning("mqtt quarantine failed", whose=whose, why=str(why), error=str(error))
            return False
        self._counters.quarantined += 1
        return True

    async def _put(self, delivery: Delivery, whose: str, why: Said) -> None:
        kept = await self.keep(whose, why, delivery.message.payload)
        if kept:
            delivery.settle(kept=True, why=str(why), reason=Reason.NOT_AUTHORIZED)
        else:
            delivery.settle(kept=False, why="quarantine could not be written")
