"""The data types that packets are made of (1.5, 2.2): numbers, strings, byte strings."""

from __future__ import annotations

from gateway.errors import BadInput
from gateway.links.mqtt.reasons import Reason
from gateway.model import Text, Words

MAX_SAMPLE_BYTES = 1024
"""How many bytes of a bad packet an error carries."""


class MalformedPacket(BadInput):
    """The bytes are not MQTT, or break a rule of the specification.

    `why` names the clause, `reason` is MQTT 5's code.
    """

    def __init__(self, why: Text, data: bytes = b"", *, reason: Reason = Reason.MALFORMED) -> None:
        super().__init__(why, data[:MAX_SAMPLE_BYTES])
        self.reason = reason


class UnacceptableLevel(MalformedPacket):
    """A CONNECT of another version of MQTT: it is answered with CONNACK, and the connection closed [MQTT-3.1.2-2]."""

    def __init__(self, name: str, level: int) -> None:
        zh = f"不支持协议 {name} 级别 {level}：3.1.1 版为级别 4，5 版为级别 5"
        en = f"protocol {name} level {level} is not supported, 3.1.1 is level 4 and 5 is level 5"
        super().__init__(Words(zh, en))


class PacketReader:
    """Reads a packet's body from front to back. All methods raise MalformedPacket where it ends too soon."""

    __slots__ = ("_at", "_body")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """A two-byte integer, big-endian (1.5.2)."""
        return int.from_bytes(self.take(2), "big")

    def long(self) -> int:
        """A four-byte integer, big-endian (5: 1.5.3)."""
        return int.from_bytes(self.take(4), "big")

    def variable(self) -> int:
        """An integer of one to four bytes, seven bits each, low ones first (5: 1.5.5)."""
        value = 0
        for place in range(4):
            byte = self.byte()
            value |= (byte & 127) << 7 * place
            if byte < 128:
                return value
        raise MalformedPacket(
            Words("变长整数超过四个字节 [MQTT5-1.5.5-1]", "a variable integer of more than four bytes [MQTT5-1.5.5-1]"),
            self._body,
        )

    def packet_id(self) -> int:
        """A packet identifier, which is never zero [MQTT-2.3.1-1]."""
        number = self.number()
        if number == 0:
            raise MalformedPacket(
                Words("报文标识符为 0 [MQTT-2.3.1-1]", "packet identifier 0 [MQTT-2.3.1-1]"), self._body
            )
        return number

    def blob(self) -> bytes:
        """Bytes after their two-byte length."""
        return self.take(self.number())

    def text(self) -> str:
        """A UTF-8 string: well formed, without surrogates [MQTT-1.5.3-1] and without NUL [MQTT-1.5.3-2]."""
        try:
            text = self.blob().decode()
        except UnicodeDecodeError:
            raise MalformedPacket(
                Words("字符串不是正确的 UTF-8 [MQTT-1.5.3-1]", "a string is not well-formed UTF-8 [MQTT-1.5.3-1]"),
                self._body,
            ) from None
        if "\0" in text:  # valid UTF-8, and forbidden in MQTT
            raise MalformedPacket(
                Words("字符串含空字符 NUL [MQTT-1.5.3-2]", "a string contains NUL [MQTT-1.5.3-2]"), self._body
            )
        return text

    def rest(self) -> bytes:
        """All bytes that are left."""
        rest = self._body[self._at :]
        self._at = len(self._body)
        return rest

    @property
    def is_empty(self) -> bool:
        """Whether everything was read."""
        return self._at >= len(self._body)

    def end(self) -> None:
        """Raises MalformedPacket if anything follows the fields of the packet."""
        if not self.is_empty:
            raise MalformedPacket(
                Words("报文字段之后还有多余字节", "bytes after the end of the packet's fields"), self._body
            )

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self._at + size
        if end > len(self._body):
            raise MalformedPacket(Words("报文比其字段短", "the packet is shorter than its fields"), self._body)
        taken = self._body[self._at : end]
        self._at = end
        return taken


def number(value: int) -> bytes:
    """Two bytes, big-endian (1.5.2)."""
    return value.to_bytes(2, "big")


def long(value: int) -> bytes:
    """Four bytes, big-endian (5: 1.5.3)."""
    return value.to_bytes(4, "big")


def blob(data: bytes) -> bytes:
    """The bytes after their two-byte length. Raises ValueError beyond 65,535 bytes."""
    if len(data) > 0xFFFF:
        raise ValueError(f"{len(data)} bytes do not fit a field of 65535")
    return number(len(data)) + data


def text(value: str) -> bytes:
    """A UTF-8 string (1.5.3). Raises ValueError beyond 65,535 bytes."""
    return blob(value.encode())


def remaining_length(size: int) -> bytes:
    """The remaining length: seven bits a byte, low ones first, four bytes at most (2.2.3). Raises ValueError."""
    if size > 268_435_455:
        raise ValueError(f"{size} bytes do not fit an MQTT packet")
    encoded = bytearray()
    while size > 127:
        encoded.append(size & 127 | 128)
        size >>= 7
    encoded.append(size)
    return bytes(encoded)
