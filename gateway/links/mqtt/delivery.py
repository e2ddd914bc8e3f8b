"""A message on its way from a connection to a driver, and the order in which messages are acknowledged."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.reasons import Reason


class Delivery:
    """One message until it is settled, exactly once: committed (acknowledge it) or not (the sender sends it again).

    `received_at` is the loop's time.
    """

    __slots__ = ("_settled", "account", "is_committed", "is_settled", "message", "reason", "received_at", "why")

    def __init__(
        self, message: MqttMessage, account: str, received_at: float, settled: Callable[[Delivery], None]
    ) -> None:
        self.message = message
        self.account = account
        self.received_at = received_at
        self.is_settled = False
        self.is_committed = False
        self.why = ""
        self.reason = Reason.SUCCESS
        self._settled = settled

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return len(self.message.payload)

    def settle(self, *, committed: bool, why: str = "", reason: Reason = Reason.SUCCESS) -> None:
        """Record the outcome and report it; later calls are ignored.

        A message that went to quarantine is committed too, with a `reason` other than SUCCESS, and `why` in words.
        """
        if self.is_settled:
            return
        self.is_settled = True
        self.is_committed = committed
        self.why = why
        self.reason = reason
        self._settled(self)

    def mark_redelivered(self) -> None:
        """Its driver stopped while handling it. It may have been committed, so the next driver gets it as a repeat."""
        self.message = replace(self.message, redelivered=True)


class InFlight:
    """One connection's unacknowledged messages, oldest first.

    Acknowledgements are sent in the order in which the messages came [MQTT-4.6.0-2].
    """

    def __init__(self) -> None:
        self._open: deque[Delivery] = deque()
        self._ids: set[int] = set()
        self.bytes = 0

    @property
    def messages(self) -> int:
        """How many there are."""
        return len(self._open)

    def contains(self, packet_id: int | None) -> bool:
        """Whether a message with this packet id is not acknowledged yet."""
        return packet_id in self._ids

    def add(self, delivery: Delivery) -> None:
        """A message came in."""
        self._open.append(delivery)
        self.bytes += delivery.size
        if delivery.message.packet_id is not None:
            self._ids.add(delivery.message.packet_id)

    def take_acknowledgeable(self) -> list[Delivery]:
        """Remove and return, in order, what can be acknowledged now; the sender may then use the packet ids again.

        One message that is not committed yet holds back all that came after it.
        """
        ready: list[Delivery] = []
        while self._open and self._open[0].is_committed:
            delivery = self._open.popleft()
            self.bytes -= delivery.size
            if delivery.message.packet_id is not None:
                self._ids.discard(delivery.message.packet_id)
                ready.append(delivery)
        return ready


MAX_PENDING = 1024
"""Messages that one queue holds; one more, and the oldest expires early."""


class PendingDeliveries:
    """Messages whose driver does not run, until `timeout` seconds after they came; then `expired` decides."""

    def __init__(self, timeout: float, expired: Callable[[Delivery], None]) -> None:
        self._timeout = timeout
        self._expired = expired
        self._pending: list[Delivery] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, delivery: Delivery) -> None:
        """Keep a message for the driver."""
        self._pending.append(delivery)
        if len(self._pending) > MAX_PENDING:
            self._expired(self._pending.pop(0))
        if self._timer is None:  # one timer for all, for the oldest
            self._expire_at(delivery.received_at + self._timeout)

    def take_all(self) -> list[Delivery]:
        """Remove and return all of them, in order of arrival."""
        # Sorted, for deliveries that were interrupted are added after later ones.
        taken, self._pending = sorted(self._pending, key=lambda delivery: delivery.received_at), []
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return taken

    def _expire(self) -> None:
        self._timer = None
        latest = asyncio.get_running_loop().time() - self._timeout
        late = [delivery for delivery in self._pending if delivery.received_at <= latest]
        self._pending = [delivery for delivery in self._pending if delivery.received_at > latest]
        if self._pending:
            self._expire_at(min(delivery.received_at for delivery in self._pending) + self._timeout)
        for delivery in late:  # last, for the callback may change what is pending
            self._expired(delivery)

    def _expire_at(self, when: float) -> None:
        self._timer = asyncio.get_running_loop().call_at(when, self._expire)
