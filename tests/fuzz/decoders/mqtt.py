"""MQTT 3.1.1 and 5 as the endpoint hears them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.links.mqtt.codec import MAX_PACKET_BYTES, MqttDecoder, encode
from gateway.links.mqtt.negotiation import refusal, session_expiry, wants_reason_string
from gateway.links.mqtt.packets import (
    LEVEL_3_1_1,
    LEVEL_5,
    Connack,
    Connect,
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
    Will,
)
from gateway.links.mqtt.properties import Property
from gateway.links.mqtt.wire import MalformedPacket, remaining_length
from tests.fuzz.subject import Feed, Subject

_ALL = {Property.USER: (("k", "v"), ("k", "w")), Property.REASON: "because"}
_SAID: dict[type[Packet], dict[Property, object]] = {
    Connect: {Property.SESSION_EXPIRY: 60, Property.RECEIVE_MAXIMUM: 20, Property.MAXIMUM_PACKET: 9999},
    Publish: {Property.MESSAGE_EXPIRY: 5, Property.CONTENT_TYPE: "json", Property.CORRELATION: b"1"},
    Connack: {Property.ASSIGNED_CLIENT: "x", Property.SERVER_KEEP_ALIVE: 9, **_ALL},
    Subscribe: {Property.USER: (("k", "v"),)},
    Unsubscribe: {Property.USER: (("k", "v"),)},
    Puback: _ALL,
    Suback: _ALL,
    Unsuback: _ALL,
    Disconnect: {Property.SERVER_REFERENCE: "b", **_ALL},
}


def _packets(level: int) -> Sequence[Packet]:
    will = Will("anju/v1/b/status", b"offline", 1, retain=True)
    packets = [
        Connect("bridge", True, 60, "b", b"secret", will, level),
        Publish("anju/v1/b3/signal", b'{"kind":"zone.alarm"}'),
        Publish("anju/v1/b3/signal", b'{"kind":"zone.alarm"}', 1, 7, dup=True),
        Publish("a", bytes(300), 1, 8, retain=True),
        Subscribe(3, (("anju/v1/+/command", 1), ("#", 0))),
        Unsubscribe(4, ("anju/#", "b")),
        Puback(9),
        Pingreq(),
        Pingresp(),
        Connack(ConnectCode.ACCEPTED),
        Suback(3, (0, 1, 0x80)),
        Unsuback(4, (0, 17) if level == LEVEL_5 else ()),
        Disconnect(),
    ]
    if level == LEVEL_5:
        return packets + [replace(one, properties=_SAID[type(one)]) for one in packets if type(one) in _SAID]
    return packets


def _bodies(level: int) -> list[bytes]:
    """Packets without their length; with both versions' CONNECT, which decides the version."""
    said = [(packet, level) for packet in _packets(level)] + [(_packets(9 - level)[0], 9 - level)]
    encoded = [encode(packet, of) for packet, of in said]
    return [one[:1] + one[3 if one[1] & 128 else 2 :] for one in encoded]


def _framed(body: bytes) -> bytes:
    return body[:1] + remaining_length(len(body) - 1) + body[1:]


def _endpoint(level: int) -> Feed:
    decoder = MqttDecoder(level=level)

    def feed(chunk: bytes) -> None:
        decoder.feed(chunk)
        while (packet := decoder.take()) is not None:
            assert decoder.buffered <= MAX_PACKET_BYTES + len(chunk)
            if isinstance(packet, Connect):
                session_expiry(packet), wants_reason_string(packet), refusal(packet)
            repr(packet)

    return feed


def subjects() -> Sequence[Subject]:
    words = (
        b"MQTT",
        b"MQIsdp",
        b"\x00\x04MQTT\x05",
        b"\xc0\x00",
        b"\x00\x00",
        b"\xff\xff\xff\x7f",
        b"\x26\x00\x01k\x00\x01v",
    )
    return [
        *(
            Subject(
                name,
                lambda level=level: _endpoint(level),
                lambda level=level: _bodies(level),
                (MalformedPacket,),
                _framed,
                words=words,
                holds=2 * MAX_PACKET_BYTES,
            )
            for name, level in (("mqtt3", LEVEL_3_1_1), ("mqtt5", LEVEL_5))
        ),
    ]
