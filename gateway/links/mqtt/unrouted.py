"""Messages that no driver takes: kept in quarantine, committed, and only then acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.errors import AnjuError
from gateway.links.mqtt.delivery import Delivery
from gateway.links.mqtt.limits import MqttCounters
from gateway.links.mqtt.reasons import Reason
from gateway.model import Text

log = structlog.get_logger(__name__)

KeepInQuarantine = Callable[[str, Text, bytes], Awaitable[None]]
"""Keeps what can't be used: account or device, why, bytes. Returns once committed, or raises NotRecorded."""


class UnroutedMessages:
    """The quarantine of an endpoint or a broker's client."""

    def __init__(self, keep_in_quarantine: KeepInQuarantine, counters: MqttCounters) -> None:
        self._keep_in_quarantine = keep_in_quarantine
        self._counters = counters

    def put(self, tasks: asyncio.TaskGroup, delivery: Delivery, owner: str, why: Text) -> None:
        """Keep the message in a task of `tasks`, and settle it afterwards. `owner` is an account or a device."""
        tasks.create_task(self._put(delivery, owner, why))

    async def keep(self, owner: str, why: Text, data: bytes) -> bool:
        """Whether the bytes were committed. A failure of the disk is logged, and does not end the connection here."""
        try:
            await self._keep_in_quarantine(owner, why, data)
        except AnjuError as error:
            log.warning("mqtt quarantine failed", owner=owner, why=str(why), error=str(error))
            return False
        self._counters.quarantined += 1
        return True

    async def _put(self, delivery: Delivery, owner: str, why: Text) -> None:
        if await self.keep(owner, why, delivery.message.payload):
            delivery.settle(committed=True, why=str(why), reason=Reason.NOT_AUTHORIZED)
        else:
            # Not acknowledged: the bytes would be lost, and they may be an alarm with a wrong topic.
            delivery.settle(committed=False, why="quarantine could not be written")
