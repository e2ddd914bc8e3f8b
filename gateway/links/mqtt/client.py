"""The gateway as the client of a broker (Mosquitto, a cluster) that the devices connect to.

The gateway acknowledges to the broker once a message is committed. What the broker acknowledged to the device is the
broker's promise (see the settings for Mosquitto in the handbook: it may lose what it holds in memory).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NoReturn

import structlog
from paho.mqtt.client import MQTTMessage

from gateway.backoff import ExponentialBackoff
from gateway.errors import LinkLost
from gateway.links.mqtt.broker_reasons import maybe_taken_over, taken_over
from gateway.links.mqtt.broker_settings import BrokerSettings
from gateway.links.mqtt.delivery import Delivery, PendingDeliveries
from gateway.links.mqtt.inbound_window import InboundWindow
from gateway.links.mqtt.limits import EndpointLimits, InFlightBudget, MqttCounters
from gateway.links.mqtt.link import RoutedLink
from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.paho_connection import PahoConnection
from gateway.links.mqtt.router import Router
from gateway.links.mqtt.unrouted import KeepInQuarantine, UnroutedMessages
from gateway.model import Text, Words

log = structlog.get_logger(__name__)

FIRST_DELAY_S, MAX_DELAY_S = 0.5, 60.0
"""Before the first and at most before a later attempt to connect; half of it is random."""
STEADY_S = 30.0
"""A connection that lasted this long was a good one: the next delay is a short one again."""
SHORT_S, MIN_SHORT_CONNECTIONS = 10.0, 2
"""So many connections in a row that the broker closed within so many seconds after it had accepted them are a sign of
another client with our client id: Mosquitto 2.0.11 gives no reason when it gives our session away."""
TAKEOVER_DELAY_S = 10.0
"""At least, before we take back a session that was taken from us: taking it back at once loses signals of both."""
ACCOUNT = ""
"""A broker does not say who published; its access control list decides what an account may publish on."""


class BrokerClient:
    """One connection that all devices share. Links may be made at any time; `run` it in the app's TaskGroup."""

    def __init__(self, settings: BrokerSettings, keep_in_quarantine: KeepInQuarantine) -> None:
        self.settings = settings
        self.counters = MqttCounters()
        self._unrouted = UnroutedMessages(keep_in_quarantine, self.counters)
        # Twice our ReceiveMaximum: Mosquitto 2.0.11 sends more than it was told.
        max_in_flight = 2 * settings.in_flight
        self._limits = EndpointLimits(in_flight=max_in_flight)
        self._budget = InFlightBudget(2 * max_in_flight, 2 * self._limits.in_flight_bytes)
        self._router = Router(self._new_pending, self._no_driver)
        self._connection: PahoConnection | None = None
        self._connected = asyncio.Event()
        self._trouble: Text = Words("消息服务器还没有连上", "not connected yet")
        self._short_connections = 0
        self._is_conflict = False
        """Whether another client seems to use our client id."""
        self._tasks: asyncio.TaskGroup | None = None

    def link(self, device: str, _account: str = ACCOUNT) -> BrokerLink:
        """The link of one device."""
        link = BrokerLink(device, self._router, self._new_pending(), self)
        self._router.add(link)
        return link

    def unlink(self, device: str) -> None:
        """The device was removed, or is linked again in this turn of the loop."""
        self._router.remove(device)

    async def run(self) -> NoReturn:
        """Connect, and connect again, until cancelled."""
        backoff = ExponentialBackoff(FIRST_DELAY_S, MAX_DELAY_S, jitter=(0.5, 1.0))
        # The group is for messages on their way to quarantine, which outlive the connection that they came by.
        async with asyncio.TaskGroup() as self._tasks:
            while True:
                since = asyncio.get_running_loop().time()
                await self._one_connection()
                if asyncio.get_running_loop().time() - since > STEADY_S:
                    backoff.reset()
                await asyncio.sleep(backoff.next_delay(min_s=TAKEOVER_DELAY_S if self._is_conflict else 0.0))
        raise AssertionError("the loop above has no end")

    async def connection(self) -> PahoConnection:
        """The connection, waited for if need be; raises LinkLost."""
        try:
            async with asyncio.timeout(self.settings.response_timeout):
                await self._connected.wait()
        except TimeoutError:
            raise LinkLost(self._trouble) from None
        return self.current()

    def current(self) -> PahoConnection:
        """The connection, or LinkLost at once."""
        if self._connection is None or not self._connected.is_set():
            raise LinkLost(self._trouble)
        return self._connection

    # one connection

    async def _one_connection(self) -> None:
        inbound = InboundWindow(self._limits, self._budget, self.counters)
        self._is_conflict = False
        connection = PahoConnection(
            self.settings, lambda message: self._received(connection, inbound, message), self._explain_loss
        )
        try:
            self._connection = connection  # the broker may send messages before we have read its CONNACK
            await connection.connect()
            self._connected.set()
            self.counters.connections, self.counters.sessions = 1, self.counters.sessions + 1
            log.info("mqtt broker connected", host=self.settings.host, port=self.settings.port)
            await connection.run()
        except LinkLost as error:
            self._trouble = error.why
            if connection.accepted_at is None:  # refused or unreachable: not the pattern of a fight over a client id
                self._short_connections = 0
            log.warning("mqtt broker lost", why=str(error))
        finally:
            self._connected.clear()
            self._connection = None
            self.counters.connections = 0
            connection.close()

    def _explain_loss(self, connection: PahoConnection) -> Words | None:
        """Why the broker closed the connection, where it does not say: another client may have taken our session."""
        if connection.is_taken_over:
            self._is_conflict = True
            return taken_over(self.settings.client_id)
        now = asyncio.get_running_loop().time()
        is_short = connection.accepted_at is not None and now - connection.accepted_at < SHORT_S
        self._short_connections = self._short_connections + 1 if is_short else 0
        self._is_conflict = self._short_connections >= MIN_SHORT_CONNECTIONS
        return maybe_taken_over(self.settings.client_id) if self._is_conflict else None

    def _received(self, connection: PahoConnection, inbound: InboundWindow, received: MQTTMessage) -> None:
        packet_id = received.mid if received.qos else None
        message = MqttMessage(
            received.topic, bytes(received.payload), self.settings.client_id, packet_id, received.dup, received.retain
        )
        now = asyncio.get_running_loop().time()
        delivery = Delivery(message, ACCOUNT, now, lambda settled: self._settled(connection, inbound, settled))
        inbound.add(delivery)
        if inbound.is_full:
            connection.pause()
        self._router.submit(delivery)

    def _settled(self, connection: PahoConnection, inbound: InboundWindow, delivery: Delivery) -> None:
        """Acknowledge on the connection it came by, and on no other: packet ids mean nothing on the next one."""
        for due in inbound.settled(delivery):
            self.counters.acknowledged += 1
            assert due.message.packet_id is not None
            connection.acknowledge(due.message.packet_id)
        if not delivery.is_committed:
            # A broker sends unacknowledged messages again on a new connection, and only then.
            connection.drop(f"left so that a message comes again: {delivery.why}")
        elif inbound.is_half_free:
            connection.resume()

    # messages without a driver

    def _new_pending(self) -> PendingDeliveries:
        return PendingDeliveries(self.settings.driver_timeout, self._no_driver)

    def _no_driver(self, delivery: Delivery) -> None:
        """Keep it in quarantine: one device without a driver must not hold up all others' acknowledgements."""
        topic = delivery.message.topic
        owner = self._router.owner(ACCOUNT, topic)
        if owner is None and self._connection is not None:
            # The subscription of a device that was removed from the YAML is still in our session at the broker.
            self._connection.unsubscribe(topic)
        if self._tasks is not None:
            why = _unserved(topic, owner.device if owner else None, self.settings.driver_timeout)
            self._unrouted.put(self._tasks, delivery, owner.device if owner else ACCOUNT, why)


def _unserved(topic: str, device: str | None, timeout: float) -> Words:
    if device is None:
        return Words(f"主题 {topic} 不属于任何设备", f"topic {topic}: no device's")
    zh = f"主题 {topic}：设备 {device} 的驱动在 {timeout:g} 秒内没有运行"
    return Words(zh, f"topic {topic}: no driver of device {device} within {timeout:g} s")


class BrokerLink(RoutedLink):
    """A device's link through the shared connection."""

    def __init__(self, device: str, router: Router, pending: PendingDeliveries, broker: BrokerClient) -> None:
        super().__init__(device, ACCOUNT, router, pending)
        self._broker = broker

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, life: float | None = None, is_private: bool = False
    ) -> None:
        """See MqttLink. The broker takes it whether the device is there or not: give a `life` for a command."""
        self.capture.record("out", b"" if is_private else payload, topic)
        self._broker.current().publish(topic, payload, retain=retain, life=life)

    async def _until_lost(self, topics: Sequence[str]) -> NoReturn:
        connection = await self._broker.connection()
        await connection.subscribe(topics)
        if self.on_returned is not None:
            self.on_returned()
        await connection.wait_lost()
