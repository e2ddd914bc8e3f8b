"""The QoS 1 messages for one client: packet ids, what is in flight, what is queued. No I/O."""

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
    """A message for a client. After `expires_at`, in monotonic seconds, it is not sent any more."""

    topic: str
    payload: bytes
    retain: bool
    expires_at: float = math.inf

    def expiry(self, now: float) -> Properties:
        """The Message Expiry Interval for a client of MQTT 5 (3.3.2.3.3); no property where it never expires."""
        if math.isinf(self.expires_at):
            return {}
        return {Property.MESSAGE_EXPIRY: max(1, math.ceil(self.expires_at - now))}


class ClientOutbox:
    """Queues messages until the client acknowledges them; bounded by number and bytes.

    Beyond the bounds it raises LinkLost, for then the client does not listen. The client's CONNECT decides `level`
    (the MQTT version), `window` (how many it takes at once) and `max_packet` (bytes of a packet).
    """

    def __init__(self) -> None:
        self.level = LEVEL_3_1_1
        self.window = WINDOW
        self.max_packet = MAX_QUEUED_BYTES
        self._queued: deque[OutgoingMessage] = deque()
        self._to_resend: OrderedDict[int, OutgoingMessage] = OrderedDict()
        self._in_flight: OrderedDict[int, OutgoingMessage] = OrderedDict()
        self._bytes = 0
        self._last_id = 0

    @property
    def unacknowledged(self) -> int:
        """Messages that were sent at least once and are not acknowledged."""
        return len(self._to_resend) + len(self._in_flight)

    def check_size(self, message: OutgoingMessage) -> None:
        """Raises LinkLost for what is larger than the client takes [MQTT5-3.1.2-24]."""
        size = len(message.payload)
        if size + len(message.topic.encode()) + PUBLISH_OVERHEAD > self.max_packet:
            en = f"{size} bytes on {message.topic} are more than the client takes ({self.max_packet})"
            raise LinkLost(Words("消息太大，设备收不下，请通知安装员", en))

    def queue(self, message: OutgoingMessage) -> None:
        """Queue a message; `take_sendable` gives its bytes. Raises LinkLost."""
        self.check_size(message)
        size = len(message.payload)
        if len(self._queued) >= MAX_QUEUED or self._bytes + size > MAX_QUEUED_BYTES:
            en = f"{len(self._queued)} messages wait already for a client that does not acknowledge"
            raise LinkLost(Words("设备不确认收到的消息，请重启设备", en))
        self._queued.append(message)
        self._bytes += size

    def take_sendable(self, now: float) -> bytes:
        """The packets that may be sent now: as many as the window allows, without those that have expired."""
        out = bytearray()
        while len(self._in_flight) < self.window and (self._to_resend or self._queued):
            if self._to_resend:  # first, for messages keep their order [MQTT-4.6.0-1]
                packet_id, message = self._to_resend.popitem(last=False)
                out += self._packet(message, packet_id, now, dup=True)
            else:
                out += self._packet(self._queued.popleft(), self._next_id(), now, dup=False)
        return bytes(out)

    def acknowledged(self, packet_id: int) -> None:
        """The client has it. An unknown id is ignored: the acknowledgement may be late."""
        message = self._in_flight.pop(packet_id, None) or self._to_resend.pop(packet_id, None)
        if message is not None:
            self._bytes -= len(message.payload)

    def resend_unacknowledged(self) -> None:
        """The client came back to its session: send again, marked DUP, all that it has not acknowledged.

        [MQTT-4.4.0-1]; no more at once than it takes now, for the window is agreed anew with each CONNECT (5: 4.9).
        """
        self._to_resend = OrderedDict((*self._in_flight.items(), *self._to_resend.items()))
        self._in_flight.clear()

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % 0xFFFF + 1
            if self._last_id not in self._in_flight:  # ids are reused after 65,535 messages
                return self._last_id

    def _packet(self, message: OutgoingMessage, packet_id: int, now: float, *, dup: bool) -> bytes:
        """The PUBLISH, which is in flight now.

        Empty for a message that has expired or is larger than the client takes by now: it is dropped [MQTT5-3.1.2-25].
        """
        packet = Publish(message.topic, message.payload, 1, packet_id, message.retain, dup, message.expiry(now))
        encoded = encode(packet, self.level)
        # Both were checked when it was queued, but it may have waited, and the client may have reconnected since.
        if message.expires_at <= now or len(encoded) > self.max_packet:
            self._bytes -= len(message.payload)
            return b""
        self._in_flight[packet_id] = message
        return encoded
