"""A device's link through the gateway's own endpoint."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from gateway.errors import LinkLost
from gateway.links.mqtt.delivery import PendingDeliveries
from gateway.links.mqtt.link import ClaimRegistry, RoutedLink
from gateway.links.mqtt.outbox import OutgoingMessage
from gateway.links.mqtt.session import ClientLink, Sessions
from gateway.links.mqtt.topics import matches
from gateway.model import Text, Words

MAX_RETAINED = 64


class EndpointLink(RoutedLink):
    """Publishes to every connection of the device's account that has subscribed."""

    def __init__(
        self, device: str, account: str, claims: ClaimRegistry, pending: PendingDeliveries, sessions: Sessions
    ) -> None:
        super().__init__(device, account, claims, pending)
        self._sessions = sessions
        self._retained: dict[str, bytes] = {}

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, life: float | None = None, is_private: bool = False
    ) -> None:
        """See MqttLink. Never waits: a device that does not acknowledge must not hold up its own signals."""
        self.capture.record("out", b"" if is_private else payload, topic)
        if retain:
            self._retain(topic, payload)
        expires_at = math.inf if life is None else asyncio.get_running_loop().time() + life
        outcomes: list[Text | None] = []
        for session, grant in list(self._sessions.subscribers(self.account, topic)):
            message = OutgoingMessage(topic, payload, retain=retain and grant.as_published, expires_at=expires_at)
            outcomes.append(_publish(session.connection, message, grant.qos))
        # One connection that took it is enough; a retained message is sent to whoever subscribes later.
        if None not in outcomes and not retain:
            en = f"device {self.device} is not connected, or has not subscribed to {topic}"
            raise LinkLost(next((each for each in outcomes if each), Words("设备未连接", en)))

    def send_retained(self, connection: ClientLink, filters: Sequence[str]) -> None:
        """Send a new subscriber what was published with `retain` [MQTT-3.3.1-6]."""
        assert connection.session is not None
        for topic, payload in self._retained.items():
            grant = connection.session.grant_for(topic)
            if grant is not None and any(matches(topic_filter, topic) for topic_filter in filters):
                _publish(connection, OutgoingMessage(topic, payload, retain=True), grant.qos)

    def _retain(self, topic: str, payload: bytes) -> None:
        """Remember the latest payload of a topic; an empty one deletes it [MQTT-3.3.1-10]."""
        if not payload:
            self._retained.pop(topic, None)
        elif topic in self._retained or len(self._retained) < MAX_RETAINED:
            self._retained[topic] = payload
        else:
            en = f"device {self.device} has {MAX_RETAINED} retained topics already"
            raise LinkLost(Words("设备保留的消息太多，请通知安装员", en))


def _publish(connection: ClientLink | None, message: OutgoingMessage, qos: int) -> Text | None:
    """Why it could not be sent; None if it was."""
    try:
        if connection is not None:
            connection.publish(message, qos)
            return None
    except LinkLost as error:
        return error.why
    return ""
