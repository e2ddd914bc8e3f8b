"""Bounds and counters of the MQTT endpoint. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndpointLimits:
    """Bounds of the endpoint: bytes, seconds and numbers of things.

    `connections` counts those that have signed in, `unauthenticated` those that have not. Where an account, an address
    or the endpoint is full, a newcomer takes the place of a connection that sent nothing for `quiet` seconds.
    A message whose driver does not run within `driver_timeout` is not acknowledged.
    """

    largest_packet: int = 256 * 1024
    first_packet: int = 16 * 1024
    connect_timeout: float = 10.0
    connections: int = 2000
    per_account: int = 500
    per_address: int = 1000
    unauthenticated: int = 200
    quiet: float = 60.0
    in_flight: int = 128
    in_flight_bytes: int = 1024 * 1024
    in_flight_in_all: int = 8192
    bytes_in_all: int = 32 * 1024 * 1024
    driver_timeout: float = 30.0
    write_timeout: float = 60.0
    close_timeout: float = 5.0


@dataclass(slots=True)
class MqttCounters:
    """For the metrics page: `connections` are those open now, the others only grow."""

    connections: int = 0
    sessions: int = 0
    messages: int = 0
    acknowledged: int = 0
    unkept: int = 0
    """Messages that were not committed, so that their sender must send them again."""
    quarantined: int = 0
    refused: int = 0
    malformed: int = 0


class InFlightBudget:
    """What all connections together may have in flight. Those that are stopped by it resume once half of it is free."""

    def __init__(self, messages: int, size: int) -> None:
        self._max = (messages, size)
        self._messages = 0
        self._size = 0
        self._waiting: list[Callable[[], None]] = []

    @property
    def is_spent(self) -> bool:
        """Whether nobody may read on."""
        return self._messages >= self._max[0] or self._size >= self._max[1]

    def take(self, size: int) -> None:
        """Count one more message of so many bytes, whether it fits or not: it was read already."""
        self._messages += 1
        self._size += size

    def release(self, size: int) -> None:
        """One message of so many bytes is settled; resumes those that wait once half of the budget is free."""
        self._messages -= 1
        self._size -= size
        if self._waiting and self._messages <= self._max[0] // 2 and self._size <= self._max[1] // 2:
            waiting, self._waiting = self._waiting, []  # first, for a callback may spend the budget and wait again
            for resume in waiting:
                resume()

    def wait(self, resume: Callable[[], None]) -> None:
        """Call `resume` once there is room again."""
        self._waiting.append(resume)
