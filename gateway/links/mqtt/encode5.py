"""Encodes MQTT 5's packets."""

from __future__ import annotations

from gateway.links.mqtt import wire
from gateway.links.mqtt.packets import (
    LEVEL_5,
    Connack,
    Connect,
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
    Will,
)
from gateway.links.mqtt.parse5 import AS_PUBLISHED, NO_RETAINED, RETAINED_IF_NEW
from gateway.links.mqtt.properties import Properties, encoded_properties


def encode(packet: Packet) -> bytes:
    """The packet's bytes; raises ValueError for what no packet can hold."""
    match packet:
        case Publish():
            encoded = _publish(packet)
        case Puback(packet_id, reason, props):
            encoded = _framed(0x40, wire.number(packet_id) + _reason(reason, props))
        case Connack(_, present, reason, props):
            encoded = _framed(0x20, bytes((present, reason)) + encoded_properties(props))
        case Suback(packet_id, codes, props):
            encoded = _framed(0x90, wire.number(packet_id) + encoded_properties(props) + bytes(codes))
        case Unsuback(packet_id, codes, props):
            encoded = _framed(0xB0, wire.number(packet_id) + encoded_properties(props) + bytes(codes))
        case Disconnect(reason, props):
            encoded = _framed(0xE0, _reason(reason, props))
        case Pingresp():
            encoded = b"\xd0\x00"
        case _:
            encoded = _encode_client(packet)
    return encoded


def _encode_client(packet: Connect | Subscribe | Unsubscribe | Pingreq) -> bytes:
    match packet:
        case Connect():
            return _connect(packet)
        case Subscribe():
            filters = b"".join(wire.text(name) + bytes((qos | _options(packet, name),)) for name, qos in packet.filters)
            return _framed(0x82, wire.number(packet.packet_id) + encoded_properties(packet.properties) + filters)
        case Unsubscribe(packet_id, names, props):
            return _framed(0xA2, wire.number(packet_id) + encoded_properties(props) + b"".join(map(wire.text, names)))
        case Pingreq():
            return b"\xc0\x00"


def _options(packet: Subscribe, name: str) -> int:
    handling = NO_RETAINED if name in packet.no_retained else RETAINED_IF_NEW if name in packet.retained_if_new else 0
    return handling << 4 | (AS_PUBLISHED if name in packet.retain_as_published else 0)


def _publish(packet: Publish) -> bytes:
    head = wire.text(packet.topic)
    if packet.packet_id is not None:
        head += wire.number(packet.packet_id)
    first = 0x30 | packet.dup << 3 | packet.qos << 1 | packet.retain
    return _framed(first, head + encoded_properties(packet.properties) + packet.payload)


def _connect(packet: Connect) -> bytes:
    flags = packet.clean_session << 1
    payload = wire.text(packet.client_id)
    if packet.will is not None:
        flags |= 0x04 | packet.will.qos << 3 | packet.will.retain << 5
        payload += _will(packet.will)
    if packet.user is not None:
        flags |= 0x80
        payload += wire.text(packet.user)
    if packet.password is not None:
        flags |= 0x40
        payload += wire.blob(packet.password)
    head = wire.text("MQTT") + bytes((LEVEL_5, flags)) + wire.number(packet.keep_alive)
    return _framed(0x10, head + encoded_properties(packet.properties) + payload)


def _will(will: Will) -> bytes:
    return encoded_properties(will.properties) + wire.text(will.topic) + wire.blob(will.payload)


def _reason(reason: int, props: Properties) -> bytes:
    """Omitted as far as the specification allows (3.4.2.1, 3.14.2.1): an acknowledgement stays four bytes long."""
    if props:
        return bytes((reason,)) + encoded_properties(props)
    return bytes((reason,)) if reason else b""


def _framed(first: int, body: bytes) -> bytes:
    return bytes((first,)) + wire.remaining_length(len(body)) + body
