"""A message on its way from a connection to a driver, and the promise to acknowledge it in its turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.reasons import Reason


class Delivery:
    """Settled exactly once: kept (committed, to be acknowledged) or not (to be sent again).

    `arrived` is the loop's time.
    """

    __slots__ = ("_settled", "account", "arrived", "is_kept", "is_settled", "message", "reason", "why")

    def __init__(self, message: MqttMessage, account: str, arrived: float, settled: Callable[[Delivery], None]) -> None:
        self.message = message
        self.account = account
        self.arrived = arrived
        self.is_settled = False
        self.is_kept = False
        self.why = ""
        self.reason = Reason.SUCCESS
        self._settled = settled

    @property
    def size(self) -> int:
        return len(self.message.payload)

    def settle(self, *, kept: bool, why: str = "", reason: Reason = Reason.SUCCESS) -> None:
        """Say what became of it; later words are ignored. One kept aside has a reason, and why in words."""
        if self.is_settled:
            return
        self.is_settled = True
        self.is_kept = kept
        self.why = why
        self.reason = reason
        self._settled(self)

    def was_begun(self) -> None:
        """Its driver went away over it: it may have been committed, so the next one gets it as a redelivery."""
        self.message = replace(self.message, redelivered=True)


class InFlight:
    """One connection's unacknowledged messages, oldest first.

    Acknowledgements leave in the order in which the messages came [MQTT-4.6.0-2].
    """

    def __init__(self) -> None:
        self._open: deque[Delivery] = deque()
        self._ids: set[int] = set()
        self.bytes = 0

    @property
    def messages(self) -> int:
        return len(self._open)

    def holds(self, packet_id: int | None) -> bool:
        """Whether a message with this packet id is still owed its acknowledgement."""
        return packet_id in self._ids

    def enter(self, delivery: Delivery) -> None:
        self._open.append(delivery)
        self.bytes += delivery.size
        if delivery.message.packet_id is not None:
            self._ids.add(delivery.message.packet_id)

    def due(self) -> list[Delivery]:
        """What to acknowledge now, in order; the packet ids are the sender's to use again."""
        ready: list[Delivery] = []
        while self._open and self._open[0].is_kept:
            delivery = self._open.popleft()
            self.bytes -= delivery.size
            if delivery.message.packet_id is not None:
                self._ids.discard(delivery.message.packet_id)
                ready.append(delivery)
        return ready


MAX_PENDING = 1024
"""Messages one room holds; with one more the oldest has waited long enough."""


class PendingDeliveries:
    """Messages whose driver is not there, until `patience` seconds after they came; then `expired` decides."""

    def __init__(self, patience: float, expired: Callable[[Delivery], None]) -> None:
        self._patience = patience
        self._expired = expired
        self._waiting: list[Delivery] = []
        self._timer: asyncio.TimerHandle | None = None

    def hold(self, delivery: Delivery) -> None:
        self._waiting.append(delivery)
        if len(self._waiting) > MAX_PENDING:
            self._expired(self._waiting.pop(0))
        if self._timer is None:
            self._look_at(delivery.arrived + self._patience)

    def leave(self) -> list[Delivery]:
        """Everyone out, in order of arrival."""
        left, self._waiting = sorted(self._waiting, key=lambda delivery: delivery.arrived), []
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return left

    def _look(self) -> None:
        self._timer = None
        latest = asyncio.get_running_loop().time() - self._patience
        late = [delivery for delivery in self._waiting if delivery.arrived <= latest]
        self._waiting = [delivery for delivery in self._waiting if delivery.arrived > latest]
        if self._waiting:
            self._look_at(min(delivery.arrived for delivery in self._waiting) + self._patience)
        for delivery in late:
            self._expired(delivery)

    def _look_at(self, when: float) -> None:
        self._timer = asyncio.get_running_loop().call_at(when, self._look)
