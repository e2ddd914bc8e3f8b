"""Parses the bodies of MQTT 5's packets (clauses of MQTT Version 5.0, OASIS 2019). CONNECT is in `parse`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from gateway.links.mqtt import properties
from gateway.links.mqtt.packets import (
    Connack,
    ConnectCode,
    Disconnect,
    Packet,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)
from gateway.links.mqtt.parse import (
    CONNACK,
    DISCONNECT,
    PARSERS,
    PUBACK,
    PUBLISH,
    SUBACK,
    SUBSCRIBE,
    UNSUBACK,
    UNSUBSCRIBE,
    read_filter,
)
from gateway.links.mqtt.properties import Property
from gateway.links.mqtt.reasons import FAILURE, Reason
from gateway.links.mqtt.topics import is_topic
from gateway.links.mqtt.wire import MalformedPacket, PacketReader
from gateway.model import Words

AS_PUBLISHED = 0x08
RETAINED_IF_NEW, NO_RETAINED = 1, 2
"""Subscription options (3.8.3.1): Retain As Published's bit, and Retain Handling's values, from bit 4 on."""
_Item = TypeVar("_Item")


def parse(first: int, body: bytes) -> Packet:
    """A whole packet from its first byte and its body; raises MalformedPacket."""
    return _PARSERS[first >> 4](first & 0x0F, PacketReader(body))


def _connack(_flags: int, body: PacketReader) -> Connack:
    acknowledge, reason = body.byte(), body.byte()
    props = properties.read(CONNACK, body)
    body.end()
    try:
        named = Reason(reason)
    except ValueError:
        raise MalformedPacket(
            Words(f"CONNACK 的原因码为 {reason:#04x}（3.2.2.2）", f"CONNACK with reason {reason:#04x} (3.2.2.2)")
        ) from None
    if acknowledge > 1 or (acknowledge and reason):
        raise MalformedPacket(
            Words("CONNACK 带保留标志 [MQTT5-3.2.2-6]", "CONNACK with reserved flags [MQTT5-3.2.2-6]")
        )
    code = ConnectCode.NOT_AUTHORIZED if reason >= FAILURE else ConnectCode.ACCEPTED
    return Connack(code, bool(acknowledge), named, props)


def _publish(flags: int, body: PacketReader) -> Publish:
    topic = body.text()
    qos = flags >> 1 & 3
    packet_id = body.packet_id() if qos else None
    props = properties.read(PUBLISH, body)
    if Property.TOPIC_ALIAS in props:
        raise MalformedPacket(
            Words(
                "使用主题别名，本网关不提供 [MQTT5-3.3.2-9]", "a topic alias, of which we offer none [MQTT5-3.3.2-9]"
            ),
            reason=Reason.TOPIC_ALIAS_INVALID,
        )
    if not is_topic(topic):
        raise MalformedPacket(
            Words(
                "主题为空或含通配符 [MQTT5-3.3.2-1, 3.3.2-2]",
                "topic is empty or holds a wildcard [MQTT5-3.3.2-1, 3.3.2-2]",
            ),
            topic.encode(),
        )
    return Publish(topic, body.rest(), qos, packet_id, bool(flags & 1), bool(flags & 8), props)


def _puback(_flags: int, body: PacketReader) -> Puback:
    """Reason and properties may be left out (3.4.2.1)."""
    packet_id = body.packet_id()
    reason = Reason.SUCCESS if body.is_empty else body.byte()
    props = {} if body.is_empty else properties.read(PUBACK, body)
    body.end()
    return Puback(packet_id, reason, props)


def _subscribe(_flags: int, body: PacketReader) -> Subscribe:
    packet_id = body.packet_id()
    props = properties.read(SUBSCRIBE, body)
    if Property.SUBSCRIPTION_ID in props:
        why = Words(
            "使用订阅标识符，本网关不提供（3.2.2.3.12）",
            "a subscription identifier, of which we offer none (3.2.2.3.12)",
        )
        raise MalformedPacket(why, reason=Reason.SUBSCRIPTION_IDS_NOT_SUPPORTED)
    requests = _all(body, lambda: (read_filter(body), _options(body)), "SUBSCRIBE")
    filters = tuple((name, options & 3) for name, options in requests)
    no_retained = frozenset(name for name, options in requests if options >> 4 == NO_RETAINED)
    if_new = frozenset(name for name, options in requests if options >> 4 == RETAINED_IF_NEW)
    as_published = frozenset(name for name, options in requests if options & AS_PUBLISHED)
    return Subscribe(packet_id, filters, no_retained, if_new, as_published, props)


def _options(body: PacketReader) -> int:
    options = body.byte()
    if options & 0xC0 or options & 3 == 3 or options >> 4 == 3:
        raise MalformedPacket(
            Words("订阅选项带保留位 [MQTT5-3.8.3-5]", "subscription options with reserved bits [MQTT5-3.8.3-5]")
        )
    return options


def _suback(_flags: int, body: PacketReader) -> Suback:
    packet_id = body.packet_id()
    props = properties.read(SUBACK, body)
    return Suback(packet_id, tuple(body.rest()), props)


def _unsubscribe(_flags: int, body: PacketReader) -> Unsubscribe:
    packet_id = body.packet_id()
    props = properties.read(UNSUBSCRIBE, body)
    return Unsubscribe(packet_id, _all(body, lambda: read_filter(body), "UNSUBSCRIBE"), props)


def _unsuback(_flags: int, body: PacketReader) -> Unsuback:
    packet_id = body.packet_id()
    props = properties.read(UNSUBACK, body)
    return Unsuback(packet_id, tuple(body.rest()), props)


def _disconnect(_flags: int, body: PacketReader) -> Disconnect:
    """Reason and properties may be left out (3.14.2.1)."""
    reason = Reason.SUCCESS if body.is_empty else body.byte()
    props = {} if body.is_empty else properties.read(DISCONNECT, body)
    body.end()
    return Disconnect(reason, props)


def _all(body: PacketReader, take: Callable[[], _Item], packet: str) -> tuple[_Item, ...]:
    items = []
    while not body.is_empty:
        items.append(take())
    if not items:
        raise MalformedPacket(
            Words(f"{packet} 没有主题（3.8.3, 3.10.3）", f"{packet} without a topic filter (3.8.3, 3.10.3)"),
            reason=Reason.PROTOCOL_ERROR,
        )
    return tuple(items)


_PARSERS: Mapping[int, Callable[[int, PacketReader], Packet]] = {
    **PARSERS,
    CONNACK: _connack,
    PUBLISH: _publish,
    PUBACK: _puback,
    SUBSCRIBE: _subscribe,
    SUBACK: _suback,
    UNSUBSCRIBE: _unsubscribe,
    UNSUBACK: _unsuback,
    DISCONNECT: _disconnect,
}
