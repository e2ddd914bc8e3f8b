"""Decodes and encodes MQTT without I/O. Bounded: a packet larger than the limit is an error."""

from __future__ import annotations

from gateway.links.mqtt import encode5, parse5, wire
from gateway.links.mqtt.packets import (
    LEVEL_3_1_1,
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
)
from gateway.links.mqtt.parse import check_first_byte, parse
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.wire import MalformedPacket
from gateway.model import Words

MAX_PACKET_BYTES = 256 * 1024
"""Default for the bytes of a whole packet; the protocol allows 256 MiB."""

_CONNECT, _AS_5 = 0x10, wire.text("MQTT") + bytes((LEVEL_5,))


class MqttDecoder:
    """Feed it bytes, and take packets until None. The version `level` is that of the CONNECT, or as set.

    It buffers no more than what it was fed and what was not taken. After MalformedPacket the stream can't be read any
    more: MQTT has no marker to find the next packet by, so the connection must end.
    """

    def __init__(self, limit: int = MAX_PACKET_BYTES, level: int = LEVEL_3_1_1) -> None:
        self.limit = limit
        self.level = level
        self._bytes = bytearray()
        self._at = 0

    @property
    def buffered(self) -> int:
        """Bytes fed and not yet returned as packets."""
        return len(self._bytes) - self._at

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        self._bytes += data

    def take(self) -> Packet | None:
        """The next whole packet, or None until more bytes come; raises MalformedPacket."""
        if self._at == len(self._bytes):
            self._drop_consumed()
            return None
        first = self._bytes[self._at]
        check_first_byte(first)
        header, size = self._remaining_length()
        start = self._at + header
        if size is None or start + size > len(self._bytes):
            self._drop_consumed()
            return None
        body = bytes(self._bytes[start : start + size])
        if first == _CONNECT and body.startswith(_AS_5):
            self.level = LEVEL_5  # before the rest is parsed, so that a mistake in it is answered in MQTT 5
        packet = parse5.parse(first, body) if self.level == LEVEL_5 else parse(first, body)
        self._at = start + size
        if isinstance(packet, Connect):
            self.level = packet.level
        return packet

    def _remaining_length(self) -> tuple[int, int | None]:
        """Size of the fixed header and of the body (2.2.3); the latter is None until it is known."""
        size = 0
        for place in range(4):
            at = self._at + 1 + place
            if at >= len(self._bytes):
                return 1 + place, None
            size |= (self._bytes[at] & 127) << 7 * place
            # Checked digit by digit, so that the limit holds before the length is complete.
            if size + place + 2 > self.limit:
                why = Words(f"报文超过 {self.limit} 字节", f"a packet of more than {self.limit} bytes")
                raise MalformedPacket(why, bytes(self._bytes[self._at :][:16]), reason=Reason.PACKET_TOO_LARGE)
            if self._bytes[at] < 128:
                return 2 + place, size
        raise MalformedPacket(
            Words("剩余长度超过四个字节（2.2.3）", "remaining length of more than four bytes (2.2.3)"),
            bytes(self._bytes[self._at :][:16]),
        )

    def _drop_consumed(self) -> None:
        del self._bytes[: self._at]
        self._at = 0


def encode(packet: Packet, level: int = LEVEL_3_1_1) -> bytes:
    """The packet's bytes; raises ValueError for what no packet can hold (a string over 65,535 bytes)."""
    if level == LEVEL_5:
        return encode5.encode(packet)
    match packet:
        case Publish():
            encoded = _publish(packet)
        case Puback(packet_id):
            encoded = b"\x40\x02" + wire.number(packet_id)
        case Connack(code, session_present):
            encoded = bytes((0x20, 2, session_present, code))
        case Suback(packet_id, codes):
            encoded = _framed(0x90, wire.number(packet_id) + bytes(codes))
        case Unsuback(packet_id):
            encoded = b"\xb0\x02" + wire.number(packet_id)
        case Pingresp():
            encoded = b"\xd0\x00"
        case _:
            encoded = _encode_client(packet)
    return encoded


def _encode_client(packet: Connect | Subscribe | Unsubscribe | Pingreq | Disconnect) -> bytes:
    match packet:
        case Connect():
            return encode5.encode(packet) if packet.level == LEVEL_5 else _connect(packet)
        case Subscribe(packet_id, filters):
            encoded = b"".join(wire.text(topic_filter) + bytes((qos,)) for topic_filter, qos in filters)
            return _framed(0x82, wire.number(packet_id) + encoded)
        case Unsubscribe(packet_id, names):
            return _framed(0xA2, wire.number(packet_id) + b"".join(map(wire.text, names)))
        case Pingreq():
            return b"\xc0\x00"
        case Disconnect():
            return b"\xe0\x00"


def _publish(packet: Publish) -> bytes:
    first = 0x30 | packet.dup << 3 | packet.qos << 1 | packet.retain
    head = wire.text(packet.topic)
    if packet.packet_id is not None:
        head += wire.number(packet.packet_id)
    return _framed(first, head + packet.payload)


def _connect(packet: Connect) -> bytes:
    flags = packet.clean_session << 1
    payload = wire.text(packet.client_id)
    if packet.will is not None:
        flags |= 0x04 | packet.will.qos << 3 | packet.will.retain << 5
        payload += wire.text(packet.will.topic) + wire.blob(packet.will.payload)
    if packet.user is not None:
        flags |= 0x80
        payload += wire.text(packet.user)
    if packet.password is not None:
        flags |= 0x40
        payload += wire.blob(packet.password)
    return _framed(0x10, wire.text("MQTT") + bytes((4, flags)) + wire.number(packet.keep_alive) + payload)


def _framed(first: int, body: bytes) -> bytes:
    return bytes((first,)) + wire.remaining_length(len(body)) + body
