"""MQTT 5's properties (2.2.2): their numbers, their types, and in which packets each is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from typing import Any

from gateway.links.mqtt import wire
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.wire import MalformedPacket, PacketReader
from gateway.model import Words

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, DISCONNECT = 8, 9, 10, 11, 14
WILL = 0
"""Not a packet, but a set of properties of its own within CONNECT (3.1.3.2)."""


class Property(IntEnum):
    """A property by its name in the specification, shortened (table 2-4)."""

    PAYLOAD_FORMAT = 1
    MESSAGE_EXPIRY = 2
    CONTENT_TYPE = 3
    RESPONSE_TOPIC = 8
    CORRELATION = 9
    SUBSCRIPTION_ID = 11
    SESSION_EXPIRY = 17
    ASSIGNED_CLIENT = 18
    SERVER_KEEP_ALIVE = 19
    AUTHENTICATION_METHOD = 21
    AUTHENTICATION_DATA = 22
    REQUEST_PROBLEM = 23
    WILL_DELAY = 24
    REQUEST_RESPONSE = 25
    RESPONSE_INFORMATION = 26
    SERVER_REFERENCE = 28
    REASON = 31
    RECEIVE_MAXIMUM = 33
    TOPIC_ALIAS_MAXIMUM = 34
    TOPIC_ALIAS = 35
    MAXIMUM_QOS = 36
    RETAIN_AVAILABLE = 37
    USER = 38
    MAXIMUM_PACKET = 39
    WILDCARDS = 40
    SUBSCRIPTION_IDS = 41
    SHARED = 42


Properties = Mapping[Property, Any]
"""Numbers, strings and bytes by property; `USER` is a tuple of pairs of strings."""
Shape = tuple[Callable[[PacketReader], Any], Callable[[Any], bytes], frozenset[int]]


def _flag(body: PacketReader) -> int:
    value = body.byte()
    if value > 1:
        raise MalformedPacket(
            Words("只能为 0 或 1 的属性为其他值", "a property that is 0 or 1 is neither"), reason=Reason.PROTOCOL_ERROR
        )
    return value


def _pair(body: PacketReader) -> tuple[str, str]:
    return body.text(), body.text()


def _two(pair: tuple[str, str]) -> bytes:
    return wire.text(pair[0]) + wire.text(pair[1])


def _byte(value: int) -> bytes:
    return bytes((value,))


def _flags(*packets: int) -> Shape:
    return _flag, _byte, frozenset(packets)


def _numbers(*packets: int) -> Shape:
    return PacketReader.number, wire.number, frozenset(packets)


def _longs(*packets: int) -> Shape:
    return PacketReader.long, wire.long, frozenset(packets)


def _texts(*packets: int) -> Shape:
    return PacketReader.text, wire.text, frozenset(packets)


def _blobs(*packets: int) -> Shape:
    return PacketReader.blob, wire.blob, frozenset(packets)


_ANSWERS = (CONNACK, PUBACK, SUBACK, UNSUBACK, DISCONNECT)
_SHAPES: Mapping[Property, Shape] = {
    Property.PAYLOAD_FORMAT: _flags(PUBLISH, WILL),
    Property.MESSAGE_EXPIRY: _longs(PUBLISH, WILL),
    Property.CONTENT_TYPE: _texts(PUBLISH, WILL),
    Property.RESPONSE_TOPIC: _texts(PUBLISH, WILL),
    Property.CORRELATION: _blobs(PUBLISH, WILL),
    Property.SUBSCRIPTION_ID: (PacketReader.variable, wire.remaining_length, frozenset((SUBSCRIBE,))),
    Property.SESSION_EXPIRY: _longs(CONNECT, CONNACK, DISCONNECT),
    Property.ASSIGNED_CLIENT: _texts(CONNACK),
    Property.SERVER_KEEP_ALIVE: _numbers(CONNACK),
    Property.AUTHENTICATION_METHOD: _texts(CONNECT, CONNACK),
    Property.AUTHENTICATION_DATA: _blobs(CONNECT, CONNACK),
    Property.REQUEST_PROBLEM: _flags(CONNECT),
    Property.WILL_DELAY: _longs(WILL),
    Property.REQUEST_RESPONSE: _flags(CONNECT),
    Property.RESPONSE_INFORMATION: _texts(CONNACK),
    Property.SERVER_REFERENCE: _texts(CONNACK, DISCONNECT),
    Property.REASON: _texts(*_ANSWERS),
    Property.RECEIVE_MAXIMUM: _numbers(CONNECT, CONNACK),
    Property.TOPIC_ALIAS_MAXIMUM: _numbers(CONNECT, CONNACK),
    Property.TOPIC_ALIAS: _numbers(PUBLISH),
    Property.MAXIMUM_QOS: _flags(CONNACK),
    Property.RETAIN_AVAILABLE: _flags(CONNACK),
    Property.USER: (_pair, _two, frozenset((CONNECT, WILL, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, *_ANSWERS))),
    Property.MAXIMUM_PACKET: _longs(CONNECT, CONNACK),
    Property.WILDCARDS: _flags(CONNACK),
    Property.SUBSCRIPTION_IDS: _flags(CONNACK),
    Property.SHARED: _flags(CONNACK),
}
_NEVER_ZERO = {Property.RECEIVE_MAXIMUM, Property.MAXIMUM_PACKET, Property.SUBSCRIPTION_ID, Property.TOPIC_ALIAS}


def read(packet: int, body: PacketReader) -> dict[Property, Any]:
    """Read the properties of a packet of this type; raises MalformedPacket."""
    size = body.variable()
    if not size:
        return {}
    found: dict[Property, Any] = {}
    pairs: list[tuple[str, str]] = []
    for name, value in _each(packet, PacketReader(body.take(size))):
        if name is Property.USER:
            pairs.append(value)
        elif name in found:
            raise MalformedPacket(
                Words(f"属性 {name.name} 出现两次（2.2.2.2）", f"property {name.name} stands twice (2.2.2.2)"),
                reason=Reason.PROTOCOL_ERROR,
            )
        else:
            found[name] = value
    return found | {Property.USER: tuple(pairs)} if pairs else found


def _each(packet: int, within: PacketReader) -> Iterator[tuple[Property, Any]]:
    while not within.is_empty:
        number = within.variable()
        try:
            name = Property(number)
        except ValueError:
            raise MalformedPacket(
                Words(f"没有属性 {number}（表 2-4）", f"property {number} is none (table 2-4)")
            ) from None
        take, _, packets = _SHAPES[name]
        if packet not in packets:
            raise MalformedPacket(
                Words(
                    f"属性 {name.name} 不属于这种报文（表 2-4）",
                    f"property {name.name} in a packet that has none such (table 2-4)",
                )
            )
        value = take(within)
        if not value and name in _NEVER_ZERO:
            raise MalformedPacket(
                Words(f"属性 {name.name} 为 0（3.1.2.11, 3.3.2.3）", f"property {name.name} is 0 (3.1.2.11, 3.3.2.3)"),
                reason=Reason.PROTOCOL_ERROR,
            )
        yield name, value


def encoded_properties(properties: Properties) -> bytes:
    """Their bytes, after their length."""
    out = b"".join(_encoded(name, value) for name, value in properties.items())
    return wire.remaining_length(len(out)) + out


def _encoded(name: Property, value: Any) -> bytes:
    put = _SHAPES[name][1]
    values = value if name is Property.USER else (value,)
    return b"".join(_byte(name) + put(each) for each in values)
