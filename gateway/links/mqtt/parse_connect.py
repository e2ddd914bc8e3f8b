"""Parses CONNECT, which has the same beginning in all versions of MQTT and names the version."""

from __future__ import annotations

from gateway.links.mqtt import properties
from gateway.links.mqtt.packets import LEVEL_3_1_1, LEVEL_5, Connect, Will
from gateway.links.mqtt.topics import is_topic
from gateway.links.mqtt.wire import MalformedPacket, PacketReader, UnacceptableLevel
from gateway.model import Words

_EARLIER_NAME = "MQIsdp"
"""The protocol name of MQTT 3.1, whose level is 3."""


def parse_connect(_flags: int, body: PacketReader) -> Connect:
    """The packet from its body. Raises MalformedPacket, or UnacceptableLevel for other versions than 3.1.1 and 5."""
    level = _level(body.text(), body.byte())
    flags = body.byte()
    _check_connect_flags(flags, level)
    keep_alive = body.number()
    props = properties.read(properties.CONNECT, body) if level == LEVEL_5 else {}
    # The payload has the fields in this order, each only if its flag is set [MQTT-3.1.3-1].
    client_id = body.text()
    will = _will(flags, level, body) if flags & 0x04 else None
    user = body.text() if flags & 0x80 else None
    password = body.blob() if flags & 0x40 else None
    body.end()
    return Connect(client_id, bool(flags & 0x02), keep_alive, user, password, will, level, props)


def _level(name: str, level: int) -> int:
    if name not in ("MQTT", _EARLIER_NAME):
        raise MalformedPacket(
            Words(f"协议名为 {name[:16]!r} [MQTT-3.1.2-1]", f"protocol name {name[:16]!r} [MQTT-3.1.2-1]")
        )
    if level not in (LEVEL_3_1_1, LEVEL_5) or name == _EARLIER_NAME:
        raise UnacceptableLevel(name, level)
    return level


def _check_connect_flags(flags: int, level: int) -> None:
    if flags & 0x01:
        raise MalformedPacket(
            Words("CONNECT 的保留标志位被置 1 [MQTT-3.1.2-3]", "CONNECT's reserved flag is set [MQTT-3.1.2-3]")
        )
    if not flags & 0x04 and flags & 0x38:
        raise MalformedPacket(
            Words(
                "没有遗嘱，却带遗嘱的 QoS 或 RETAIN [MQTT-3.1.2-13, 3.1.2-15]",
                "QoS or retain of a will that is not there [MQTT-3.1.2-13, 3.1.2-15]",
            )
        )
    if flags & 0x18 == 0x18:
        raise MalformedPacket(Words("遗嘱的 QoS 为 3 [MQTT-3.1.2-14]", "will with QoS 3 [MQTT-3.1.2-14]"))
    if flags & 0x40 and not flags & 0x80 and level == LEVEL_3_1_1:
        raise MalformedPacket(Words("有密码而无用户名 [MQTT-3.1.2-22]", "password without a user name [MQTT-3.1.2-22]"))


def _will(flags: int, level: int, body: PacketReader) -> Will:
    props = properties.read(properties.WILL, body) if level == LEVEL_5 else {}
    topic = body.text()
    if not is_topic(topic):
        raise MalformedPacket(
            Words(
                "遗嘱主题为空或含通配符 [MQTT-4.7.3-1, 3.3.2-2]",
                "will topic is empty or holds a wildcard [MQTT-4.7.3-1, 3.3.2-2]",
            )
        )
    return Will(topic, body.blob(), flags >> 3 & 3, bool(flags & 0x20), props)
