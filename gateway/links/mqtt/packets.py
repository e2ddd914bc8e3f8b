"""The packets that we speak, as values, of MQTT 3.1.1 and 5 alike. QoS 2's packets and AUTH are not among them.

`reason` and `properties` are MQTT 5's; 3.1.1 has no place for them and says nothing of them.
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
    """What a client leaves behind to be said if it goes without a DISCONNECT (3.1.2.5)."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Connect:
    """`keep_alive` in seconds, 0 for none; in 3.1.1 `password` only together with `user`.

    `clean_session` is MQTT 5's Clean Start: whether to begin anew, not what is kept afterwards.
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
    """`code` is 3.1.1's answer, `reason` MQTT 5's."""

    code: ConnectCode
    session_present: bool = False
    reason: Reason = Reason.SUCCESS
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Publish:
    """`packet_id` is 1…65535 for QoS 1 and 2, None for QoS 0."""

    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int | None = None
    retain: bool = False
    dup: bool = False
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Puback:
    packet_id: int
    reason: int = Reason.SUCCESS
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`filters` are pairs of topic filter and the QoS asked for. MQTT 5's options (3.8.3.1) name some of these filters:

    `unasked` want nothing remembered, `if_new` only if there was no such subscription yet, `as_published`
    want to see RETAIN as it was said.
    """

    packet_id: int
    filters: tuple[tuple[str, int], ...]
    unasked: frozenset[str] = frozenset()
    if_new: frozenset[str] = frozenset()
    as_published: frozenset[str] = frozenset()
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Suback:
    """One code a filter: the QoS granted, or why not."""

    packet_id: int
    codes: tuple[int, ...]
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    packet_id: int
    filters: tuple[str, ...]
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Unsuback:
    """MQTT 5 has a code for each filter, 3.1.1 none."""

    packet_id: int
    codes: tuple[int, ...] = ()
    properties: Properties = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Pingreq:
    pass


@dataclass(frozen=True, slots=True)
class Pingresp:
    pass


@dataclass(frozen=True, slots=True)
class Disconnect:
    reason: int = Reason.SUCCESS
    properties: Properties = field(default_factory=_none)


Packet = (
    Connect | Connack | Publish | Puback | Subscribe | Suback | Unsubscribe | Unsuback | Pingreq | Pingresp | Disconnect
)
