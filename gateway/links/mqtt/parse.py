"""Parses the bodies of packets and checks every rule of the specification.

The packets of MQTT 3.1.1; CONNECT of both versions is in `parse_connect`, the others of MQTT 5 in `parse5`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.links.mqtt.packets import (
    SUBSCRIPTION_REFUSED,
    Connack,
    ConnectCode,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)
from gateway.links.mqtt.parse_connect import parse_connect
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.topics import is_filter, is_topic
from gateway.links.mqtt.wire import MalformedPacket, PacketReader
from gateway.model import Words

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT, AUTH = 12, 13, 14, 15

_FLAGS = {SUBSCRIBE: 0b0010, UNSUBSCRIBE: 0b0010}


def check_first_byte(first: int) -> None:
    """Check type and flags of the fixed header [MQTT-2.2.2-2].

    Raises MalformedPacket, before a body is waited for that may never come.
    """
    kind, flags = first >> 4, first & 0x0F
    if kind in (5, 6, 7):  # PUBREC, PUBREL, PUBCOMP
        why = Words("QoS 2 的报文，本网关不提供", "a packet of QoS 2, which is not offered here")
        raise MalformedPacket(why, bytes([first]), reason=Reason.QOS_NOT_SUPPORTED)
    if kind not in PARSERS:
        reason = Reason.PROTOCOL_ERROR if kind == AUTH else Reason.MALFORMED  # 5: 4.12
        raise MalformedPacket(
            Words(f"报文类型 {kind} 为保留值（表 2.1）", f"packet type {kind} is reserved (table 2.1)"),
            bytes([first]),
            reason=reason,
        )
    if kind == PUBLISH:
        _check_publish_flags(flags)
    elif flags != _FLAGS.get(kind, 0):
        raise MalformedPacket(
            Words(
                f"报文类型 {kind} 的标志位 {flags:#06b} 不符 [MQTT-2.2.2-2]",
                f"flags {flags:#06b} of packet type {kind} are not the reserved ones [MQTT-2.2.2-2]",
            )
        )


def parse(first: int, body: bytes) -> Packet:
    """A whole packet of MQTT 3.1.1, or a CONNECT of either version, from its first byte and its body.

    Raises MalformedPacket.
    """
    return PARSERS[first >> 4](first & 0x0F, PacketReader(body))


def _check_publish_flags(flags: int) -> None:
    qos = flags >> 1 & 3
    if qos == 3:
        raise MalformedPacket(Words("PUBLISH 的 QoS 为 3 [MQTT-3.3.1-4]", "PUBLISH with QoS 3 [MQTT-3.3.1-4]"))
    if qos == 0 and flags & 8:
        raise MalformedPacket(
            Words("QoS 0 的 PUBLISH 标为重发 [MQTT-3.3.1-2]", "PUBLISH of QoS 0 marked as a duplicate [MQTT-3.3.1-2]")
        )


def _connack(_flags: int, body: PacketReader) -> Connack:
    acknowledge, code = body.byte(), body.byte()
    body.end()
    if acknowledge > 1 or code > max(ConnectCode) or (acknowledge and code):
        raise MalformedPacket(
            Words(
                "CONNACK 带保留的标志或返回码 [MQTT-3.2.2-4, 3.2.2-6]",
                "CONNACK with reserved flags or return code [MQTT-3.2.2-4, 3.2.2-6]",
            )
        )
    return Connack(ConnectCode(code), bool(acknowledge))


def _publish(flags: int, body: PacketReader) -> Publish:
    topic = body.text()
    if not is_topic(topic):
        raise MalformedPacket(
            Words(
                "主题为空或含通配符 [MQTT-4.7.3-1, 3.3.2-2]",
                "topic is empty or holds a wildcard [MQTT-4.7.3-1, 3.3.2-2]",
            ),
            topic.encode(),
        )
    qos = flags >> 1 & 3
    packet_id = body.packet_id() if qos else None
    return Publish(topic, body.rest(), qos, packet_id, bool(flags & 1), bool(flags & 8))


def _puback(_flags: int, body: PacketReader) -> Puback:
    return Puback(_only_packet_id(body))


def _subscribe(_flags: int, body: PacketReader) -> Subscribe:
    packet_id = body.packet_id()
    filters = []
    while not body.is_empty:
        topic_filter, qos = read_filter(body), body.byte()
        # The six upper bits are reserved in 3.1.1, so this finds them as well.
        if qos > 2:
            raise MalformedPacket(
                Words(
                    "SUBSCRIBE 带保留位或 QoS 3 [MQTT-3.8.3-4]", "SUBSCRIBE with reserved bits or QoS 3 [MQTT-3.8.3-4]"
                )
            )
        filters.append((topic_filter, qos))
    if not filters:
        raise MalformedPacket(
            Words("SUBSCRIBE 没有主题 [MQTT-3.8.3-3]", "SUBSCRIBE without a topic filter [MQTT-3.8.3-3]")
        )
    return Subscribe(packet_id, tuple(filters))


def _suback(_flags: int, body: PacketReader) -> Suback:
    packet_id, codes = body.packet_id(), body.rest()
    if not codes or any(code not in (0, 1, 2, SUBSCRIPTION_REFUSED) for code in codes):
        raise MalformedPacket(
            Words("SUBACK 带保留的返回码 [MQTT-3.9.3-2]", "SUBACK with reserved return codes [MQTT-3.9.3-2]")
        )
    return Suback(packet_id, tuple(codes))


def _unsubscribe(_flags: int, body: PacketReader) -> Unsubscribe:
    packet_id = body.packet_id()
    filters = []
    while not body.is_empty:
        filters.append(read_filter(body))
    if not filters:
        raise MalformedPacket(
            Words("UNSUBSCRIBE 没有主题 [MQTT-3.10.3-2]", "UNSUBSCRIBE without a topic filter [MQTT-3.10.3-2]")
        )
    return Unsubscribe(packet_id, tuple(filters))


def _unsuback(_flags: int, body: PacketReader) -> Unsuback:
    return Unsuback(_only_packet_id(body))


def read_filter(body: PacketReader) -> str:
    """The next topic filter; raises MalformedPacket if it is not well formed."""
    topic_filter = body.text()
    if not is_filter(topic_filter):
        raise MalformedPacket(
            Words(
                "订阅主题格式不对 [MQTT-4.7.1-2, 4.7.1-3, 4.7.3-1]",
                "topic filter is not well formed [MQTT-4.7.1-2, 4.7.1-3, 4.7.3-1]",
            ),
            topic_filter.encode(),
        )
    return topic_filter


def _only_packet_id(body: PacketReader) -> int:
    packet_id = body.packet_id()
    body.end()
    return packet_id


def _empty(packet: Packet) -> Callable[[int, PacketReader], Packet]:
    def nothing(_flags: int, body: PacketReader) -> Packet:
        body.end()
        return packet

    return nothing


PARSERS: Mapping[int, Callable[[int, PacketReader], Packet]] = {
    CONNECT: parse_connect,
    CONNACK: _connack,
    PUBLISH: _publish,
    PUBACK: _puback,
    SUBSCRIBE: _subscribe,
    SUBACK: _suback,
    UNSUBSCRIBE: _unsubscribe,
    UNSUBACK: _unsuback,
    PINGREQ: _empty(Pingreq()),
    PINGRESP: _empty(Pingresp()),
    DISCONNECT: _empty(Disconnect()),
}
