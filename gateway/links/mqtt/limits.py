"""How much may be on its way at once, and who has to wait. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndpointLimits:
    """Bounds of the endpoint: bytes, seconds and numbers of things.

    `connections` are those that have signed in, `strangers` those that have not. Where an account, an address or the
    endpoint is full, a connection that said nothing for `quiet` seconds gives way to the newcomer.
    """

    largest_packet: int = 256 * 1024
    first_packet: int = 16 * 1024
    connect_within: float = 10.0
    connections: int = 2000
    per_account: int = 500
    per_address: int = 1000
    strangers: int = 200
    quiet: float = 60.0
    in_flight: int = 128
    in_flight_bytes: int = 1024 * 1024
    in_flight_in_all: int = 8192
    bytes_in_all: int = 32 * 1024 * 1024
    patience: float = 30.0
    deaf_for: float = 60.0
    close_within: float = 5.0


@dataclass(slots=True)
class MqttCounters:
    """For the metrics page: `connections` are those open now, the others only grow."""

    connections: int = 0
    sessions: int = 0
    messages: int = 0
    acknowledged: int = 0
    unkept: int = 0
    quarantined: int = 0
    refused: int = 0
    malformed: int = 0


class InFlightBudget:
    """What all connections together may have in flight; those over it wait until half of it is free."""

    def __init__(self, messages: int, size: int) -> None:
        self._most = (messages, size)
        self._messages = 0
        self._size = 0
        self._waiting: list[Callable[[], None]] = []

    @property
    def is_spent(self) -> bool:
        return self._messages >= self._most[0] or self._size >= self._most[1]

    def take(self, size: int) -> None:
        self._messages += 1
        self._size += size

    def give_back(self, size: int) -> None:
        self._messages -= 1
        self._size -= size
        if self._waiting and self._messages <= self._most[0] // 2 and self._size <= self._most[1] // 2:
            waiting, self._waiting = self._waiting, []
            for go_on in waiting:
                go_on()

    def wait(self, go_on: Callable[[], None]) -> None:
        """Call `go_on` once there is room again."""
        self._waiting.append(go_on)
