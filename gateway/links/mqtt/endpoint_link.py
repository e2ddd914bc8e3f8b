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
from gateway.model import Said, Words

MAX_RETAINED = 64


class EndpointLink(RoutedLink):
    """Speaks to every connection of its account that has subscribed."""

    def __init__(
        self, device: str, account: str, directory: ClaimRegistry, waiting: PendingDeliveries, sessions: Sessions
    ) -> None:
        super().__init__(device, account, directory, waiting)
        self._sessions = sessions
        self._retained: dict[str, bytes] = {}

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False, life: float | None = None) -> None:
        """See MqttLink. Never waits: a device that does not acknowledge must not hold up its own signals."""
        self.capture.put("out", payload, topic)
        if retain:
            self._remember(topic, payload)
        until = math.inf if life is None else asyncio.get_running_loop().time() + life
        why: list[Said | None] = []
        for session, how in list(self._sessions.listening(self.account, topic)):
            message = OutgoingMessage(topic, payload, retain=retain and how.as_published, until=until)
            why.append(_post(session.connection, message, how.qos))
        if None not in why and not retain:
            en = f"device {self.device} is not connected, or has not subscribed to {topic}"
            raise LinkLost(next((each for each in why if each), Words("设备未连接", en)))

    def remind(self, connection: ClientLink, filters: Sequence[str]) -> None:
        """What was said with `retain` is said again to a new subscriber [MQTT-3.3.1-6]."""
        assert connection.session is not None
        for topic, payload in self._retained.items():
            how = connection.session.granted(topic)
            if how is not None and any(matches(topic_filter, topic) for topic_filter in filters):
                _post(connection, OutgoingMessage(topic, payload, retain=True), how.qos)

    def _remember(self, topic: str, payload: bytes) -> None:
        """An empty payload forgets [MQTT-3.3.1-10]."""
        if not payload:
            self._retained.pop(topic, None)
        elif topic in self._retained or len(self._retained) < MAX_RETAINED:
            self._retained[topic] = payload
        else:
            en = f"device {self.device} has {MAX_RETAINED} retained topics already"
            raise LinkLost(Words("设备保留的消息太多，请通知安装员", en))


def _post(connection: ClientLink | None, message: OutgoingMessage, qos: int) -> Said | None:
    """Why it could not be said; None if it was."""
    try:
        if connection is not None:
            connection.post(message, qos)
            return None
    except LinkLost as error:
        return error.why
    return ""
