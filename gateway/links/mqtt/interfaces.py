"""The interfaces between one connection, its client handler and the endpoint's server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.links.mqtt.delivery import Delivery
from gateway.links.mqtt.limits import EndpointLimits, InFlightBudget, MqttCounters
from gateway.links.mqtt.packets import Connect, ConnectCode, Packet, Puback, Subscribe, Will
from gateway.links.mqtt.session import ClientLink, ClientSession
from gateway.links.mqtt.wire import MalformedPacket


@dataclass(frozen=True, slots=True)
class Admission:
    """The decision about a CONNECT. Without a `session` it is refused, with a CONNACK after `delay` seconds."""

    code: ConnectCode
    session: ClientSession | None = None
    present: bool = False
    delay: float = 0.0


class ServerInterface(Protocol):
    """What a connection needs of the endpoint's server."""

    limits: EndpointLimits
    counters: MqttCounters
    budget: InFlightBudget

    def connection_made(self, connection: ClientLink) -> None:
        """There is one more connection; the one that has not signed in for longest may be ended for it."""

    def sign_in(self, connection: ClientLink, packet: Connect) -> Admission:
        """Check account, password and limits."""

    def subscribe(self, session: ClientSession, packet: Subscribe) -> tuple[int, ...]:
        """One code a filter: the QoS granted, or a reason why not."""

    def subscribed(self, connection: ClientLink, filters: Sequence[str]) -> None:
        """The SUBACK is sent; send the retained messages of these filters."""

    def submit(self, delivery: Delivery) -> None:
        """Route a message to its device's driver."""

    def pinged(self, account: str) -> None:
        """A client of this account sent PINGREQ."""

    def malformed(self, account: str | None, address: str, error: MalformedPacket) -> None:
        """A client sent what is not MQTT; `account` is None before it has signed in."""

    def connection_ended(self, connection: ClientLink, will: Will | None) -> None:
        """The connection has ended; `will` is due, if there is one."""


class ClientConnection(ClientLink, Protocol):
    """What a client handler needs of its connection."""

    def send(self, packet: Packet) -> None:
        """Send a packet now."""

    def acknowledge(self, due: Sequence[Puback]) -> None:
        """Send these, in this order, together with whatever else comes up in this turn of the loop."""

    def refuse(self, packet: Packet, why: str, delay: float) -> None:
        """Send this packet after `delay` seconds and end; until then nothing more is read."""

    def signed_in(self, session: ClientSession, keep_alive: int) -> None:
        """The CONNECT was accepted; `keep_alive` in seconds, 0 for none."""

    def check_limits(self) -> None:
        """One more message is in flight: stop reading if there are too many."""

    def message_settled(self) -> None:
        """One message less is in flight: read on if that was the reason not to."""
