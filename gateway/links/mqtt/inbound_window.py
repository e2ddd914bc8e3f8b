"""One connection's messages in flight: the order they are owed, and when they are too many."""

from __future__ import annotations

from gateway.links.mqtt.delivery import Delivery, InFlight
from gateway.links.mqtt.limits import EndpointLimits, InFlightBudget, MqttCounters


class InboundWindow:
    """Counts what has come in and is not settled yet, for the connection and for all of them."""

    def __init__(self, limits: EndpointLimits, budget: InFlightBudget, counters: MqttCounters) -> None:
        self.ledger = InFlight()
        self._most = (limits.in_flight, limits.in_flight_bytes)
        self._budget = budget
        self._counters = counters

    @property
    def is_full(self) -> bool:
        return self.ledger.messages >= self._most[0] or self.ledger.bytes >= self._most[1]

    @property
    def has_room(self) -> bool:
        """Half of it free: reading may go on, without stopping again at once."""
        return self.ledger.messages <= self._most[0] // 2 and self.ledger.bytes <= self._most[1] // 2

    def enter(self, delivery: Delivery) -> None:
        self._counters.messages += 1
        self.ledger.enter(delivery)
        self._budget.take(delivery.size)

    def settled(self, delivery: Delivery) -> list[Delivery]:
        """What to acknowledge now. QoS 0 goes on unkept, for nobody would send it again."""
        self._budget.give_back(delivery.size)
        if not delivery.is_kept:
            self._counters.unkept += 1
            delivery.is_kept = delivery.message.packet_id is None
        return self.ledger.due()
