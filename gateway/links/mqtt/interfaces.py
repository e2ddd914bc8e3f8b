"""The seams between one connection and the endpoint it came to."""

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
    """The answer to a CONNECT. Without a `session` it is refused, and told so after `wait` seconds."""

    code: ConnectCode
    session: ClientSession | None = None
    present: bool = False
    wait: float = 0.0


class ServerInterface(Protocol):
    """What a connection needs of its endpoint."""

    limits: EndpointLimits
    counters: MqttCounters
    budget: InFlightBudget

    def arrived(self, connection: ClientLink) -> None:
        """One more; who has not signed in for longest may have to go for it."""

    def sign_in(self, connection: ClientLink, packet: Connect) -> Admission:
        """What is answered, and the session to go on with if it may."""

    def subscribe(self, session: ClientSession, packet: Subscribe) -> tuple[int, ...]: ...

    def subscribed(self, connection: ClientLink, filters: Sequence[str]) -> None:
        """The SUBACK is out; what is remembered for these topics may follow."""

    def submit(self, delivery: Delivery) -> None: ...

    def pinged(self, account: str) -> None: ...

    def unreadable(self, account: str | None, address: str, error: MalformedPacket) -> None: ...

    def left(self, connection: ClientLink, will: Will | None) -> None:
        """It has ended; `will` is what it wanted said in that case."""


class ClientConnection(ClientLink, Protocol):
    """What a client handler needs of its connection."""

    def say(self, packet: Packet) -> None: ...

    def acknowledge(self, due: Sequence[Puback]) -> None:
        """Say these, in this order, with whatever else is due in this turn of the loop."""

    def refuse(self, packet: Packet, why: str, wait: float) -> None:
        """Say this in so many seconds and end; until then nothing more is read."""

    def admitted(self, session: ClientSession, keep_alive: int) -> None:
        """The client may go on; `keep_alive` in seconds, 0 for none."""

    def mind_the_bounds(self) -> None:
        """One more is in flight: stop reading if it is enough."""

    def make_room(self) -> None:
        """One less is in flight: go on reading if that was what stopped it."""
