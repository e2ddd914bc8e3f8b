"""Decides whether a connection gets a slot, and which connection is ended for it."""

from __future__ import annotations

import asyncio

from gateway.limits import ConnectionSlots, NoSlotFree, network
from gateway.links.accept import RefusalReporter
from gateway.links.mqtt.limits import EndpointLimits, MqttCounters
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.session import ClientLink
from gateway.model import Words

TOO_MANY = {
    "account": Words(
        "一个账号的连接太多，请检查设备是否反复重连，或提高 per_account",
        "too many connections of one account: look for a device that connects again and again, or raise per_account",
    ),
    "address": Words(
        "一个地址的连接太多，请检查该地址，或提高 per_address",
        "too many connections from one address: look at what is there, or raise per_address",
    ),
    "all": Words(
        "连接太多，请检查网络，或提高 connections", "too many connections: look for who has them, or raise connections"
    ),
}
_NO_CONNECT = "no CONNECT yet, and others want to come in"
FULL_FOR_S = 60.0
"""How long the endpoint counts as full after it refused a signed-in device for lack of a slot."""


class ConnectionAdmission:
    """The slots of an endpoint: a few for connections without a CONNECT, the others for those that signed in."""

    def __init__(self, limits: EndpointLimits, counters: MqttCounters, reporter: RefusalReporter) -> None:
        def clock() -> float:
            return asyncio.get_running_loop().time()

        self._clock = clock
        self._counters = counters
        self._reporter = reporter
        self._signed_in = ConnectionSlots[ClientLink](
            limits.connections,
            lambda each: each.last_packet,
            quiet=limits.quiet,
            clock=clock,
            max_per_owner={"account": limits.per_account, "address": limits.per_address},
        )
        self._unauthenticated = ConnectionSlots[ClientLink](
            limits.unauthenticated, lambda each: each.last_packet, clock=clock
        )
        self._full_at: float | None = None

    @property
    def has_free_slots(self) -> bool:
        """False for a minute after a device with the right password was refused because all slots were taken."""
        return self._full_at is None or self._clock() - self._full_at > FULL_FOR_S

    def connection_made(self, connection: ClientLink) -> None:
        """Give a new connection a slot; one that has not sent its CONNECT for longest is ended for it."""
        if evicted := self._unauthenticated.take(connection, address=network(connection.address)):
            self.refused(_NO_CONNECT, evicted[0])
            evicted[0].end(_NO_CONNECT)

    def admit(self, connection: ClientLink, account: str, former: ClientLink | None) -> bool:
        """Whether there is a slot for a client that signed in. `former` is the connection that it replaces."""
        address = network(connection.address)
        if former is not None:
            self._signed_in.release(former)
        try:
            evicted = self._signed_in.take(connection, account=account, address=address)
        except NoSlotFree as full:
            self._too_many(full.limit, connection, account)
            # An account's or address's own limit is its own matter; only "all" shows that the endpoint is full.
            if full.limit == "all":
                self._full_at = self._clock()
            if former is not None:  # it stays connected, so it gets back the slot that was released for it
                self._signed_in.take(former, account=account, address=network(former.address))
            return False
        if evicted is not None:
            self._too_many(evicted[1], evicted[0], account)
            evicted[0].end(f"silent, and there are {TOO_MANY[evicted[1]]}", reason=Reason.QUOTA_EXCEEDED)
        self._unauthenticated.release(connection)
        return True

    def release(self, connection: ClientLink) -> None:
        """The connection has ended."""
        self._unauthenticated.release(connection)
        self._signed_in.release(connection)

    def refused(self, why: str, connection: ClientLink, account: str = "") -> None:
        """Count a refusal."""
        self._counters.refused += 1
        self._reporter.refuse(why, address=connection.address, account=account)

    def _too_many(self, limit: str, connection: ClientLink, account: str) -> None:
        self._counters.refused += 1
        self._reporter.refuse(TOO_MANY[limit], grave=True, address=connection.address, account=account)
