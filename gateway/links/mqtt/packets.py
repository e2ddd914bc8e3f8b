"""The packets of MQTT 3.1.1 that we speak, as values. QoS 2's four packets are not among them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ConnectCode(IntEnum):
    """Return codes of CONNACK (table 3.1)."""

    ACCEPTED = 0
    UNACCEPTABLE_LEVEL = 1
    IDENTIFIER_REJECTED = 2
    SERVER_UNAVAILABLE = 3
    BAD_CREDENTIALS = 4
    NOT_AUTHORIZED = 5


SUBSCRIPTION_REFUSED = 0x80
"""SUBACK's return code for a filter that was not granted (3.9.3)."""


@dataclass(frozen=True, slots=True)
class Will:
    """What a client leaves behind to be said if it goes without a DISCONNECT (3.1.2.5)."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Connect:
    """`keep_alive` in seconds, 0 for none; `password` only together with `user`."""

    client_id: str
    clean_session: bool = True
    keep_alive: int = 0
    user: str | None = None
    password: bytes | None = None
    will: Will | None = None


@dataclass(frozen=True, slots=True)
class Connack:
    code: ConnectCode
    session_present: bool = False


@dataclass(frozen=True, slots=True)
class Publish:
    """`packet_id` is 1…65535 for QoS 1 and 2, None for QoS 0."""

    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int | None = None
    retain: bool = False
    dup: bool = False


@dataclass(frozen=True, slots=True)
class Puback:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`filters` are pairs of topic filter and the QoS asked for."""

    packet_id: int
    filters: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Suback:
    """One code a filter: the QoS granted, or SUBSCRIPTION_REFUSED."""

    packet_id: int
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    packet_id: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsuback:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pingreq:
    pass


@dataclass(frozen=True, slots=True)
class Pingresp:
    pass


@dataclass(frozen=True, slots=True)
class Disconnect:
    pass


Packet = (
    Connect | Connack | Publish | Puback | Subscribe | Suback | Unsubscribe | Unsuback | Pingreq | Pingresp | Disconnect
)
