"""The packets of MQTT 3.1.1 and 5 as values, except those of QoS 2 and AUTH, which the gateway does not support.

`reason` and `properties` belong to MQTT 5; they are not encoded for 3.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from gateway.links.mqtt.properties import Properties
from gateway.links.mqtt.reasons import Reason


class ConnectCode(IntEnum):
    """Return codes of CONNACK in MQTT 3.1.1 (table 3.1)."""

    ACCEPTED = 0
    UNACCEPTABLE_LEVEL = 1
    IDENTIFIER_REJECTED = 2
    SERVER_UNAVAILABLE = 3
    BAD_CREDENTIALS = 4
    NOT_AUTHORIZED = 5


SUBSCRIPTION_REFUSED = 0x80
"""SUBACK's return code for a filter that was not granted, in MQTT 3.1.1 the only one (3.9.3)."""
LEVEL_3_1_1, LEVEL_5 = 4, 5


def _none() -> Properties:
    return {}


@dataclass(frozen=True, slots=True)
class Will:
    """The message that a client wants published if it goes without a DISCONNECT (3.1.2.5)."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Connect:
    """`keep_alive` in seconds, 0 for none; in 3.1.1 `password` only together with `user`.

    `clean_session` is also MQTT 5's Clean Start: whether to start a new session, not whether it is kept afterwards.
    """

    client_id: str
    clean_session: bool = True
    keep_alive: int = 0
    user: str | None = None
    password: bytes | None = None
    will: Will | None = None
    level: int = LEVEL_3_1_1
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Connack:
    """The answer to CONNECT: `code` in 3.1.1, `reason` in MQTT 5."""

    code: ConnectCode
    session_present: bool = False
    reason: Reason = Reason.SUCCESS
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Publish:
    """A message. `packet_id` is 1…65535 for QoS 1 and 2, None for QoS 0."""

    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int | None = None
    retain: bool = False
    dup: bool = False
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Puback:
    """The acknowledgement of a PUBLISH with QoS 1."""

    packet_id: int
    reason: int = Reason.SUCCESS
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`filters` are pairs of topic filter and requested QoS.

    The other sets name those of the filters that have an option of MQTT 5 (3.8.3.1): `no_retained` wants no retained
    messages, `retained_if_new` wants them only if there was no such subscription yet, `retain_as_published` wants the
    RETAIN flag as it was published.
    """

    packet_id: int
    filters: tuple[tuple[str, int], ...]
    no_retained: frozenset[str] = frozenset()
    retained_if_new: frozenset[str] = frozenset()
    retain_as_published: frozenset[str] = frozenset()
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Suback:
    """The answer to SUBSCRIBE. One code a filter: the QoS granted, or why not."""

    packet_id: int
    codes: tuple[int, ...]
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The end of subscriptions with exactly these filters."""

    packet_id: int
    filters: tuple[str, ...]
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Unsuback:
    """The answer to UNSUBSCRIBE. MQTT 5 has a code for each filter, 3.1.1 none."""

    packet_id: int
    codes: tuple[int, ...] = ()
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Pingreq:
    """The client's keep-alive."""


@dataclass(frozen=True, slots=True)
class Pingresp:
    """The answer to Pingreq."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The end of the connection; from the server in MQTT 5 only."""

    reason: int = Reason.SUCCESS
    properties: Properties = field(default_factory=_none)


Packet = (
    Connect | Connack | Publish | Puback | Subscribe | Suback | Unsubscribe | Unsuback | Pingreq | Pingresp | Disconnect
)
