"""One connection's received messages: the order of their acknowledgements, and when there are too many."""

from __future__ import annotations

from gateway.links.mqtt.delivery import Delivery, InFlight
from gateway.links.mqtt.limits import EndpointLimits, InFlightBudget, MqttCounters


class InboundWindow:
    """Counts what has come in and is not settled yet, for this connection and for all of them."""

    def __init__(self, limits: EndpointLimits, budget: InFlightBudget, counters: MqttCounters) -> None:
        self.in_flight = InFlight()
        self._max = (limits.in_flight, limits.in_flight_bytes)
        self._budget = budget
        self._counters = counters

    @property
    def is_full(self) -> bool:
        """Whether the connection must not be read any further."""
        return self.in_flight.messages >= self._max[0] or self.in_flight.bytes >= self._max[1]

    @property
    def is_half_free(self) -> bool:
        """Whether reading may go on; not one message earlier, or it would stop again at once."""
        return self.in_flight.messages <= self._max[0] // 2 and self.in_flight.bytes <= self._max[1] // 2

    def add(self, delivery: Delivery) -> None:
        """A message came in."""
        self._counters.messages += 1
        self.in_flight.add(delivery)
        self._budget.take(delivery.size)  # even beyond the budget: it was read already, and reading stops now

    def settled(self, delivery: Delivery) -> list[Delivery]:
        """What to acknowledge now, in order.

        A QoS 0 message that was not committed is done with all the same, for nobody would send it again.
        """
        self._budget.release(delivery.size)
        if not delivery.is_committed:
            self._counters.unkept += 1
            delivery.is_committed = delivery.message.packet_id is None
        return self.in_flight.take_acknowledgeable()
