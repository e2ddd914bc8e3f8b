"""What the endpoint keeps of a client between its connections: subscriptions and unacknowledged messages.

Kept in memory alone: after a restart of the gateway SESSION PRESENT is 0, which is the truth.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from gateway.limits import first_of_largest
from gateway.links.mqtt.outbox import ClientOutbox, OutgoingMessage
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.topics import matches

MAX_SUBSCRIPTIONS = 512
MAX_FILTER_BYTES = 1024
"""Bytes of a topic filter that is remembered."""
MAX_DETACHED = 1000
"""Sessions kept without a connection; one more replaces the oldest of the account that has the most."""
MAX_SESSION_EXPIRY_S = 3600
"""How long a session without a connection is kept at most."""


class Grant(NamedTuple):
    """How a client receives a topic: with which QoS, and whether RETAIN stays as published (5: 3.8.3.1)."""

    qos: int
    as_published: bool = False


class ClientLink(Protocol):
    """A client's connection, as the endpoint and the sessions need it."""

    address: str
    last_packet: float
    """When a packet last came, in the loop's seconds."""
    ended: str | None
    """Why it has ended; None while it is open."""

    def __hash__(self) -> int: ...

    @property
    def session(self) -> ClientSession | None:
        """None before the client has signed in."""

    def publish(self, message: OutgoingMessage, qos: int) -> None:
        """Send the client a message, or queue it until the client takes one more. Raises LinkLost."""

    def end(self, why: str, *, is_fault: bool = True, reason: Reason | None = None) -> None:
        """Close the connection. `reason` is sent to a client of MQTT 5; its last will is due if `is_fault`."""


class ClientSession:
    """One client of one account. Sessions are by account, so that no account ends another's connection.

    `expiry_s` is for how many seconds it outlives its connection.
    """

    def __init__(self, account: str, client: str, expiry_s: int) -> None:
        self.account = account
        self.client = client
        self.expiry_s = expiry_s
        self.outbox = ClientOutbox()
        self.connection: ClientLink | None = None
        self.detached_at = 0.0
        self._subscriptions: dict[str, Grant] = {}

    def has_subscribed(self, topic_filter: str) -> bool:
        """Whether there is a subscription with exactly this filter."""
        return topic_filter in self._subscriptions

    def subscribe(self, topic_filter: str, qos: int, *, as_published: bool = False) -> bool:
        """Add a subscription, or replace the one with the same filter [MQTT-3.8.4-3]. False if there are too many."""
        if len(topic_filter.encode()) > MAX_FILTER_BYTES:
            return False
        if topic_filter not in self._subscriptions and len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            return False
        self._subscriptions[topic_filter] = Grant(min(qos, 1), as_published)
        return True

    def unsubscribe(self, topic_filter: str) -> bool:
        """Whether there was such a subscription."""
        return self._subscriptions.pop(topic_filter, None) is not None

    def grant_for(self, topic: str) -> Grant | None:
        """How the client receives `topic`, with the highest QoS of its filters [MQTT-3.3.5-1]; None if it does not."""
        exact = self._subscriptions.get(topic)
        if exact is not None and exact.qos == 1:
            return exact  # no filter can grant more
        found = (grant for topic_filter, grant in self._subscriptions.items() if matches(topic_filter, topic))
        return max(found, default=None)


class Sessions:
    """All sessions of the endpoint: those with a connection, and the detached ones, oldest first."""

    def __init__(self) -> None:
        self._attached: dict[str, dict[str, ClientSession]] = {}
        self._detached: OrderedDict[tuple[str, str], ClientSession] = OrderedDict()

    def connection_of(self, account: str, client: str) -> ClientLink | None:
        """The connection that this client has now."""
        session = self._attached.get(account, {}).get(client)
        return session.connection if session else None

    def open(
        self, account: str, client: str, *, clean: bool, expiry_s: int, now: float
    ) -> tuple[ClientSession, ClientLink | None, bool]:
        """The session to use, the connection it is taken over from, and SESSION PRESENT."""
        earlier = self._attached.get(account, {}).get(client) or self._take_detached(account, client, now)
        taken_over = earlier.connection if earlier else None
        present = earlier is not None and not clean and earlier.expiry_s > 0
        session = earlier if earlier and present else ClientSession(account, client, expiry_s)
        session.expiry_s = expiry_s
        # The earlier connection's `close` comes later, and must not detach the replaced session.
        if earlier is not None and not present:
            earlier.expiry_s = 0  # what a clean session replaces is not kept [MQTT-3.1.2-6]
        self._attached.setdefault(account, {})[client] = session
        return session, taken_over, present

    def close(self, session: ClientSession, now: float) -> None:
        """The session's connection is gone; keep the session if the client asked for that."""
        session.connection = None
        account = self._attached.get(session.account, {})
        if account.get(session.client) is session:  # else its successor is there already
            del account[session.client]
        if not session.expiry_s:
            return
        session.detached_at = now
        self._detached[session.account, session.client] = session
        while len(self._detached) > MAX_DETACHED:
            del self._detached[first_of_largest(self._detached, lambda key: key[0])]

    def subscribers(self, account: str, topic: str) -> Iterator[tuple[ClientSession, Grant]]:
        """Connected sessions of the account that have subscribed to `topic`, and how."""
        for session in self._attached.get(account, {}).values():
            grant = session.grant_for(topic)
            if grant is not None and session.connection is not None:
                yield session, grant

    def _take_detached(self, account: str, client: str, now: float) -> ClientSession | None:
        session = self._detached.pop((account, client), None)
        return session if session is not None and now - session.detached_at < session.expiry_s else None
