"""What we have to say to one client with QoS 1: packet ids, what is in flight, what waits. No I/O."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from dataclasses import dataclass

from gateway.errors import LinkLost
from gateway.links.mqtt.codec import encode
from gateway.links.mqtt.packets import LEVEL_3_1_1, Publish
from gateway.links.mqtt.properties import Properties, Property
from gateway.model import Words

WINDOW = 64
"""Messages sent and not yet acknowledged by the client."""
MAX_QUEUED = 1024
MAX_QUEUED_BYTES = 1024 * 1024
PUBLISH_OVERHEAD = 16
"""Bytes of a PUBLISH beside topic and payload: header, length, packet id, expiry."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """`until` is the monotonic second after which it is not worth saying any more."""

    topic: str
    payload: bytes
    retain: bool
    until: float = math.inf

    def expiry(self, now: float) -> Properties:
        """How long it is still worth saying, for a client that can be told (3.3.2.3.3)."""
        return {} if math.isinf(self.until) else {Property.MESSAGE_EXPIRY: max(1, math.ceil(self.until - now))}


class ClientOutbox:
    """Bounded by number and bytes; too much raises LinkLost, for then the client does not listen.

    The client's CONNECT says `level`, how many it takes at once and how large a packet may be.
    """

    def __init__(self) -> None:
        self.level = LEVEL_3_1_1
        self.window = WINDOW
        self.largest = MAX_QUEUED_BYTES
        self._waiting: deque[OutgoingMessage] = deque()
        self._again: OrderedDict[int, OutgoingMessage] = OrderedDict()
        self._in_flight: OrderedDict[int, OutgoingMessage] = OrderedDict()
        self._bytes = 0
        self._last_id = 0

    @property
    def unacknowledged(self) -> int:
        return len(self._again) + len(self._in_flight)

    def check(self, message: OutgoingMessage) -> None:
        """Raises LinkLost for what is larger than the client takes [MQTT5-3.1.2-24]."""
        size = len(message.payload)
        if size + len(message.topic.encode()) + PUBLISH_OVERHEAD > self.largest:
            en = f"{size} bytes on {message.topic} are more than the client takes ({self.largest})"
            raise LinkLost(Words("消息太大，设备收不下，请通知安装员", en))

    def post(self, message: OutgoingMessage) -> None:
        """Queue it; `send` gives the bytes."""
        self.check(message)
        size = len(message.payload)
        if len(self._waiting) >= MAX_QUEUED or self._bytes + size > MAX_QUEUED_BYTES:
            en = f"{len(self._waiting)} messages wait already for a client that does not acknowledge"
            raise LinkLost(Words("设备不确认收到的消息，请重启设备", en))
        self._waiting.append(message)
        self._bytes += size

    def send(self, now: float) -> bytes:
        """What may go out now: as much as the window allows, without what is too old."""
        out = bytearray()
        while len(self._in_flight) < self.window and (self._again or self._waiting):
            if self._again:  # first, for messages keep their order [MQTT-4.6.0-1]
                packet_id, message = self._again.popitem(last=False)
                out += self._packet(message, packet_id, now, dup=True)
            else:
                out += self._packet(self._waiting.popleft(), self._next_id(), now, dup=False)
        return bytes(out)

    def acknowledged(self, packet_id: int) -> None:
        """The client has it. An id we do not wait for is ignored: it may be late."""
        message = self._in_flight.pop(packet_id, None) or self._again.pop(packet_id, None)
        if message is not None:
            self._bytes -= len(message.payload)

    def again(self) -> None:
        """The client came back to its session: `send` begins with all it has not acknowledged, marked DUP.

        [MQTT-4.4.0-1]; no more at once than it takes now, for that is agreed anew (5: 4.9).
        """
        self._again = OrderedDict((*self._in_flight.items(), *self._again.items()))
        self._in_flight.clear()

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % 0xFFFF + 1
            if self._last_id not in self._in_flight:
                return self._last_id

    def _packet(self, message: OutgoingMessage, packet_id: int, now: float, *, dup: bool) -> bytes:
        """It is in flight now; nothing, where it is too old or more than the client takes by now [MQTT5-3.1.2-25]."""
        packet = Publish(message.topic, message.payload, 1, packet_id, message.retain, dup, message.expiry(now))
        encoded = encode(packet, self.level)
        if message.until <= now or len(encoded) > self.largest:
            self._bytes -= len(message.payload)
            return b""
        self._in_flight[packet_id] = message
        return encoded
