"""What stays of a client between its connections: subscriptions and what it has not acknowledged.

In memory alone: after a restart of the gateway SESSION PRESENT is 0, which is the truth.
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
MAX_SESSION_EXPIRY_S = 3600
"""Seconds at most that a session without a connection is kept, and how many of them; one more takes the place of the
oldest of the account that has the most.
"""


class Grant(NamedTuple):
    """How a client hears a topic: with which QoS, and whether with RETAIN as it was said (5: 3.8.3.1)."""

    qos: int
    as_published: bool = False


class ClientLink(Protocol):
    """The other end of a session: a client's connection, as the endpoint needs it."""

    address: str
    last_packet: float
    """When it was last heard, in the loop's seconds."""
    ended: str | None
    """Why it has ended; None while it stands."""

    def __hash__(self) -> int: ...

    @property
    def session(self) -> ClientSession | None:
        """None before the client has signed in."""

    def post(self, message: OutgoingMessage, qos: int) -> None:
        """Send it a message, or keep it until there is room for one more in flight."""

    def end(self, why: str, *, is_fault: bool = True, reason: Reason | None = None) -> None:
        """End the connection; `reason` is what a client of MQTT 5 is told, if it is we who end it."""


class ClientSession:
    """One client of one account. Sessions are by account, so that no account ends another's connection.

    `keep` is for how many seconds it outlives its connection.
    """

    def __init__(self, account: str, client: str, keep: int) -> None:
        self.account = account
        self.client = client
        self.keep = keep
        self.outbox = ClientOutbox()
        self.connection: ClientLink | None = None
        self.left_at = 0.0
        self._subscriptions: dict[str, Grant] = {}

    def has_subscribed(self, topic_filter: str) -> bool:
        return topic_filter in self._subscriptions

    def subscribe(self, topic_filter: str, qos: int, *, as_published: bool = False) -> bool:
        """Whether there was room for it; the same filter again replaces its QoS [MQTT-3.8.4-3]."""
        if len(topic_filter.encode()) > MAX_FILTER_BYTES:
            return False
        if topic_filter not in self._subscriptions and len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            return False
        self._subscriptions[topic_filter] = Grant(min(qos, 1), as_published)
        return True

    def unsubscribe(self, topic_filter: str) -> bool:
        """Whether there was such a subscription."""
        return self._subscriptions.pop(topic_filter, None) is not None

    def granted(self, topic: str) -> Grant | None:
        """How it hears `topic`, with the highest QoS of its filters [MQTT-3.3.5-1]; None if it does not."""
        exact = self._subscriptions.get(topic)
        if exact is not None and exact.qos == 1:
            return exact
        found = (heard for topic_filter, heard in self._subscriptions.items() if matches(topic_filter, topic))
        return max(found, default=None)


class Sessions:
    """Awake ones by account and client, and those asleep, oldest first."""

    def __init__(self) -> None:
        self._awake: dict[str, dict[str, ClientSession]] = {}
        self._asleep: OrderedDict[tuple[str, str], ClientSession] = OrderedDict()

    def connected(self, account: str, client: str) -> ClientLink | None:
        """The connection that this client has now."""
        session = self._awake.get(account, {}).get(client)
        return session.connection if session else None

    def open(
        self, account: str, client: str, *, clean: bool, keep: int, now: float
    ) -> tuple[ClientSession, ClientLink | None, bool]:
        """The session to go on with, the connection it is taken over from, and SESSION PRESENT."""
        earlier = self._awake.get(account, {}).get(client) or self._wake(account, client, now)
        taken_over = earlier.connection if earlier else None
        present = earlier is not None and not clean and earlier.keep > 0
        session = earlier if earlier and present else ClientSession(account, client, keep)
        session.keep = keep
        if earlier is not None and not present:
            earlier.keep = 0  # what a clean session replaces is not kept [MQTT-3.1.2-6]
        self._awake.setdefault(account, {})[client] = session
        return session, taken_over, present

    def close(self, session: ClientSession, now: float) -> None:
        """Its connection is gone; keep it if the client asked for that."""
        session.connection = None
        account = self._awake.get(session.account, {})
        if account.get(session.client) is session:
            del account[session.client]
        if not session.keep:
            return
        session.left_at = now
        self._asleep[session.account, session.client] = session
        while len(self._asleep) > MAX_DETACHED:
            del self._asleep[first_of_largest(self._asleep, lambda key: key[0])]

    def listening(self, account: str, topic: str) -> Iterator[tuple[ClientSession, Grant]]:
        """Connected sessions of the account that hear `topic`, and how."""
        for session in self._awake.get(account, {}).values():
            heard = session.granted(topic)
            if heard is not None and session.connection is not None:
                yield session, heard

    def _wake(self, account: str, client: str, now: float) -> ClientSession | None:
        session = self._asleep.pop((account, client), None)
        return session if session is not None and now - session.left_at < session.keep else None
