"""The seams between one connection and the endpoint it came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gateway.links.mqtt.delivery import Delivery
from gateway.links.mqtt.pacing import Budget, Counters, Limits
from gateway.links.mqtt.packets import Connect, ConnectCode, Packet, Puback, Subscribe, Will
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.wire import Malformed

if TYPE_CHECKING:
    from gateway.links.mqtt.connection import Connection
    from gateway.links.mqtt.session import Session


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer to a CONNECT. Without a `session` it is refused, and told so after `wait` seconds."""

    code: ConnectCode
    session: Session | None = None
    present: bool = False
    wait: float = 0.0


class House(Protocol):
    """What a connection needs of its endpoint."""

    limits: Limits
    counters: Counters
    budget: Budget

    def arrived(self, connection: Connection) -> None:
        """One more; who has not signed in for longest may have to go for it."""

    def sign_in(self, connection: Connection, packet: Connect) -> Admission:
        """What is answered, and the session to go on with if it may."""

    def subscribe(self, session: Session, packet: Subscribe) -> tuple[int, ...]: ...

    def subscribed(self, connection: Connection, filters: Sequence[str]) -> None:
        """The SUBACK is out; what is remembered for these topics may follow."""

    def submit(self, delivery: Delivery) -> None: ...

    def pinged(self, account: str) -> None: ...

    def unreadable(self, account: str | None, address: str, error: Malformed) -> None: ...

    def left(self, connection: Connection, will: Will | None) -> None:
        """It has ended; `will` is what it wanted said in that case."""


class Line(Protocol):
    """What a dialogue needs of its connection."""

    def say(self, packet: Packet) -> None: ...

    def acknowledge(self, due: Sequence[Puback]) -> None:
        """Say these, in this order, with whatever else is due in this turn of the loop."""

    def refuse(self, packet: Packet, why: str, wait: float) -> None:
        """Say this in so many seconds and end; until then nothing more is read."""

    def admitted(self, session: Session, keep_alive: int) -> None:
        """The client may go on; `keep_alive` in seconds, 0 for none."""

    def mind_the_bounds(self) -> None:
        """One more is in flight: stop reading if it is enough."""

    def make_room(self) -> None:
        """One less is in flight: go on reading if that was what stopped it."""

    def end(self, why: str, *, is_fault: bool = True, reason: Reason | None = None) -> None:
        """`reason` is what a client of MQTT 5 is told, if it is we who end it."""
